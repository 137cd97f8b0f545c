import { describe, expect, test } from "vitest";
import { syscallNames, syscallNumber } from "../../src/abi/syscalls.js";
import { SeccompSimError } from "../../src/errors.js";
import { readDockerProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget, type TargetOptions } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";
import { runcCalls } from "../../src/runtime/runc.js";

const ALLOW = 0x7fff0000;

function policyOf(json: object | string, options: TargetOptions = {}) {
  const text = typeof json === "string" ? json : JSON.stringify(json);
  return resolveProfile(readDockerProfile(text, "p.json").profile, parseTarget(options));
}

function callsOf(json: object, options: TargetOptions = {}) {
  const target = parseTarget(options);
  const made = runcCalls(policyOf(json, options), target);
  return { ...made, calls: [...made.calls] };
}

function profile(...syscalls: object[]) {
  return { defaultAction: "SCMP_ACT_ERRNO", syscalls };
}

/** Calls as `name action condition condition`. */
function brief(json: object, options?: TargetOptions): string[] {
  return callsOf(json, options).calls.map(({ syscall, action, conditions }) =>
    [
      syscall,
      `0x${action.toString(16)}`,
      ...conditions.map((c) => `${c.index}${c.op}${c.value}${c.valueTwo ? `/${c.valueTwo}` : ""}`),
    ].join(" "),
  );
}

const eq = (index: number, value: number, op = "EQ", valueTwo = 0) => ({
  index,
  value,
  valueTwo,
  op: `SCMP_CMP_${op}`,
});

describe("action words", () => {
  test.for<[string, number | undefined, number]>([
    ["SCMP_ACT_KILL", undefined, 0],
    ["SCMP_ACT_KILL_THREAD", 7, 0],
    ["SCMP_ACT_KILL_PROCESS", undefined, 0x80000000],
    ["SCMP_ACT_TRAP", 7, 0x30000],
    ["SCMP_ACT_ERRNO", undefined, 0x50001],
    ["SCMP_ACT_ERRNO", 0, 0x50000],
    ["SCMP_ACT_ERRNO", 65536 + 38, 0x50026],
    ["SCMP_ACT_TRACE", undefined, 0x7ff00001],
    ["SCMP_ACT_TRACE", 0x1ffff, 0x7ff0ffff],
    ["SCMP_ACT_LOG", undefined, 0x7ffc0000],
    ["SCMP_ACT_ALLOW", 7, ALLOW],
    ["SCMP_ACT_NOTIFY", 7, 0x7fc00000],
  ])("%s with errnoRet %s", ([action, errnoRet, word]) => {
    const rule = { names: ["read"], action, ...(errnoRet === undefined ? {} : { errnoRet }) };
    const other = action === "SCMP_ACT_ALLOW" ? "SCMP_ACT_LOG" : "SCMP_ACT_ALLOW";
    const listenerPath = "/run/agent";
    const { calls } = callsOf({ defaultAction: other, listenerPath, syscalls: [rule] });
    expect(calls.map((call) => call.action)).toEqual([word]);
  });

  test("the default action has the same words, and no profile changes the bad-arch action", () => {
    const made = callsOf({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 65574, syscalls: [] });
    expect(made).toMatchObject({ defaultAction: 0x50026, badArchAction: 0 });
  });
});

