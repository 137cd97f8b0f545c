import { describe, expect, test } from "vitest";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile } from "../../src/analysis/source.js";
import { encodeFilter } from "../../src/bpf/encode.js";
import { SeccompSimError } from "../../src/errors.js";
import { readDocument, readProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget, type TargetOptions } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";
import { formatVerdict } from "../../src/seccomp/verdict.js";

function compile(json: object, options: TargetOptions) {
  const target = parseTarget({ engine: "oci", ...options });
  const { profile } = readProfile(readDocument(JSON.stringify(json), "p.json"), target.engine);
  return compilePolicy(resolveProfile(profile, target), target);
}

function bytes(json: object, options: TargetOptions): string {
  const { program, endian } = compile(json, options);
  return Buffer.from(encodeFilter(program.instructions, endian)).toString("hex");
}

function refusal(json: object, options: TargetOptions): SeccompSimError | undefined {
  try {
    compile(json, options);
    return undefined;
  } catch (error) {
    if (error instanceof SeccompSimError) return error;
    throw error;
  }
}

const ALLOW = "SCMP_ACT_ALLOW";
const profile = (...syscalls: object[]) => ({ defaultAction: "SCMP_ACT_ERRNO", syscalls });
const names = (count: number) =>
  [
    "read",
    "write",
    "openat",
    "close",
    "mmap",
    "brk",
    "dup",
    "getpid",
    "getuid",
    "getgid",
    "kill",
    "chdir",
    "fchdir",
    "mkdir",
    "rmdir",
    "link",
    "unlink",
    "chmod",
    "umask",
    "sync",
    "mount",
    "acct",
    "times",
    "pause",
    "pipe2",
    "uname",
    "ptrace",
    "getcwd",
    "statx",
    "bpf",
    "execve",
    "futex",
    "madvise",
  ].slice(0, count);

describe("runc by release", () => {
  test("a binary tree above 32 calls, since 1.2", () => {
    const many = profile({ names: names(33), action: ALLOW });
    const few = profile({ names: names(32), action: ALLOW });
    const tree = bytes(many, { runtime: "runc", optimize: 2 });
    expect(bytes(many, {})).toBe(tree);
    expect(bytes(many, { runtime: "runc@1.2" })).toBe(tree);
    expect(bytes(many, { runtime: "runc@1.1.15" })).toBe(bytes(many, { optimize: 1 }));
    expect(bytes(few, {})).toBe(bytes(few, { optimize: 1 }));
  });

  test("the stub counts an unlisted native architecture since 1.1.15", () => {
    const json = profile({ names: ["write"], action: ALLOW });
    const verdict = (runtime: string): string => {
      const source = loadProfile(JSON.stringify(json), { file: "p.json" });
      const simulator = createSimulator(source, { runtime });
      const answer = simulator.evaluate("#9999()");
      simulator.close();
      return formatVerdict(answer.verdict);
    };
    expect(verdict("runc@1.1")).toBe("ERRNO(EPERM)");
    expect(verdict("runc@1.1.14")).toBe("ERRNO(EPERM)");
    expect(verdict("runc@1.1.15")).toBe("ERRNO(ENOSYS)");
    expect(verdict("runc@1.2")).toBe("ERRNO(ENOSYS)");
  });

  test("s390x: number 0 is no call, since 1.1.3", () => {
    const json = {
      ...profile({ names: ["read"], action: ALLOW }),
      architectures: ["SCMP_ARCH_S390X"],
    };
    const [old, now] = ["runc@1.1.2", "runc@1.1.3"].map(
      (runtime) => compile(json, { runtime, arch: "s390x" }).stubLength,
    );
    expect(now).toBe((old ?? 0) + 2);
  });

  test.for<[string, object, string, string, RegExp]>([
    [
      "flags",
      { ...profile(), flags: ["SECCOMP_FILTER_FLAG_LOG"] },
      "runc@1.1.15",
      "runc@1.2",
      /seccomp flags are not yet supported by runc/,
    ],
    [
      "a flag",
      { ...profile(), flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] },
      "runc@1.4",
      "runc@1.5",
      /SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is not known to runc/,
    ],
    [
      "riscv64",
      { ...profile(), architectures: ["SCMP_ARCH_RISCV64"] },
      "runc@1.1.7",
      "runc@1.1.8",
      /string SCMP_ARCH_RISCV64 is not a valid arch for seccomp/,
    ],
  ])("%s", ([, json, before, since, message]) => {
    expect(refusal(json, { runtime: before })?.message).toMatch(message);
    expect(refusal(json, { runtime: since })).toBeUndefined();
  });

  test("no flags at all are no flags", () => {
    expect(refusal({ ...profile(), flags: [] }, { runtime: "runc@1.1" })).toBeUndefined();
  });
});

