import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run, runBytes, temporaryFolder } from "./run.js";

const FILTER = `        ld nr
        jeq #getpid, deny
        ret ALLOW
deny:   ret ERRNO(EACCES)
`;
const NATIVE = Buffer.from(
  "2000000000000000150001002700000006000000" + "0000ff7f060000000d000500",
  "hex",
);

describe("asm", () => {
  test("assembles what is written by hand, and check runs it either way", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "f.s"), FILTER);
    const made = run(["asm", "f.s", "-o", "f.bpf"], { cwd: folder });
    expect(made).toMatchObject({ status: 0, stdout: "" });
    expect(made.stderr).toBe("f.s: 4 instructions, little-endian\n");
    expect(readFileSync(join(folder, "f.bpf"))).toEqual(NATIVE);
    for (const file of ["f.s", "f.bpf"]) {
      const checked = run(["check", file, "getpid", "--expect", "errno(EACCES)"], { cwd: folder });
      expect(checked).toMatchObject({ status: 0 });
    }
  });

  test("takes the architecture's byte order and numbers, the text's own first", () => {
    const big = runBytes(["asm", "-", "--arch", "s390x"], { input: FILTER });
    expect(big.stdout.subarray(0, 16).toString("hex")).toBe("00200000000000000015010000000014");
    const own = runBytes(["asm", "-", "--arch", "s390x"], { input: `.arch x86_64\n${FILTER}` });
    expect(own.stdout).toEqual(NATIVE);
  });

  test.for(["asm", "c", "decimal"])("compile --emit %s is the same program", (form) => {
    const raw = runBytes(["compile", "docker-default"]);
    const text = run(["compile", "docker-default", "--emit", form]).stdout;
    expect(runBytes(["asm", "-"], { input: text }).stdout).toEqual(raw.stdout);
    const listed = run(["disasm", "-"], { input: text });
    expect(listed).toEqual(run(["disasm", "-"], { input: raw.stdout }));
    expect(run(["verify", "-"], { input: text })).toMatchObject({ status: 0 });
    const checked = run(["check", "-", "mount", "--expect", "errno(EPERM)"], { input: text });
    expect(checked).toMatchObject({ status: 0 });
  });

  test("compile --emit json", () => {
    const raw = runBytes(["compile", "docker-default"]);
    const json = JSON.parse(run(["compile", "docker-default", "--emit", "json"]).stdout);
    expect(json).toHaveLength(raw.stdout.length / 8);
    expect(json[0]).toEqual({ code: 0x20, jt: 0, jf: 0, k: 4 });
  });

  test("says where a listing's words and fields disagree", () => {
    const input = "0000: 0x06 0x00 0x00 0x7fff0000  return ERRNO(EPERM)\n";
    const checked = run(["check", "-", "mount", "--expect", "allow"], { input });
    expect(checked.status).toBe(0);
    expect(checked.stderr).toMatch(/warning: <stdin>:1:34: .*"return ALLOW"/);
    expect(run(["asm", "-", "--emit", "c"], { input }).stderr).toMatch(/warning: <stdin>:1:34/);
    expect(run(["verify", "-"], { input }).stderr).toMatch(/warning: <stdin>:1:34/);
  });

  test.for<[string[], string | Uint8Array, RegExp]>([
    [["asm", "-"], "ld nr\nretn ALLOW\n", /<stdin>:2:1: "retn" .*\n.*did you mean ret\?/],
    [["asm", "-"], "lda nr\n", /<stdin>:1:1: "lda" .*\n.*did you mean ld\?/],
    [["asm", "-"], "", /no instructions/],
    [["asm", "-"], NATIVE, /binary, not a filter's text\n.*disasm/],
    [["asm", "-", "--type", "decimal"], FILTER, /<stdin>:1:1: .*number of instructions/],
    [["asm", "no-such.s"], "", /no-such.s: no such file/],
    [["check", "-", "mount", "--type", "asm"], "{}", /<stdin>:1:1: "{}" is no instruction/],
    [["check", "-", "mount", "--type", "docker"], FILTER, /<stdin>:1:\d+/],
    [["disasm", "-"], "{}", /no raw filter but text/],
  ])("%j is refused", ([args, input, message]) => {
    const ran = run(args, { input });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(message);
  });
});