describe("the calls", () => {
  test.for<[string, object, string[]]>([
    [
      "one for each entry and name, in order",
      profile(
        { names: ["b", "read", "brk"], action: "SCMP_ACT_ALLOW" },
        { name: "brk", action: "SCMP_ACT_LOG" },
      ),
      ["read 0x7fff0000", "brk 0x7fff0000", "brk 0x7ffc0000"],
    ],
    ["equal to the default: skipped", profile({ names: ["read"], action: "SCMP_ACT_ERRNO" }), []],
    [
      "another errno is not equal",
      profile({ names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 2 }),
      ["read 0x50002"],
    ],
    [
      "the same errno, written out, is",
      profile({ names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 65537 }),
      [],
    ],
    [
      "conditions are ANDed",
      profile({ names: ["socket"], action: "SCMP_ACT_ALLOW", args: [eq(0, 1), eq(1, 2)] }),
      ["socket 0x7fff0000 0EQ1 1EQ2"],
    ],
    [
      "an argument twice: every condition alone",
      profile({
        names: ["socket"],
        action: "SCMP_ACT_ALLOW",
        args: [eq(0, 1), eq(1, 2), eq(0, 3)],
      }),
      ["socket 0x7fff0000 0EQ1", "socket 0x7fff0000 1EQ2", "socket 0x7fff0000 0EQ3"],
    ],
    [
      "mask and datum",
      profile({ names: ["clone"], action: "SCMP_ACT_ALLOW", args: [eq(0, 6, "MASKED_EQ", 4)] }),
      ["clone 0x7fff0000 0MASKED_EQ6/4"],
    ],
    [
      "a name ends at NUL",
      profile({ names: ["brk\0x", "\0"], action: "SCMP_ACT_ALLOW" }),
      ["brk 0x7fff0000"],
    ],
    [
      "a bad index of an unknown name",
      profile({ names: ["nonsense"], action: "SCMP_ACT_ALLOW", args: [eq(6, 1)] }),
      [],
    ],
    [
      "a bad index of a skipped entry",
      profile({ names: ["read"], action: "SCMP_ACT_ERRNO", args: [eq(6, 1)] }),
      [],
    ],
    [
      "a bad operator where there is no name",
      profile({ names: [], action: "SCMP_ACT_ALLOW", args: [eq(0, 1, "XX")] }),
      [],
    ],
  ])("%s", ([, json, expected]) => {
    expect(brief(json)).toEqual(expected);
  });

  test("names that only a newer libseccomp knows are passed over", () => {
    const json = profile({ names: ["mseal", "read"], action: "SCMP_ACT_ALLOW" });
    expect(brief(json, { libseccomp: "2.6.1" })).toHaveLength(2);
    expect(brief(json, { libseccomp: "2.5.4" })).toEqual(["read 0x7fff0000"]);
  });

  test.for<[number, TargetOptions, number]>([
    [32, {}, 1],
    [33, {}, 2],
    [33, { runtime: "libseccomp" }, 1],
    [33, { optimize: "1" }, 1],
    [1, { optimize: "2" }, 2],
    [1, { optimize: "2", runtime: "libseccomp" }, 2],
  ])("%i names with %j: optimisation level %i", ([count, options, level]) => {
    // Names count whether they are known or not, skipped or not.
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    expect(callsOf(profile({ names, action: "SCMP_ACT_ERRNO" }), options).optimize).toBe(level);
  });
});

