import { describe, expect, test } from "vitest";
import { SeccompSimError } from "../../src/errors.js";
import { readDockerProfile } from "../../src/profile/document.js";
import type { Profile } from "../../src/profile/profile.js";

/** A profile without places, as short as tests want it. */
function read(text: string) {
  const { profile } = readDockerProfile(text, "p.json");
  return {
    ...(profile.defaultAction === undefined ? {} : { action: profile.defaultAction.value }),
    ...(profile.defaultErrnoRet === undefined ? {} : { errno: profile.defaultErrnoRet }),
    architectures: profile.architectures.map((word) => word.value),
    syscalls: profile.syscalls.map(brief),
  };
}

function brief(entry: Profile["syscalls"][number]): string {
  const names = [entry.name?.value, ...entry.names.map((word) => word.value)];
  const args = entry.args.map((arg) => `${arg.index} ${arg.op.value} ${arg.value} ${arg.valueTwo}`);
  const gate = entry.includes;
  const includes =
    gate === undefined
      ? []
      : [`caps=${gate.caps.map((c) => c.value)} kernel=${JSON.stringify(gate.minKernel)}`];
  return [
    names.filter((name) => name !== undefined).join(","),
    entry.action.value,
    ...(entry.errnoRet === undefined ? [] : [`errno ${entry.errnoRet}`]),
    ...args,
    ...includes,
  ].join("; ");
}

function refusal(text: string): SeccompSimError {
  try {
    readDockerProfile(text, "p.json");
  } catch (error) {
    if (error instanceof SeccompSimError) return error;
    throw error;
  }
  throw new Error("accepted");
}

const entry = (json: string) => `{"syscalls": [${json}]}`;

describe("Go's decoding", () => {
  test.for<[string, string, object]>([
    ["an empty object", "{}", { architectures: [], syscalls: [] }],
    ["null is nothing", "null", { architectures: [], syscalls: [] }],
    [
      "keys in other letters",
      '{"DEFAULTACTION": "A", "SysCalls": [{"NAME": "x"}]}',
      { action: "A", syscalls: ["x; "] },
    ],
    [
      "ſ folds to s, the Kelvin sign to k",
      '{"\u017fy\u017fcall\u017f": [{"include\u017f": {"min\u212aernel": "4.8"}}]}',
      { syscalls: ['; ; caps= kernel={"major":4,"minor":8}'] },
    ],
    [
      "a repeated string: the last wins",
      '{"defaultAction": "A", "defaultaction": "B"}',
      { action: "B" },
    ],
    [
      "null after a string leaves it",
      '{"defaultAction": "A", "defaultAction": null}',
      { action: "A" },
    ],
    [
      "null after an errno clears it",
      '{"defaultErrnoRet": 5, "defaultErrnoRet": null}',
      { architectures: [], syscalls: [] },
    ],
    [
      "null after an array clears it",
      '{"architectures": ["A"], "architectures": null}',
      { architectures: [] },
    ],
    [
      "elements start from earlier ones",
      '{"syscalls": [{"name": "a", "action": "X"}, {"name": "b"}], "syscalls": [{"name": "c"}]}',
      { syscalls: ["c; X"] },
    ],
    [
      "elements beyond a shorter array come back",
      '{"syscalls": [{"name": "a"}, {"name": "b", "action": "X"}], "syscalls": [{}], "syscalls": [{}, {"name": "c"}]}',
      { syscalls: ["a; ", "c; X"] },
    ],
    [
      "an empty array forgets",
      '{"syscalls": [{"name": "a"}], "syscalls": [], "syscalls": [{}]}',
      { syscalls: ["; "] },
    ],
    [
      "objects merge",
      entry('{"includes": {"caps": ["A"]}, "includes": {"minKernel": "1.2"}}'),
      { syscalls: ['; ; caps=A kernel={"major":1,"minor":2}'] },
    ],
    [
      "null after an object clears it",
      entry('{"includes": {"caps": ["A"]}, "includes": null}'),
      { syscalls: ["; "] },
    ],
    [
      "an empty minKernel leaves the earlier one",
      entry('{"includes": {"minKernel": "1.2", "minKernel": ""}}'),
      { syscalls: ['; ; caps= kernel={"major":1,"minor":2}'] },
    ],
    [
      "an empty minKernel is 0.0",
      entry('{"includes": {"minKernel": ""}}'),
      { syscalls: ['; ; caps= kernel={"major":0,"minor":0}'] },
    ],
    ["a null name in a list is empty", entry('{"names": ["a", null]}'), { syscalls: ["a,; "] }],
    [
      "a null condition is all zero",
      entry('{"name": "a", "args": [null]}'),
      { syscalls: ["a; ; 0  0 0"] },
    ],
    ["a null architecture is empty", '{"architectures": [null]}', { architectures: [""] }],
    [
      "a null entry that a later array replaces",
      '{"syscalls": [null], "syscalls": [{"name": "a"}]}',
      { syscalls: ["a; "] },
    ],
    [
      "2^64-1 is exact",
      entry(
        '{"args": [{"value": 18446744073709551615, "valueTwo": 9007199254740993, "index": 5, "op": "O"}]}',
      ),
      { syscalls: ["; ; 5 O 18446744073709551615 9007199254740993"] },
    ],
    [
      "a large errnoRet is kept for the runtime to mask",
      entry('{"errnoRet": 65536}'),
      { syscalls: ["; ; errno 65536"] },
    ],
    [
      "10000 levels under an unknown key",
      `{"x": ${"[".repeat(9999)}${"]".repeat(9999)}}`,
      { syscalls: [] },
    ],
  ])("%s", ([, text, expected]) => {
    expect(read(text)).toMatchObject(expected);
  });

  test.for<[string, string, string]>([
    ['{"defaultErrnoRet": -1}', "$.defaultErrnoRet", "1:21"],
    ['{"defaultErrnoRet": 1.0}', "$.defaultErrnoRet", "1:21"],
    ['{"defaultErrnoRet": 1e3}', "$.defaultErrnoRet", "1:21"],
    ['{"defaultErrnoRet": -0}', "$.defaultErrnoRet", "1:21"],
    ['{"defaultErrnoRet": "5"}', "$.defaultErrnoRet", "1:21"],
    ['{"defaultAction": 5}', "$.defaultAction", "1:19"],
    ['{"syscalls": {}}', "$.syscalls", "1:14"],
    ['{"syscalls": "x"}', "$.syscalls", "1:14"],
    [entry('"mount"'), "$.syscalls[0]", "1:15"],
    [entry('{"names": "mount"}'), "$.syscalls[0].names", "1:25"],
    [entry('{"names": [1]}'), "$.syscalls[0].names[0]", "1:26"],
    [entry('{"comment": 1}'), "$.syscalls[0].comment", "1:27"],
    [
      entry('{}, {"args": [{"value": 18446744073709551616}]}'),
      "$.syscalls[1].args[0].value",
      "1:39",
    ],
    [`{"defaultErrnoRet": ${"9".repeat(100_000)}}`, "$.defaultErrnoRet", "1:21"],
    [entry('{"includes": []}'), "$.syscalls[0].includes", "1:28"],
    [entry('{"includes": {"minKernel": 4.8}}'), "$.syscalls[0].includes.minKernel", "1:42"],
    [entry('{"includes": {"minKernel": "4.8.0"}}'), "$.syscalls[0].includes.minKernel", "1:42"],
    [entry('{"includes": {"minKernel": "256.1"}}'), "$.syscalls[0].includes.minKernel", "1:42"],
    [entry('{"includes": {"minKernel": "0.0"}}'), "$.syscalls[0].includes.minKernel", "1:42"],
    [entry('{"includes": {"minKernel": " 4.8"}}'), "$.syscalls[0].includes.minKernel", "1:42"],
    ['{"flags": "x"}', "$.flags", "1:11"],
    ['{"listenerPath": 1}', "$.listenerPath", "1:18"],
    ["[]", "a profile is a JSON object, but this is an array", "1:1"],
    ['"x"', "a profile is a JSON object", "1:1"],
    [entry("null"), "syscalls[0] is null", "1:15"],
  ])("refuses %s", ([text, message, at]) => {
    const error = refusal(text);
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(400);
    expect(`${error.place?.line}:${error.place?.column}`).toBe(at);
  });

  test("a syntax error comes before any type error", () => {
    expect(refusal('{"defaultAction": 5, }').code).toBe("json-syntax");
  });
});

