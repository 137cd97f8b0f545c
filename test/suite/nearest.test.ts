import { describe, expect, test } from "vitest";
import { formatNear } from "../../src/report/nearest.js";
import type { CallResult } from "../../src/suite/results.js";
import { runText } from "./run.js";

const PROFILE = [
  '{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [',
  '{ "names": ["mount"], "action": "SCMP_ACT_LOG", "includes": { "minKernel": "6.5" } },',
  '{ "names": ["mount", "bpf"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_BPF"] } },',
  '{ "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } },',
  '{ "names": ["mount"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 3, "value": 7, "op": "SCMP_CMP_EQ" }] }',
  "] }",
].join("\n");

const run = (cases: string[], options = {}): readonly CallResult[] =>
  runText(
    `profile: p.json\ncases:\n${cases.map((one) => `  - ${one}\n`).join("")}`,
    { "p.json": PROFILE },
    options,
  ).runs.flatMap((one) => one.cases.flatMap(({ results }) => results));
const texts = (results: readonly CallResult[]) =>
  results.map(({ nearest }) => nearest?.map((near) => formatNear(near)));

describe("failures name the nearest entries", () => {
  test.for<[string, string[] | undefined]>([
    [
      "{ call: mount, expect: allow }",
      ["line 3: would allow with CAP_BPF", "line 4: would allow with CAP_SYS_ADMIN"],
    ],
    ["{ call: mount, expect: log }", ["line 2: would allow and log on Linux 6.5 or later"]],
    [
      "{ call: mount, expect: kill }",
      ["line 3: would allow with CAP_BPF", "line 4: would allow with CAP_SYS_ADMIN"],
    ],
    ["{ call: bpf, expect: allow }", ["line 3: would allow with CAP_BPF"]],
    ["{ call: dup, expect: allow }", undefined],
    ["{ call: mount, expect: deny }", undefined],
    ["{ call: mount, expect: allow, todo: later }", undefined],
    [
      '{ call: "mount(*, *, *, 0..3)", expect: allow }',
      ["line 3: would allow with CAP_BPF", "line 4: would allow with CAP_SYS_ADMIN"],
    ],
  ])("%s", ([text, wanted]) => {
    expect(texts(run([text]))).toEqual([wanted]);
  });

  test("only the first of a pattern, and ten of a run", () => {
    const [many] = run(['{ call: "165..166", expect: allow }']);
    expect(many?.failures.map(({ nearest }) => nearest !== undefined)).toEqual([true, false]);
    const results = run(Array.from({ length: 12 }, () => "{ call: bpf, expect: allow }"));
    expect(results.map(({ nearest }) => nearest !== undefined)).toEqual(
      results.map((_, i) => i < 10),
    );
  });

  test("none when they are not wanted; and they are plain data", () => {
    const cases = ["{ call: bpf, expect: allow }"];
    expect(texts(run(cases, { nearest: false }))).toEqual([undefined]);
    const [result] = run(cases);
    expect(result?.nearest).toHaveLength(1);
    expect(structuredClone(result?.nearest)).toEqual(result?.nearest);
  });
});