describe("what runc refuses, with the place", () => {
  const read = { names: ["read"], action: "SCMP_ACT_ALLOW" };
  test.for<[string, object, string, string]>([
    [
      "an unknown flag",
      { ...profile(read), flags: ["SECCOMP_FILTER_FLAG_LOGG"] },
      "unknown-flag",
      "is not known to runc",
    ],
    [
      "an unknown architecture",
      { ...profile(read), architectures: ["SCMP_ARCH_X86_46"] },
      "unknown-arch",
      "string SCMP_ARCH_X86_46 is not a valid arch for seccomp",
    ],
    [
      "NATIVE is none for runc",
      { ...profile(read), architectures: ["SCMP_ARCH_NATIVE"] },
      "unknown-arch",
      "not a valid arch",
    ],
    [
      "an unknown default action",
      { defaultAction: "SCMP_ACT_ALOW" },
      "unknown-action",
      "string SCMP_ACT_ALOW is not a valid action for seccomp",
    ],
    ["a missing default action", { syscalls: [read] }, "unknown-action", "is not a valid action"],
    [
      "an unknown action of an unknown name",
      profile({ names: ["nonsense"], action: "allow" }),
      "unknown-action",
      "string allow is not",
    ],
    ["a missing action", profile({ names: ["read"] }), "unknown-action", "is not a valid action"],
    [
      "an unknown operator of an unknown name",
      profile({ names: ["nonsense"], action: "SCMP_ACT_ALLOW", args: [eq(0, 1, "EQUAL")] }),
      "unknown-operator",
      "string SCMP_CMP_EQUAL is not a valid operator for seccomp",
    ],
    [
      "an empty condition",
      profile({ ...read, args: [{}] }),
      "unknown-operator",
      "is not a valid operator",
    ],
    [
      "an index above 5",
      profile({ ...read, args: [eq(6, 1)] }),
      "argument-index",
      "syscalls only have up to 6 arguments (6 given)",
    ],
    [
      "an empty name",
      profile({ names: [""], action: "SCMP_ACT_ALLOW" }),
      "empty-name",
      "empty string is not a valid syscall",
    ],
    [
      "an empty name whose rule would be skipped",
      profile({ names: [""], action: "SCMP_ACT_ERRNO" }),
      "empty-name",
      "empty string",
    ],
    [
      "notify as default",
      { defaultAction: "SCMP_ACT_NOTIFY", syscalls: [read] },
      "notify-default",
      "cannot be used as default action",
    ],
    [
      "notify for write",
      profile({ names: ["write"], action: "SCMP_ACT_NOTIFY" }),
      "notify-write",
      "cannot be used for the write syscall",
    ],
    [
      "notify for a name that nobody knows, without a listener",
      profile({ names: ["no_such_call"], action: "SCMP_ACT_NOTIFY" }),
      "notify-listener",
      "listenerPath is not set",
    ],
    [
      "an errno that libseccomp refuses as default",
      { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 4095 },
      "default-action-refused",
      "could not create filter",
    ],
    [
      "an errno that libseccomp refuses in a rule",
      profile({ names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 4095 }),
      "rule-refused",
      "error adding seccomp filter rule for syscall read: two checks on same syscall argument",
    ],
    [
      "another byte order",
      { ...profile(read), architectures: ["SCMP_ARCH_S390X"] },
      "arch-refused",
      "EDOM",
    ],
  ])("%s", ([, json, code, message]) => {
    const target = parseTarget({});
    let error: unknown;
    try {
      compilePolicy(policyOf(json), target);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SeccompSimError);
    expect(error).toMatchObject({ code, place: { file: "p.json", line: 1 } });
    expect((error as SeccompSimError).message).toContain(message);
  });

  test("rules that contradict each other", () => {
    const json = profile(
      { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [eq(0, 1)] },
      { names: ["socket"], action: "SCMP_ACT_LOG", args: [eq(0, 1)] },
    );
    expect(() => compilePolicy(policyOf(json), parseTarget({}))).toThrow(
      expect.objectContaining({
        code: "rule-refused",
        message: expect.stringContaining(
          "error adding seccomp rule for syscall socket: file exists",
        ),
      }),
    );
  });

  test("notify before Linux 5.7", () => {
    const rule = { names: ["mount"], action: "SCMP_ACT_NOTIFY" };
    const json = { ...profile(rule), listenerPath: "/run/agent" };
    expect(() => callsOf(json, { kernel: "5.6" })).toThrow("seccomp notify unsupported");
    expect(callsOf(json, { kernel: "5.7" }).calls).toHaveLength(1);
  });

  test("in runc's order: flags, architectures, actions, operators, names", () => {
    const broken = {
      flags: ["F"],
      architectures: ["A"],
      defaultAction: "D",
      syscalls: [
        { names: [""], action: "SCMP_ACT_ALLOW", args: [eq(0, 1, "O")] },
        { names: ["read"], action: "X" },
      ],
    };
    const repairs: [string, (json: typeof broken) => void][] = [
      ["unknown-flag", (json) => (json.flags = [])],
      ["unknown-arch", (json) => (json.architectures = [])],
      ["unknown-action", (json) => (json.defaultAction = "SCMP_ACT_ERRNO")],
      [
        "unknown-operator",
        (json) => (json.syscalls[0] = { names: [""], action: "SCMP_ACT_ALLOW" }),
      ],
      [
        "unknown-action",
        (json) => (json.syscalls[1] = { names: ["read"], action: "SCMP_ACT_LOG" }),
      ],
      ["empty-name", (json) => (json.syscalls = [])],
    ];
    for (const [code, repair] of repairs) {
      expect(() => callsOf(broken)).toThrow(expect.objectContaining({ code }));
      repair(broken);
    }
    expect(callsOf(broken).calls).toEqual([]);
  });
});

