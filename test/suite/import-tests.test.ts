import { describe, expect, test } from "vitest";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile } from "../../src/analysis/source.js";
import { importTests } from "../../src/suite/import-tests.js";
import { readSuite } from "../../src/suite/reader.js";
import { runSuiteSync } from "../../src/suite/runner.js";

const PROFILE = JSON.stringify({
  defaultAction: "SCMP_ACT_KILL",
  architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  syscalls: [
    { names: ["socket", "accept", "getppid"], action: "SCMP_ACT_ALLOW" },
    { names: ["openat"], action: "SCMP_ACT_TRACE", errnoRet: 77 },
    { names: ["fstat"], action: "SCMP_ACT_ERRNO", errnoRet: 9 },
    {
      names: ["dup2"],
      action: "SCMP_ACT_LOG",
      args: [{ index: 0, value: 0x10, op: "SCMP_CMP_GE" }],
    },
  ],
});

const TABLE = `# a table of our own
test type: bpf-sim

# Testname Arch Syscall Arg0 Arg1 Arg2 Arg3 Arg4 Arg5 Result
90-sim-own	all,-x32	getppid	N	N	N	N	N	N	ALLOW
90-sim-own	all	openat	0	0x856B008	4	N	N	N	TRACE(77)
90-sim-own	x86_64	fstat	007	N	N	N	N	N	ERRNO(9)
90-sim-own	all_64,+x86	dup2	0x10-0x12	3-4	N	N	N	N	LOG
90-sim-own	+x86_64,+x86	dup2	0-15	N	N	N	N	9	KILL
90-sim-own	+x86	socket	1	N	N	N	N	N	ALLOW
90-sim-own	+x86	accept	5	N	N	N	N	N	ALLOW
90-sim-own	+x86	accept	6	N	N	N	N	N	KILL
90-sim-own	x86_64	-1	N	N	N	N	N	N	KILL
90-sim-own	x86_64	400-450	0xffffffff00000001	N	N	N	N	N	KILL
90-sim-own	arm,+s390x	read	N	N	N	N	N	N	KILL

test type: bpf-sim-fuzz
90-sim-own	50
`;

function run(text: string, profile = PROFILE) {
  const suite = readSuite(text, "own.seccomp.yaml");
  const source = loadProfile(profile, { file: "own.json" });
  return runSuiteSync(suite, ({ target }) => createSimulator(source, target));
}

describe("libseccomp's tables", () => {
  test("become suites that say the same", () => {
    const { text, cases, notes } = importTests(TABLE, "own.tests", { profile: "own.json" });
    expect(cases).toBe(12);
    expect(notes).toEqual([
      "1 of 11 rows are not for x86_64",
      "1 of kind bpf-sim-fuzz: no table of calls",
    ]);
    const result = run(text);
    expect(result.passed).toBe(true);
    const calls = result.runs.flatMap((one) => one.cases).map((one) => one.calls);
    expect(calls).toEqual([1, 1, 1, 6, 6, 16, 16, 1, 1, 1, 1, 51]);
    const flipped = run(text.replace("trace(77)", "trace(78)"));
    const failed = flipped.runs.flatMap((one) => one.cases).filter((c) => c.status === "failed");
    expect(failed.map((one) => one.case.name)).toEqual(["line 6"]);
  });

  test("calls keep their names where that means the same", () => {
    const { text } = importTests(TABLE, "own.tests");
    expect(text).toContain('profile: "./90-sim-own.bpf"\n');
    expect(text).toContain('{ name: line 6, call: "openat(0, 0x856b008, 4)", expect: trace(77) }');
    expect(text).toContain('call: "dup2(0x10..0x12, 3..4)", arch: x86, expect: log }');
    // Without a call of its own, accept means the multiplexer.
    expect(text).toContain('call: "#102(5)", arch: x86, expect: allow }');
  });

  test("a name means the multiplexer wherever there is one, as libseccomp resolves it", () => {
    const row = "90-x\t+x86,+x86_64\taccept4\t18\t1\tN\tN\tN\tN\tALLOW\n";
    const { text } = importTests(`test type: bpf-sim\n${row}`, "t");
    // Both have a number of their own.
    expect(text).toContain('call: "#102(18, 1)", arch: x86, expect: allow }');
    expect(text).toContain('call: "accept4(18, 1)", expect: allow }');
  });

  test("the release knows the architectures", () => {
    const tests = "test type: bpf-sim\n90-x\t+all_le\tread\tN\tN\tN\tN\tN\tN\tALLOW\n";
    const old = importTests(tests, "t", { libseccomp: "2.5.4" });
    expect(old.cases).toBe(10);
    expect(old.text).toContain("runtime: libseccomp, libseccomp: 2.5.4 }");
    const added = importTests(tests, "t").text.matchAll(/name: line 2 on (\w+)/g);
    const missing = [...added].filter(([, arch]) => !old.text.includes(` on ${arch},`));
    expect(missing.map(([, arch]) => arch)).toEqual(["loongarch64", "sh"]);
    const sh = tests.replace("+all_le", "+sh");
    const refused = "libseccomp 2.5.4 has no architecture sh";
    expect(() => importTests(sh, "t", { libseccomp: "2.5.4" })).toThrow(refused);
  });

  test("calls of architectures that no kernel serves together make a matrix", () => {
    const row = "90-x\t+x86,+x86_64,+aarch64,+s390x\topen\tN\tN\tN\tN\tN\tN\tALLOW\n";
    const { text } = importTests(`test type: bpf-sim\n${row}`, "t", { profile: "unconfined" });
    expect(text).toContain(
      "target: { arch: [x86_64, aarch64], runtime: libseccomp, libseccomp: 2.6.1 }",
    );
    expect(text).toContain('call: "open", arch: x86, only: { arch: x86_64 }');
    // A name that the architecture lacks is libseccomp's negative number there.
    expect(text).toMatch(/on aarch64, call: "#-10\d{3}", only: \{ arch: aarch64 \}/);
    const source = { kind: "unconfined", name: "unconfined" } as const;
    const suite = readSuite(text, "s");
    const result = runSuiteSync(suite, ({ target }) => createSimulator(source, target));
    expect(result.runs.map((one) => one.cases.length)).toEqual([2, 1]);
    expect(result.passed).toBe(true);
  });

  test.for<[string, string, string, string]>([
    ["no section", "90-x all read N N N N N N ALLOW", "1:1", "test type"],
    ["kind", "test type: bpf-sym", "1:12", "kind of tests"],
    ["columns", "test type: bpf-sim\n a all read N ALLOW", "2:15", "10 columns"],
    ["arch", "test type: bpf-sim\na x86_46 read N N N N N N ALLOW", "2:3", "architecture"],
    ["call", "test type: bpf-sim\na all raed N N N N N N ALLOW", "2:7", "system call"],
    ["argument", "test type: bpf-sim\na all read N Q N N N N ALLOW", "2:14", "an argument is"],
    ["range", "test type: bpf-sim\na all read 9-1 N N N N N ALLOW", "2:12", "before it begins"],
    ["result", "test type: bpf-sim\na all read N N N N N N ALOW", "2:24", "result"],
  ])("mistakes have a place: %s", ([, text, where, message]) => {
    let found: unknown;
    try {
      importTests(text, "t");
    } catch (error) {
      found = error;
    }
    const [line, column] = where.split(":").map(Number);
    expect(found).toMatchObject({ code: "bad-tests", place: { file: "t", line, column } });
    expect((found as Error).message).toContain(message);
  });
});
