import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { syscallName } from "../../src/abi/syscalls.js";
import { makeRecords } from "../../src/seccomp/mix.js";
import { CLI, run, temporaryFolder } from "./run.js";

const FAST = ["--count", "20000", "--rounds", "2"];
const O1 = "test/fixtures/docker-254-o1.bpf";
const SIZE = "test/fixtures/opt-size.bpf";

const Positive = v.pipe(v.number(), v.minValue(0.001));
const Natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const Spread = v.strictObject({ median: Positive, p10: Positive });
const Times = v.strictObject({ stream: Spread, hot: Spread });
/** The whole of what programs may rely on. */
const Output = v.strictObject({
  inputs: v.array(
    v.strictObject({
      name: v.string(),
      instructions: Natural,
      executed: v.strictObject({ mean: Positive, p50: Natural, p99: Natural }),
      bitmap: v.strictObject({ cached: Natural, total: Natural }),
      evaluators: v.strictObject({
        interpreter: Times,
        "table-interpreter": Times,
        jit: Times,
        "jit-columns": Times,
      }),
    }),
  ),
});

function json(args: readonly string[], input?: Uint8Array) {
  const ran = run(["bench", ...args, "--format", "json"], input ? { input } : {});
  expect(ran).toMatchObject({ status: 0 });
  return v.parse(Output, JSON.parse(ran.stdout)).inputs;
}

describe("as data", () => {
  test("inputs in their order, with what is the same on every machine", () => {
    const inputs = json([O1, SIZE, "docker-default", ...FAST]);
    expect(inputs.map(({ name }) => name)).toEqual([O1, SIZE, "docker-default"]);
    expect(inputs.map(({ instructions }) => instructions).slice(0, 2)).toEqual([1001, 231]);
    expect(inputs.map(({ bitmap }) => bitmap.cached).slice(0, 2)).toEqual([298, 298]);
    const [chain, small] = inputs;
    expect(chain?.executed.mean).toBeGreaterThan(60);
    expect(small?.executed.mean).toBeLessThan(12);
    expect(chain?.executed.p99).toBeGreaterThan(chain?.executed.p50 ?? 0);
  });

  test("a file of records, standard input and a mix of the same records count the same", () => {
    const records = makeRecords("uniform", 3000);
    const file = join(temporaryFolder(), "calls.raw");
    writeFileSync(file, records);
    const executed = (args: string[], input?: Uint8Array) =>
      json([O1, "--rounds", "1", ...args], input)[0]?.executed;
    const expected = executed(["--mix", "uniform", "--count", "3000"]);
    expect(executed(["--records", file])).toEqual(expected);
    expect(executed(["--records", "-"], records)).toEqual(expected);
    const first = executed(["--mix", "uniform", "--count", "1000"]);
    expect(executed(["--records", file, "--count", "1000"])).toEqual(first);
    expect(first).not.toEqual(expected);
  });

  test("a stack counts the sum of its filters", () => {
    const [one, small] = json([O1, SIZE, ...FAST]);
    const [stack] = json([O1, "--stack", SIZE, ...FAST]);
    expect(stack?.instructions).toBe(1232);
    expect(stack?.executed.mean).toBeCloseTo(
      (one?.executed.mean ?? 0) + (small?.executed.mean ?? 0),
      6,
    );
  });

  test("old kernels have no bitmap", () => {
    const [old] = json([SIZE, ...FAST, "--kernel", "5.10"]);
    expect(old?.bitmap.cached).toBe(0);
    expect(old?.bitmap.total).toBeGreaterThan(350);
  });

  test("another architecture, with records of its own", () => {
    const file = join(temporaryFolder(), "calls.raw");
    const records = makeRecords("real", 500);
    for (let at = 0; at < records.length; at += 4) records.subarray(at, at + 4).reverse();
    writeFileSync(file, records);
    const [input] = json(["docker-default", "--arch", "s390x", "--records", file, "--rounds", "1"]);
    expect(input?.bitmap.cached).toBeGreaterThan(250);
  });
});

