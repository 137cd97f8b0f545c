import { describe, expect, test } from "vitest";
import { readDockerProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";

const ERRNO = "SCMP_ACT_ERRNO";
const ALLOW = "SCMP_ACT_ALLOW";
const eq = (index: number, value: number) => ({ index, value, op: "SCMP_CMP_EQ" });

function compile(profile: object, options: Parameters<typeof parseTarget>[0] = {}) {
  const target = parseTarget({ runtime: "crun", ...options });
  const { profile: read } = readDockerProfile(JSON.stringify(profile), "p.json");
  return compilePolicy(resolveProfile(read, target), target);
}

const withEntry = (entry: object, more: object = {}) => ({
  defaultAction: ERRNO,
  syscalls: [entry],
  ...more,
});

test("crun puts no stub in front and never makes a tree", () => {
  const names = Array.from({ length: 20 }, () => ["read", "write"]).flat();
  const profile = withEntry({ names: [...names, "close", "mount"], action: ALLOW });
  const crun = compile(profile);
  expect(crun.stubLength).toBe(0);
  // What runc's calls give on their own, in a chain.
  expect(crun.program.instructions).toEqual(
    compile(profile, { runtime: "libseccomp" }).program.instructions,
  );
  expect(compile(profile, { runtime: "runc" }).stubLength).toBeGreaterThan(0);
});

describe("what crun refuses and runc does not", () => {
  test.for<[string, object, string]>([
    [
      "an errno beside ALLOW",
      withEntry({ names: ["read"], action: ALLOW, errnoRet: 1 }),
      "errno value specified for action `SCMP_ACT_ALLOW`",
    ],
    [
      "a default errno beside ALLOW",
      { defaultAction: ALLOW, defaultErrnoRet: 1, syscalls: [] },
      "errno value specified for action `SCMP_ACT_ALLOW`",
    ],
  ])("%s", ([, profile, message]) => {
    expect(() => compile(profile)).toThrow(message);
    expect(() => compile(profile, { runtime: "runc" })).not.toThrow();
  });
});

describe("what runc refuses and crun does not", () => {
  test.for<[string, object]>([
    ["an empty name", withEntry({ names: ["", "read"], action: ALLOW })],
    [
      "an architecture in lower case without its prefix",
      withEntry({ names: ["read"], action: ALLOW }, { architectures: ["x86"] }),
    ],
    [
      "an architecture that runc has no word for",
      withEntry({ names: ["read"], action: ALLOW }, { architectures: ["SCMP_ARCH_SH"] }),
    ],
    [
      "an unknown operator of a call that nobody knows",
      withEntry({
        names: ["no_such_call"],
        action: ALLOW,
        args: [{ index: 0, value: 0, op: "?" }],
      }),
    ],
    [
      "a seventh condition with an index too high",
      withEntry({
        names: ["read"],
        action: ALLOW,
        args: [0, 1, 2, 3, 4, 5, 6].map((index) => eq(index, 1)),
      }),
    ],
  ])("%s", ([, profile]) => {
    expect(() => compile(profile)).not.toThrow();
    expect(() => compile(profile, { runtime: "runc" })).toThrow("runc refuses the profile");
  });
});

describe("what both refuse, in crun's words", () => {
  test.for<[string, object, string]>([
    [
      "an unknown action, names known or not",
      withEntry({ names: ["no_such_call"], action: "SCMP_ACT_DENY" }),
      "crun refuses the profile: seccomp get action `SCMP_ACT_DENY`",
    ],
    [
      "an unknown operator",
      withEntry({ names: ["read"], action: ALLOW, args: [{ ...eq(0, 1), op: "EQ" }] }),
      "seccomp get operator `EQ`",
    ],
    [
      "an unknown flag",
      withEntry({ names: ["read"], action: ALLOW }, { flags: ["NONE"] }),
      "unknown seccomp option `NONE`",
    ],
    [
      "a default action that is missing",
      { syscalls: [{ names: ["read"], action: ALLOW }] },
      "seccomp misses the default action",
    ],
    [
      "rules that contradict each other",
      withEntry(
        { names: ["read", "read"], action: ALLOW, args: [eq(0, 1)] },
        {
          syscalls: [ALLOW, "SCMP_ACT_LOG"].map((action) => ({
            names: ["read"],
            action,
            args: [eq(0, 1)],
          })),
        },
      ),
      "seccomp_rule_add_array `read`: File exists",
    ],
    [
      "an argument index above 5",
      withEntry({ names: ["read"], action: ALLOW, args: [eq(6, 1)] }),
      "invalid seccomp index 6",
    ],
    [
      "an unknown architecture",
      withEntry({ names: ["read"], action: ALLOW }, { architectures: ["SCMP_ARCH_Z80"] }),
      "seccomp unknown architecture `Z80`",
    ],
    [
      "an architecture of the other byte order",
      withEntry({ names: ["read"], action: ALLOW }, { architectures: ["SCMP_ARCH_S390X"] }),
      "EDOM",
    ],
  ])("%s", ([, profile, message]) => {
    expect(() => compile(profile)).toThrow(message);
    expect(() => compile(profile, { runtime: "runc" })).toThrow();
  });
});

test("an index that is tested twice makes each condition a rule of its own", () => {
  const profile = withEntry({ names: ["kill"], action: ALLOW, args: [eq(0, 1), eq(0, 2)] });
  expect(compile(profile).calls.map(({ conditions }) => conditions.length)).toEqual([1, 1]);
});