describe("youki", () => {
  const youki = { runtime: "youki" };

  test("has neither stub nor tree, otherwise libseccomp's program of the same calls", () => {
    const json = profile(
      { names: [...names(33), "nosuchcall", ""], action: ALLOW },
      { names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 1 },
      {
        names: ["clone"],
        action: ALLOW,
        args: [
          { index: 0, value: 5, op: "SCMP_CMP_EQ" },
          { index: 0, value: 7, op: "SCMP_CMP_EQ" },
        ],
      },
    );
    const plain = profile(
      { names: names(33), action: ALLOW },
      { names: ["clone"], action: ALLOW, args: [{ index: 0, value: 5, op: "SCMP_CMP_EQ" }] },
      { names: ["clone"], action: ALLOW, args: [{ index: 0, value: 7, op: "SCMP_CMP_EQ" }] },
    );
    expect(bytes(json, youki)).toBe(bytes(plain, { runtime: "libseccomp", optimize: 1 }));
  });

  test("knows the native architecture by that name, and libseccomp's others", () => {
    const json = {
      ...profile({ names: ["read"], action: ALLOW }),
      architectures: ["SCMP_ARCH_NATIVE"],
    };
    expect(bytes(json, youki)).toBe(bytes(profile({ names: ["read"], action: ALLOW }), youki));
    expect(
      refusal({ ...json, architectures: ["SCMP_ARCH_PARISC"] }, { ...youki, arch: "parisc" }),
    ).toBeUndefined();
    expect(refusal(json, {})?.message).toMatch(/SCMP_ARCH_NATIVE is not a valid arch/);
  });

  test("takes an errno beside an action that has no use for it", () => {
    const json = profile({ names: ["read"], action: ALLOW, errnoRet: 5 });
    expect(refusal(json, youki)).toBeUndefined();
    expect(refusal(json, { runtime: "crun" })?.message).toMatch(/errno value specified for action/);
  });

  test.for<[string, object, RegExp]>([
    ["an action", profile({ names: [], action: "SCMP_ACT_ALOW" }), /youki refuses .*SCMP_ACT_ALOW/],
    [
      "an operator, even on an unknown call",
      profile({ names: ["nosuchcall"], action: ALLOW, args: [{ index: 0, value: 1, op: "EQ" }] }),
      /youki refuses .*unknown variant `EQ`/,
    ],
    ["a flag", { ...profile(), flags: ["LOG"] }, /youki refuses .*LOG/],
    ["no default action", { syscalls: [{ names: ["read"], action: ALLOW }] }, /youki refuses/],
    [
      "notify as default",
      { defaultAction: "SCMP_ACT_NOTIFY", syscalls: [] },
      /cannot be used as default action/,
    ],
    [
      "notify for write",
      profile({ names: ["write"], action: "SCMP_ACT_NOTIFY" }),
      /for the write syscall/,
    ],
    [
      "an index above 5, by libseccomp",
      profile({
        names: ["read"],
        action: ALLOW,
        args: [{ index: 6, value: 1, op: "SCMP_CMP_EQ" }],
      }),
      /youki: failed to add rule to seccomp for read: Invalid argument \(EINVAL\)/,
    ],
    ["another byte order", { ...profile(), architectures: ["SCMP_ARCH_S390X"] }, /EDOM/],
  ])("refuses %s", ([, json, message]) => {
    const error = refusal(json, youki);
    expect(error?.message).toMatch(message);
    expect(error?.place).toMatchObject({ file: "p.json" });
  });
});

