import { describe, expect, test } from "vitest";
import { readDockerProfile, readDocument, readProfile } from "../../src/profile/document.js";
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
      "an entry without names, of which Go makes null",
      withEntry({ action: ALLOW }),
      "load `config.json`: Required field 'names' not present",
    ],
    [
      "a listener's path that is not absolute",
      withEntry({ names: ["read"], action: ALLOW }, { listenerPath: "agent" }),
      "the seccomp receiver `agent` is not an absolute path",
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

test("an entry with no names is one without rules", () => {
  expect(() => compile(withEntry({ names: [], action: ALLOW }))).not.toThrow();
});

describe("what runc refuses and crun does not", () => {
  test.for<[string, object]>([
    [
      "NOTIFY without a listener",
      withEntry({ names: ["read"], action: "SCMP_ACT_NOTIFY" }, { listenerPath: undefined }),
    ],
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
      "crun refuses the profile: invalid seccomp action `SCMP_ACT_DENY`",
    ],
    [
      "an unknown operator",
      withEntry({ names: ["read"], action: ALLOW, args: [{ ...eq(0, 1), op: "EQ" }] }),
      "crun refuses the profile: get_seccomp_operator",
    ],
    [
      "an unknown flag",
      withEntry({ names: ["read"], action: ALLOW }, { flags: ["NONE"] }),
      "unknown seccomp option `NONE`",
    ],
    [
      "a default action that is missing",
      { syscalls: [{ names: ["read"], action: ALLOW }] },
      "invalid seccomp action ``",
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
      "seccomp_rule_add_array: File exists",
    ],
    [
      // crun names the entry, not the index.
      "an argument index above 5",
      withEntry({ names: ["read"], action: ALLOW, args: [eq(6, 1)] }),
      "crun refuses the profile: invalid seccomp index 0",
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

test("an index that is too high behind one that comes again is left to libseccomp", () => {
  const profile = withEntry({
    names: ["kill"],
    action: ALLOW,
    args: [0, 0, 9].map((i) => eq(i, 1)),
  });
  expect(() => compile(profile)).toThrow("seccomp_rule_add_array: Invalid argument");
});

test.for(["defaultErrnoRet", "errnoRet", "index"])("%s has 32 bits", (key) => {
  const number = 2 ** 32;
  const entry = { names: ["no_such_call"], action: ERRNO };
  const profile = {
    defaultErrnoRet: withEntry(entry, { defaultErrnoRet: number }),
    errnoRet: withEntry({ ...entry, errnoRet: number }),
    index: withEntry({ ...entry, args: [eq(number, 1)] }),
  }[key];
  const message = `Invalid value '4294967296' with type 'uint32' for key '${key}'`;
  expect(() => compile(profile as object)).toThrow(message);
  expect(() => compile(profile as object, { runtime: "runc" })).not.toThrow();
});

describe("a config.json that crun reads itself", () => {
  const options = { engine: "oci", libseccomp: "2.5.4" };
  const program = (text: string, runtime: string) => {
    const target = parseTarget({ ...options, runtime });
    const config = `{"ociVersion":"1.0.2","linux":{"seccomp":${text}}}`;
    const document = readDocument(config, "config.json");
    const { profile } = readProfile(document, target.engine, target.runtime);
    const policy = resolveProfile(profile, target);
    return policy.off ? "off" : compilePolicy(policy, target).program.instructions;
  };
  const entry = (fields: string, more = "") => {
    return `{"defaultAction":"${ERRNO}","syscalls":[{${fields}}]${more}}`;
  };
  const read = `"names":["read"],"action":"${ALLOW}"`;
  const value = (text: string) => `${read},"args":[{"index":0,"value":${text},"op":"SCMP_CMP_EQ"}]`;

  test.for<[string, string, string]>([
    ["the first of two keys counts", entry(`${read},"names":["write"]`), entry(read)],
    ["a list that is none is none", entry(`${read},"args":{}`, ',"flags":"x"'), entry(read)],
    ["a number that is none is 0", entry(value('"5"')), entry(value("0"))],
    ["a number may be negative", entry(value("-1")), entry(value("18446744073709551615"))],
    ["a name that is none is none", entry(`"names":["read",5],"action":"${ALLOW}"`), entry(read)],
    ["a word ends at a NUL", entry(`"names":["read"],"action":"${ALLOW}\\u0000x"`), entry(read)],
  ])("%s", ([, text, meant]) => {
    expect(program(text, "crun")).toEqual(program(meant, "crun"));
  });

  test("a seccomp that is no object is none", () => {
    expect(program("[]", "crun")).toBe("off");
    expect(() => program("[]", "runc")).toThrow("expected an object");
  });

  test.for<[string, string]>([
    ["defaultAction", '{"syscalls":[]}'],
    ["defaultAction", `{"DefaultAction":"${ERRNO}"}`],
    ["names", entry(`"action":"${ALLOW}"`)],
    ["names", entry(`"names":null,"action":"${ALLOW}"`)],
    ["action", entry('"names":["read"]')],
    ["op", entry(`"names":["no_such_call"],"action":"${ALLOW}","args":[{"index":0,"value":1}]`)],
  ])("without %s it is refused: %s", ([key, text]) => {
    expect(() => program(text, "crun")).toThrow(`Required field '${key}' not present`);
  });
});
