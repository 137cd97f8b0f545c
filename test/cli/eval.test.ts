import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CLI, run, runBytes, temporaryFolder } from "./run.js";

const lines = (text: string): unknown[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** 64-byte records, as the kernel lays them out. */
function raw(records: readonly { nr: number; arch?: number; args?: bigint[] }[], little = true) {
  const bytes = new Uint8Array(records.length * 64);
  const view = new DataView(bytes.buffer);
  records.forEach(({ nr, arch = 0xc000003e, args = [] }, i) => {
    view.setInt32(i * 64, nr, little);
    view.setUint32(i * 64 + 4, arch, little);
    args.forEach((arg, j) => {
      view.setBigUint64(i * 64 + 16 + 8 * j, arg, little);
    });
  });
  return bytes;
}

const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const EVAL = ["eval", "docker-default", "--records", "-"];

describe("eval", () => {
  test("answers lines of JSON: numbers, names, hexadecimal, other architectures", () => {
    const input = [
      '{"nr":39}',
      '{"nr":"mount","arch":"x86_64"}',
      '{"nr":"0x27","arch":3221225534,"args":[],"ip":"0xffffffffffffffff"}',
      '{"nr":"mount","arch":"x86"}',
      '{"nr":39,"arch":"aarch64"}',
      "",
    ].join("\n");
    const ran = run(EVAL, { input });
    expect(ran.status).toBe(0);
    expect(lines(ran.stdout)).toEqual([
      { nr: 39, arch: "x86_64", verdict: "ALLOW", ret: ALLOW },
      { nr: 165, arch: "x86_64", verdict: "ERRNO(EPERM)", ret: EPERM },
      { nr: 39, arch: "x86_64", verdict: "ALLOW", ret: ALLOW },
      { nr: 21, arch: "x86", verdict: "ERRNO(EPERM)", ret: EPERM },
      { nr: 39, arch: "aarch64", verdict: "KILL_THREAD", ret: 0 },
    ]);
    expect(ran.stderr).toContain("x86_64");
  });

  test("keeps 64-bit arguments exact", () => {
    // 2^53 + 1, which a double rounds to 2^53.
    const value = "9007199254740993";
    const profile = join(temporaryFolder(), "profile.json");
    const condition = `{"index":0,"value":${value},"op":"SCMP_CMP_EQ"}`;
    const entry = `{"names":["getpid"],"action":"SCMP_ACT_ERRNO","args":[${condition}]}`;
    writeFileSync(profile, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[${entry}]}`);
    const input = [value, "9007199254740992", `"${value}"`, '"0x20000000000001"']
      .map((arg) => `{"nr":39,"args":[${arg}]}\n`)
      .join("");
    const ran = run(["eval", profile, "--records", "-"], { input });
    expect(lines(ran.stdout)).toMatchObject(
      ["ERRNO(EPERM)", "ALLOW", "ERRNO(EPERM)", "ERRNO(EPERM)"].map((verdict) => ({ verdict })),
    );
  });

  test("answers raw records with raw words", () => {
    const ran = runBytes([...EVAL, "--input", "raw", "--output", "raw"], {
      input: raw([{ nr: 39 }, { nr: 165 }, { nr: 41, args: [38n] }]),
    });
    expect(ran.status).toBe(0);
    const words = new Uint32Array(new Uint8Array(ran.stdout).buffer);
    expect([...words]).toEqual([ALLOW, EPERM, EPERM]);
  });

  // A file is read otherwise than a pipe; these are more records than fit into one batch.
  test.for(["raw", "tally"])("answers a file of raw records as it does a pipe: %s", (output) => {
    const numbers = Array.from({ length: 20_001 }, (_, i) => ({ nr: i % 400 }));
    const input = raw(numbers);
    const file = join(temporaryFolder(), "records.bin");
    writeFileSync(file, input);
    const options = ["--input", "raw", "--output", output];
    const read = runBytes(["eval", "docker-default", "--records", file, ...options]);
    expect(read).toEqual(runBytes([...EVAL, ...options], { input }));
    expect(read.status).toBe(0);
    if (output === "raw") expect(read.stdout).toHaveLength(4 * numbers.length);
  });

  test("a file of raw records that ends within one", () => {
    const file = join(temporaryFolder(), "partial.bin");
    writeFileSync(file, raw([{ nr: 39 }, { nr: 165 }, { nr: 0 }]).subarray(0, 130));
    const ran = run(["eval", "docker-default", "--records", file, "--input", "raw"]);
    expect(ran.status).toBe(2);
    expect(lines(ran.stdout)).toHaveLength(2);
    expect(ran.stderr).toMatch(/partial.bin: .*offset 128.*2 of 64 bytes/);
  });

  test.for([
    ["missing.bin", /missing.bin: no such file/],
    [".", /this is a directory/],
  ] as const)("records that cannot be read: %s", ([name, message]) => {
    const ran = run(["eval", "docker-default", "--records", name, "--input", "raw"]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(message);
  });

  test("counts", () => {
    const ran = run([...EVAL, "--input", "raw", "--output", "tally"], {
      input: raw([{ nr: 39 }, { nr: 165 }, { nr: 0 }]),
    });
    expect(ran).toMatchObject({ status: 0, stdout: "2  ALLOW\n1  ERRNO(EPERM)\n" });
  });

  test("a partial raw record is an error with its offset, after the whole ones", () => {
    const input = raw([{ nr: 39 }, { nr: 165 }, { nr: 0 }]).subarray(0, 130);
    const ran = run([...EVAL, "--input", "raw"], { input });
    expect(ran.status).toBe(2);
    expect(lines(ran.stdout)).toHaveLength(2);
    expect(ran.stderr).toMatch(/offset 128.*2 of 64 bytes/);
  });

  test("a line that is cut off is an error with its offset, after the whole ones", () => {
    const ran = run(EVAL, { input: '{"nr":39}\n{"nr":3' });
    expect(ran.status).toBe(2);
    expect(lines(ran.stdout)).toHaveLength(1);
    expect(ran.stderr).toMatch(/<stdin>:2:1: .*cut off.*offset 10/);
  });

  test.for<[what: string, input: Buffer, message: RegExp]>([
    ["a record", Buffer.alloc(64), /:1:1: not JSON .*offset 0\)\n {2}hint: .*--input raw reads/],
    ["a line break in a record", Buffer.from("\n\0\0\0>\0\0\xc0", "latin1"), /:2:1: .*\n.*raw/],
    ["two MiB", Buffer.alloc(1 << 21), /longer than 1 MiB.*\n.*--input raw/],
    ["a long line of text", Buffer.alloc(1 << 21, "a"), /longer than 1 MiB[^\n]*\n$/],
  ])("raw records without --input raw: %s", ([, input, message]) => {
    const ran = run(EVAL, { input });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(message);
  });

  test("no records: no answers", () => {
    expect(run(EVAL)).toMatchObject({ status: 0, stdout: "" });
  });

  test.for([
    ['{"nr":"moutn"}', /moutn.*\n.*did you mean mount/],
    ['{"nr":1.5}', /nr must be an integer/],
    ['{"nr":4294967296}', /32 bits/],
    ['{"nr":1,"args":[18446744073709551616]}', /64 bits/],
    ['{"nr":1,"args":[1,2,3,4,5,6,7]}', /at most 6/],
    ['{"nr":1,"args":null}', /args must be a list/],
    ['{"nr":1,"arg":[]}', /unknown key "arg"/],
    ['{"nr":1,"arch":"pdp11"}', /unknown architecture "pdp11"/],
    ["{}", /"nr" is missing/],
    ["[1]", /object/],
    ["nonsense", /not JSON|cut off/],
  ] as const)("refuses %s", ([line, message]) => {
    const ran = run(EVAL, { input: `{"nr":39}\n${line}\n` });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).toContain("<stdin>:2:1");
    expect(lines(ran.stdout)).toHaveLength(1);
  });

  test("one standard input cannot be two things", () => {
    expect(run(["eval", "-", "--records", "-"])).toMatchObject({ status: 2, stdout: "" });
  });

  test("strict mode kills by SIGKILL", () => {
    const ran = run(["eval", "strict", "--records", "-"], { input: '{"nr":"read"}\n{"nr":39}\n' });
    expect(lines(ran.stdout)).toMatchObject([{ verdict: "ALLOW" }, { verdict: "SIGKILL" }]);
  });

  test("the kernel's own uretprobe is allowed whatever the filter says", () => {
    const profile = '{"defaultAction":"SCMP_ACT_KILL_PROCESS"}';
    const old = run(["check", "-", "#335()", "--kernel", "6.13"], { input: profile });
    const recent = run(["check", "-", "#335()", "--kernel", "6.14"], { input: profile });
    expect(old.stdout).not.toContain("ALLOW");
    expect(recent.stdout).toContain("ALLOW");
    expect(recent.stdout).toContain("uretprobe");
  });
});

describe("eval as a stream", () => {
  test("answers what has arrived before the input ends", async () => {
    const child = spawn(process.execPath, [CLI, ...EVAL]);
    const first = new Promise<string>((resolve) => {
      child.stdout.once("data", (data) => resolve(String(data)));
    });
    child.stdin.write('{"nr":39}\n');
    expect(await first).toContain('"verdict":"ALLOW"');
    child.stdin.end();
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
  });

  test("ends quietly when its reader goes away", async () => {
    const child = spawn(process.execPath, [CLI, ...EVAL]);
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.stdin.on("error", () => {});
    child.stdout.once("data", () => child.stdout.destroy());
    const feed = setInterval(() => child.stdin.write('{"nr":39}\n'.repeat(5000)), 1);
    const code = await new Promise((resolve) => child.once("close", resolve));
    clearInterval(feed);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^target: .*\n$/);
  });

  test("memory stays flat over many records", async () => {
    const child = spawn(process.execPath, [
      "--max-old-space-size=64",
      CLI,
      ...EVAL,
      "--input",
      "raw",
      "--output",
      "tally",
    ]);
    const block = Buffer.from(raw(Array.from({ length: 16384 }, (_, i) => ({ nr: i % 400 }))));
    let out = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    const closed = new Promise((resolve) => child.once("close", resolve));
    for (let i = 0; i < 200; i++) {
      if (!child.stdin.write(block)) await new Promise((next) => child.stdin.once("drain", next));
    }
    child.stdin.end();
    expect(await closed).toBe(0);
    const total = [...out.matchAll(/^\s*(\d+) /gm)].reduce((sum, m) => sum + Number(m[1]), 0);
    expect(total).toBe(200 * 16384);
  });
});