describe("warnings for what the real chain ignores", () => {
  test.for<[string, string, string, string]>([
    ['{"defaultAciton": "A"}', "unknown-key", "1:2", "defaultAction"],
    [entry('{"nmaes": ["a"]}'), "unknown-key", "1:16", "names"],
    [entry('{"errno": "EPERM"}'), "unknown-key", "1:16", "errnoRet"],
    [entry('{"names": ["read", "moutn"]}'), "unknown-syscall", "1:34", "mount"],
    [entry('{"name": "opennat"}'), "unknown-syscall", "1:24", "openat"],
    [
      entry('{"includes": {"caps": ["CAP_SYS_ADMN"]}}'),
      "unknown-capability",
      "1:38",
      "CAP_SYS_ADMIN",
    ],
    ['{"flags": [], "flags": []}', "duplicate-key", "1:15", ""],
  ])("%s", ([text, code, at, hint]) => {
    const { warnings } = readDockerProfile(text, "p.json");
    expect(warnings).toHaveLength(1);
    const [warning] = warnings;
    expect(warning?.code).toBe(code);
    expect(`${warning?.place?.line}:${warning?.place?.column}`).toBe(at);
    expect(warning?.hint ?? "").toContain(hint);
  });

  test("a name ends at its first NUL, as in C", () => {
    expect(readDockerProfile(entry('{"name": "brk\\u0000x"}'), "p.json").warnings).toEqual([]);
  });
});

// So large that what grows with the square of them would not end before the tests' own limit.
describe("hostile profiles are read, with as many warnings as people can bear", () => {
  test.for<[string, () => string]>([
    [
      "300,000 unknown keys",
      () => `{${Array.from({ length: 3e5 }, (_, i) => `"k${i}":0`).join()}}`,
    ],
    [
      "300,000 unknown names",
      () => entry(`{"names": [${Array.from({ length: 3e5 }, (_, i) => `"n${i}"`).join()}]}`),
    ],
    [
      "a large array decoded over again and again",
      () => `{"syscalls": [${Array(2e5).fill("{}").join()}]${',"syscalls":[{}]'.repeat(2e5)}}`,
    ],
  ])("%s", ([, text]) => {
    const { warnings } = readDockerProfile(text(), "p.json");
    expect(warnings.length).toBeLessThanOrEqual(1000);
  });
});