describe("ideal", () => {
  const source = loadProfile(
    `{ "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
{ "names": ["read"], "action": "SCMP_ACT_ALLOW" },
{ "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_NE" }] }] }`,
    { file: "p.json" },
  );

  test.for<[string, string, object]>([
    ["read", "ALLOW", { kind: "entry", entry: 0, line: 2 }],
    ["kill(1, SIGTERM)", "ALLOW", { kind: "entry", entry: 1, line: 3 }],
    ["kill(1, SIGKILL)", "ERRNO(EPERM)", { kind: "default", line: 1 }],
    ["#9999()", "ERRNO(EPERM)", { kind: "default", line: 1 }],
    ["#0x40000001()", "KILL_THREAD", { kind: "badArch" }],
  ])("%s gets %s", ([call, verdict, because]) => {
    const simulator = createSimulator(source, { runtime: "ideal" });
    const answer = simulator.evaluate(call);
    expect(formatVerdict(answer.verdict)).toBe(verdict);
    expect(answer.because).toMatchObject({ file: "p.json", ...because });
    simulator.close();
  });

  test("has no program, and does not stack", () => {
    expect(() => compile(profile(), { runtime: "ideal" })).toThrow(/it has no program/);
    expect(() => createSimulator(source, { runtime: "ideal" }, [source])).toThrow(/nothing stacks/);
  });
});

describe("libseccomp asks the kernel for its newer actions", () => {
  test.for<[string, string, string, "runc" | "crun" | "youki"]>([
    ["SCMP_ACT_LOG", "4.13", "4.14", "runc"],
    ["SCMP_ACT_LOG", "4.13", "4.14", "crun"],
    ["SCMP_ACT_KILL_PROCESS", "4.13", "4.14", "runc"],
    ["SCMP_ACT_KILL_PROCESS", "4.13", "4.14", "youki"],
    ["SCMP_ACT_NOTIFY", "4.20", "5.0", "crun"],
    ["SCMP_ACT_NOTIFY", "4.20", "5.0", "youki"],
  ])("%s is refused on Linux %s and taken on %s, under %s", ([action, before, since, runtime]) => {
    const rule = profile({ names: ["mount"], action });
    const refused = refusal(rule, { runtime, kernel: before });
    expect(refused).toMatchObject({ code: "rule-refused", place: { line: 1 } });
    expect(refused?.message).toMatch(/EINVAL/);
    expect(refused?.hint).toMatch(`since ${since}, the target has ${before}`);
    expect(refusal(rule, { runtime, kernel: since })).toBeUndefined();
  });

  test("as default action too", () => {
    const json = { defaultAction: "SCMP_ACT_LOG", syscalls: [{ names: ["read"], action: ALLOW }] };
    const error = refusal(json, { runtime: "runc", kernel: "4.4" });
    expect(error).toMatchObject({ code: "default-action-refused" });
    expect(error?.hint).toMatch(/the kernel knows LOG since 4.14/);
    expect(refusal(json, { runtime: "runc", kernel: "4.14" })).toBeUndefined();
  });
});

test("libseccomp 2.5.2 is broken on 32-bit mips, which is said instead of a verdict", () => {
  const json = { ...profile({ names: ["read"], action: ALLOW }) };
  const on = (arch: "mips" | "mipsel" | "mips64", libseccomp: string) =>
    refusal(json, { arch, libseccomp })?.code;
  expect(on("mips", "2.5.2")).toBe("unsupported-libseccomp");
  expect(on("mipsel", "2.5.2")).toBe("unsupported-libseccomp");
  expect(on("mipsel", "2.5.3")).toBeUndefined();
  expect(on("mips64", "2.5.2")).toBeUndefined();
});