describe("for people", () => {
  test("inputs side by side with ratios to the first", () => {
    const ran = run(["bench", O1, SIZE, ...FAST]);
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.stderr).toMatch(/^test\/fixtures\/docker-254-o1\.bpf: x86_64, kernel 6\.1/);
    expect(ran.stdout).toMatch(/^\[1\] test\/fixtures\/docker-254-o1\.bpf\n\[2\] test/);
    expect(ran.stdout).toMatch(/^instructions +1001 +231 {2}0\.23x$/m);
    expect(ran.stdout).toMatch(/^ {2}system calls +298 of \d+ +298 of \d+$/m);
    for (const name of ["interpreter", "table-interpreter", "jit", "jit-columns"]) {
      const times = String.raw`[\d.]+ \([\d.]+\)`;
      const line = new RegExp(`^  ${name}, (stream|hot) +${times} +${times} +[\\d.]+x$`, "gm");
      expect(ran.stdout.match(line)).toHaveLength(2);
    }
    expect(ran.stdout).toMatch(/^ {2}\[1\] +[\d.]+ {2}█{32}$/m);
    expect(ran.stdout).toMatch(/calls that the bitmap leaves to \[1\].*\n {2}socket \(x86_64\)/);
    expect(ran.stdout).not.toContain("\u001b");
  });

  test("a profile's chain and tree, and its most expensive calls", () => {
    const { stdout } = run(["bench", "docker-default", ...FAST, "--libseccomp", "2.5.4"]);
    const sizes = [...stdout.matchAll(/^ {2}(chain|tree|optimal) +(\d+) +([\d.]+) /gm)];
    expect(sizes.map(([, name]) => name)).toEqual(["chain", "tree", "optimal"]);
    const [chain, tree, optimal] = sizes.map(([, , size, mean]) => [Number(size), Number(mean)]);
    expect(tree?.[0]).toBeGreaterThan(chain?.[0] ?? 0);
    expect(tree?.[1]).toBeLessThan((chain?.[1] ?? 0) / 3);
    expect(optimal?.[0]).toBeLessThan((chain?.[0] ?? 0) / 3);
    expect(optimal?.[1]).toBeLessThan(12);
    expect(stdout).toMatch(
      /most expensive calls of docker-default.*\n( {2}\S+ \(\S+\) +[\d.]+ .*[█▏▎▍▌▋▊▉]\n){8}/,
    );
  });

  test("leaves out a form that is too long for the kernel", () => {
    const file = join(temporaryFolder(), "long.json");
    const action = "SCMP_ACT_ALLOW";
    const one = (value: number) => ({
      ...{ names: ["read"], action },
      args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
    });
    const names = Array.from({ length: 250 }, (_, nr) => syscallName("x86_64", nr + 1));
    const syscalls = [...Array.from({ length: 3800 }, (_, i) => one(i)), { names, action }];
    writeFileSync(file, JSON.stringify({ defaultAction: "SCMP_ACT_ERRNO", syscalls }));
    const level = (optimize: string) => [file, "--runtime", "libseccomp", "--optimize", optimize];
    expect(run(["compile", ...level("2")])).toMatchObject({ status: 2 });
    const ran = run(["bench", ...level("1"), "--count", "100", "--rounds", "1"]);
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.stdout).toMatch(/in other forms.*\n {2}chain +4\d+ .*\n {2}optimal +\d+ /);
    expect(ran.stderr).toMatch(/long\.json: its tree form is left out: .*4096/);
    expect(ran.stderr).not.toContain("optimal");
  });

  test("says why a filter that calculates has no optimal form", () => {
    const input =
      "ld args[0].lo\ntax\nld nr\nadd x\njeq #5, deny\nret ALLOW\ndeny: ret ERRNO(EPERM)";
    const args = ["bench", "-", "--arch", "x86_64", "--count", "100", "--rounds", "1"];
    const ran = run(args, { input });
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.stdout).not.toContain("in other forms");
    expect(ran.stderr).toMatch(/^<stdin>: its optimal form is left out: .*calculates/m);
  });

  test("a filter as it is and at its best", () => {
    const { stdout, stderr } = run(["bench", O1, ...FAST]);
    expect(stderr).not.toContain("left out");
    expect(stdout).toMatch(/^ {2}as it is +1001 .*\n {2}optimal +2\d\d /m);
  });

  test("colours as asked for", () => {
    const args = ["bench", SIZE, "--count", "100", "--rounds", "1"];
    expect(run(args, { env: { FORCE_COLOR: "1" } }).stdout).toContain("\u001b[1m");
    expect(run(args, { env: { FORCE_COLOR: "1", NO_COLOR: "1" } }).stdout).not.toContain("\u001b");
  });
});