test("more instructions than the kernel loads", () => {
  const args = (i: number) => [eq(0, i), eq(1, i + 1)];
  const rules = Array.from({ length: 1500 }, (_, i) => ({
    names: ["socket"],
    action: "SCMP_ACT_ALLOW",
    args: args(i),
  }));
  expect(() => compilePolicy(policyOf(profile(...rules)), parseTarget({}))).toThrow(
    expect.objectContaining({ code: "filter-too-long" }),
  );
});

test("conditions that many calls have in common cost a program little", () => {
  const names = syscallNames().filter((name) => syscallNumber("aarch64", name) !== undefined);
  const args = Array.from({ length: 20 }, (_, i) => eq(0, 2 * i));
  const policy = policyOf(profile({ names, args, action: "SCMP_ACT_ALLOW" }));
  const { program, calls } = compilePolicy(policy, parseTarget({ arch: "aarch64" }));
  expect(calls.length).toBe(20 * names.length);
  expect(program.instructions.length).toBeLessThan(names.length * 3);
});

test.for<[string, string, object]>([
  [
    "comparisons of one call",
    "profile-too-complex",
    { names: ["read"], args: Array.from({ length: 20_000 }, (_, i) => eq(0, i, "GT")) },
  ],
  ["rules", "too-many-rules", { names: Array(200_000).fill("read") }],
])("far too many %s end soon", ([, code, rule]) => {
  const policy = policyOf(profile({ ...rule, action: "SCMP_ACT_ALLOW" }));
  expect(() => compilePolicy(policy, parseTarget({ arch: "aarch64" }))).toThrow(
    expect.objectContaining({ code }),
  );
});

test("a native architecture that no host has", () => {
  const json = profile({ names: ["read"], action: "SCMP_ACT_ALLOW" });
  expect(() => compilePolicy(policyOf(json), parseTarget({ arch: "x32" }))).toThrow(
    expect.objectContaining({ code: "unsupported-native" }),
  );
});

test("a native architecture that the library does not know yet", () => {
  const json = profile({ names: ["read"], action: "SCMP_ACT_ALLOW" });
  const target = parseTarget({ arch: "loongarch64", libseccomp: "2.5.4" });
  expect(() => compilePolicy(policyOf(json), target)).toThrow(
    expect.objectContaining({ code: "unknown-architecture" }),
  );
});

test.for([
  ["s390x", 0x80000016, 3],
  ["ppc64le", 0xc0000015, 3],
  ["mips64", 0x80000008, 5000],
  ["riscv64", 0xc00000f3, 63],
  ["loongarch64", 0xc0000102, 63],
] as const)("on %s the program tests its token and its number of read", ([arch, audit, nr]) => {
  const json = profile({ names: ["read"], action: "SCMP_ACT_ALLOW" });
  const target = parseTarget({ arch, runtime: "libseccomp" });
  const { program } = compilePolicy(policyOf(json), target);
  const constants = program.instructions.filter(({ code }) => code === 0x15).map(({ k }) => k);
  expect(constants).toEqual([audit, nr]);
});
