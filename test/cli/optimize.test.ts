import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeFilter } from "../../src/bpf/encode.js";
import { makeRecords } from "../../src/seccomp/mix.js";
import { run, runBytes, temporaryFolder } from "./run.js";

const DOCKER = "test/fixtures/docker-254-o1.bpf";
const EVAL = ["--records", "-", "--input", "raw", "--output", "raw"];
const records = makeRecords("uniform", 3000);
const verdicts = (filter: string) => runBytes(["eval", filter, ...EVAL], { input: records }).stdout;

describe("optimize", () => {
  test("writes the smallest filter, says what was won, and changes no verdict", () => {
    const folder = temporaryFolder();
    const small = join(folder, "small.bpf");
    const ran = run(["optimize", DOCKER, "-o", small]);
    expect(ran).toMatchObject({ status: 0, stdout: "" });
    expect(ran.stderr).toMatch(
      /docker-254-o1\.bpf: 1001 -> 215 instructions \(optimal\), the same decisions in all \d+ regions/,
    );
    expect(ran.stderr).toMatch(
      /executed per call: real 7\d\.\d -> 8\.\d, uniform 31\d\.\d -> 11\./,
    );
    expect(readFileSync(small)).toHaveLength(215 * 8);
    expect(run(["verify", small]).status).toBe(0);
    expect(verdicts(small)).toEqual(verdicts(DOCKER));
    expect(verdicts(small)).toHaveLength(4 * 3000);
  });

  test("takes calls from a file, a pipe or a mix, and is balanced for them", () => {
    const folder = temporaryFolder();
    const calls = join(folder, "calls.raw");
    writeFileSync(calls, makeRecords("real", 3000));
    const byFile = run(["optimize", DOCKER, "--weights", calls, "--emit", "json"]);
    expect(byFile.stderr).toMatch(/\(balanced\)/);
    expect(byFile.stderr).toMatch(/executed per call: .*calls\.raw 7\d\.\d -> 6\.\d, real/);
    const input = readFileSync(calls);
    const byPipe = run(["optimize", DOCKER, "--weights", "-", "--emit", "json"], { input });
    expect(byPipe.stdout).toBe(byFile.stdout);
    const byMix = run(["optimize", DOCKER, "--weights", "real", "--emit", "asm"]);
    expect(byMix.stderr).toMatch(/executed per call: real 7\d\.\d -> 6\.\d, uniform/);
    expect(byMix.stdout.split("\n").length).toBeGreaterThan(215);
  });

  test("keeps the byte order, and reads weights in it", () => {
    const big = runBytes(["compile", "docker-default", "--arch", "s390x"]).stdout;
    const swapped = Buffer.from(makeRecords("real", 100)).swap32();
    const folder = temporaryFolder();
    writeFileSync(join(folder, "calls.raw"), swapped);
    const options = { input: big, cwd: folder };
    const made = runBytes(["optimize", "-", "--weights", "calls.raw"], options);
    expect(made.status).toBe(0);
    expect(made.stdout.length).toBeLessThan(big.length / 3);
    expect(decodeFilter(made.stdout, "big").at(-1)?.code).toBe(0x06);
  });

  test("a text has the byte order of its architecture", () => {
    const optimized = (input: string, ...more: string[]) =>
      runBytes(["optimize", "-", ...more], { input }).stdout.toString("hex");
    const text = "ld nr\njeq #chmod, deny\nret ALLOW\ndeny: ret ERRNO(EPERM)\n";
    const load = "00200000" + "00000000";
    // chmod is 15 on s390x and 90 on x86_64.
    expect(optimized(text, "--arch", "s390x")).toMatch(new RegExp(`^${load}0015....0000000f`));
    expect(optimized(`.arch s390x\n${text}`)).toBe(optimized(text, "--arch", "s390x"));
    expect(optimized(text)).toMatch(/^20000000000000001500....5a000000/);
  });

  test.for<[string[], string | Uint8Array, RegExp]>([
    [["-"], "ld nr\nret a\n", /cannot be optimised.*\n.*not proven/],
    [["-"], "ld nr\n", /would not load <stdin>/],
    [["-", "--weights", "-"], "", /standard input \(-\) can stand for one thing only/],
    [[DOCKER, "--weights", "-"], "", /<stdin> holds no records/],
    [[DOCKER, "--weights", "-"], new Uint8Array(100), /offset 64, has 36 of 64 bytes/],
    [[DOCKER, "--weights", "reel"], "", /reel: no such file/],
    [[DOCKER, "--codegen", "libseccomp"], "", /Allowed choices are optimal, balanced/],
  ])("%j is refused and nothing is written", ([args, input, message]) => {
    const ran = run(["optimize", ...args], { input });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(message);
  });

  test("says that a mix of x86_64 calls tells nothing about another architecture", () => {
    const input = run(["compile", "docker-default", "--arch", "aarch64", "--emit", "asm"]).stdout;
    const ran = run(["optimize", "-", "--weights", "real", "--emit", "asm"], { input });
    expect(ran.status).toBe(0);
    expect(ran.stderr).toMatch(/warning: the mix real has calls of x86_64/);
    expect(ran.stderr).not.toMatch(/executed/);
  });
});

describe("compile --codegen", () => {
  test.for([
    [["--codegen", "optimal"], /-> (2[0-2]\d) instructions \(optimal\)/],
    [["--codegen", "balanced"], /-> (2[0-4]\d) instructions \(balanced\)/],
    [["--weights", "real"], /-> (2[0-4]\d) instructions \(balanced\)/],
    [["--codegen", "optimal", "--weights", "uniform"], /-> (2[0-2]\d) instructions \(optimal\)/],
  ] as const)("%j: the whole program with runc's stub", ([options, message]) => {
    const folder = temporaryFolder();
    const [plain, made] = [join(folder, "plain.bpf"), join(folder, "made.bpf")];
    run(["compile", "docker-default", "-o", plain]);
    const ran = run(["compile", "docker-default", ...options, "-o", made]);
    expect(ran.stderr).toMatch(/14 of them the ENOSYS stub/);
    expect(ran.stderr).toMatch(message);
    expect(readFileSync(made)).toHaveLength(8 * Number(message.exec(ran.stderr)?.[1]));
    expect(verdicts(made)).toEqual(verdicts(plain));
  });

  test("libseccomp's own program is what it is without, and knows no weights", () => {
    const plain = runBytes(["compile", "docker-default"]).stdout;
    const same = runBytes(["compile", "docker-default", "--codegen", "libseccomp"]).stdout;
    expect(same).toEqual(plain);
    const ran = run(["compile", "docker-default", "--codegen", "libseccomp", "--weights", "real"]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(/--weights goes with --codegen balanced or optimal/);
  });
});