test.for<[string, string[], RegExp]>([
  ["no input", [], /missing required argument/],
  ["an unknown mix", [SIZE, "--mix", "reel"], /real, uniform/],
  ["both records and a mix", [SIZE, "--mix", "real", "--records", "x"], /cannot be used with/],
  ["a count of none", [SIZE, "--count", "0"], /from 1 to 4000000/],
  ["rounds of text", [SIZE, "--rounds", "many"], /from 1 to 1000/],
  ["no such records", [SIZE, "--records", "gone.raw"], /gone\.raw: no such file/],
  ["no such input", ["gone.json", ...FAST], /gone\.json: no such file/],
  ["nothing to run", ["unconfined", ...FAST], /unconfined loads no filter/],
  ["strict mode", ["strict", ...FAST], /strict loads no filter/],
  ["the plain reading", ["docker-default", "--runtime", "ideal"], /loads no filter/],
  ["a mix of x86_64 for others", ["docker-default", "--arch", "s390x"], /--records FILE/],
  ["standard input twice", ["-", "--records", "-"], /one thing only/],
])("%s is refused", ([, args, message]) => {
  const ran = run(["bench", ...args]);
  expect(ran).toMatchObject({ status: 2, stdout: "" });
  expect(ran.stderr).toMatch(message);
});

test.for(["x86", "aarch64"])("that a mix has few calls of %s is said", (arch) => {
  const { stderr } = run(["bench", "docker-default", "--arch", arch, ...FAST]);
  expect(stderr).toContain(
    `warning: the mix real has calls of x86_64, which are foreign to ${arch}\n`,
  );
});

test("records beyond a count that nobody gave are not passed over in silence", () => {
  const input = new Uint8Array(64 * 1_000_001);
  const told = (input: Uint8Array, ...more: string[]) =>
    run(["bench", SIZE, "--records", "-", "--rounds", "1", ...more], { input }).stderr;
  const warning = "only the first 1000000 records of <stdin> are measured";
  expect(told(input)).toContain(warning);
  expect(told(input.subarray(64))).not.toContain("warning");
  expect(told(input, "--count", "1000")).not.toContain("warning");
});

test("records that are cut off, or none, are refused", () => {
  const refused = (input: Uint8Array) => {
    const ran = run(["bench", SIZE, "--records", "-", "--rounds", "1"], { input });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    return ran.stderr;
  };
  expect(refused(new Uint8Array(100))).toMatch(
    /<stdin>: the last record, at offset 64, has 36 of 64/,
  );
  expect(refused(new Uint8Array(0))).toMatch(/<stdin> holds no records/);
});

test("a filter that the kernel would not load is refused", () => {
  const file = join(temporaryFolder(), "bad.bpf");
  writeFileSync(file, readFileSync(SIZE).subarray(0, 80));
  const ran = run(["bench", file, ...FAST]);
  expect(ran).toMatchObject({ status: 2, stdout: "" });
  expect(ran.stderr).toMatch(/the kernel would not load/);
});

test("Ctrl-C ends it", async () => {
  const child = spawn(process.execPath, [CLI, "bench", O1, "--rounds", "1000"]);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await once(child.stderr, "data");
  child.kill("SIGINT");
  const [status, signal] = await once(child, "exit");
  expect([status, signal, output]).toEqual([null, "SIGINT", ""]);
});
