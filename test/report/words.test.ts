import { describe, expect, test } from "vitest";
import { REPORTERS, type ReporterName } from "../../src/report/reporters.js";
import type { RanSuite } from "../../src/report/run.js";
import { runText } from "../suite/run.js";
import { report } from "./outcomes.js";
import { readTap } from "./tap-reader.js";
import { readXml } from "./xml-reader.js";

const SUITE = `profile: docker-default
target: { caps: [none, all] }
cases:
  - { call: "socket(AF_INET, ...)", expect: allow }
  - { name: sets, calls: ["@module", "mount"], expect: allow, only: { caps: all } }
  - { name: later, call: mount, expect: trap, todo: not yet }
  - { name: holds, call: read, expect: allow, todo: true }
  - { name: never, call: read, expect: deny, skip: "why # not" }
  - name: sockets
    call: socket(!AF_VSOCK, *)
    expect: EXPECTED
`;

const ran = (expected: string, bail = false): RanSuite => ({
  kind: "ran",
  file: "s.yaml",
  result: runText(SUITE.replace("EXPECTED", expected), {}, { bail }),
  started: new Date(0),
  milliseconds: 1,
});

/** Everything but the case that is flipped, on the targets caps=none and caps=all. */
const GOOD = ran("not trap");
const FLIPPED = ran("trap");

describe("skipped, to do, and a matrix", () => {
  test("pretty", () => {
    const lines = report("pretty", [GOOD]).split("\n");
    expect(lines.filter((line) => !line.includes("kernel"))).toEqual([
      "s.yaml  docker-default",
      "  ok   socket(AF_INET, ...) (proven for every value) → allow",
      "  todo later (todo: not yet) → trap",
      "       s.yaml:6:26: mount",
      "         expected trap",
      "         actual   ERRNO(EPERM)",
      "         because  the default action, docker-default:2",
      "  ok   holds (todo, but it holds) → allow",
      "  skip never (skipped: why # not) → deny",
      "  ok   sockets (proven for every value) → not trap",
      "  ok   socket(AF_INET, ...) (proven for every value) → allow",
      "  ok   sets (4 calls) → allow",
      "  todo later (todo: not yet) → trap",
      "       s.yaml:6:26: mount",
      "         expected trap",
      "         actual   ALLOW",
      expect.stringMatching(/because .* docker-default:\d+:\d+ \(entry \d+\)$/),
      "  ok   holds (todo, but it holds) → allow",
      "  skip never (skipped: why # not) → deny",
      "  ok   sockets (proven for every value) → not trap",
      "",
      "1 suite, 11 cases, 12 calls, 2 skipped, 4 to do: all as expected",
      "",
    ]);
    expect(lines[1]).toMatch(/^ {2}caps=none {2}x86_64, kernel/);
  });

  test("tap has directives", () => {
    const text = report("tap", [GOOD]);
    expect(text).toMatch(/^not ok 2 - s.yaml: later \[caps=none\] # TODO not yet$/m);
    expect(text).toMatch(/^ok 3 - s.yaml: holds \[caps=none\] # TODO$/m);
    expect(text).toMatch(/^ok 4 - s.yaml: never \[caps=none\] # SKIP why \\# not$/m);
    expect(readTap(text)).toHaveLength(11);
  });

  test("junit has skipped", () => {
    const [suite] = readXml(report("junit", [GOOD])).children;
    const cases = suite?.children.filter(({ name }) => name === "testcase") ?? [];
    const skipped = cases
      .flatMap(({ children }) => children)
      .filter(({ name }) => name === "skipped");
    expect(skipped.map(({ attributes }) => attributes.message)).toEqual([
      "todo: not yet",
      "skipped: why # not",
      "todo: not yet",
      "skipped: why # not",
    ]);
  });

  test("json has the status, the reason and what a pattern stands for", () => {
    const { suites, totals } = JSON.parse(report("json", [GOOD]));
    expect(totals).toMatchObject({ cases: 11, skipped: 2, todo: 4, failedCases: 0, partial: 0 });
    const [suite] = suites;
    expect(suite.targets.map(({ label }: { label: string }) => label)).toEqual([
      "caps=none",
      "caps=all",
    ]);
    expect(suite.cases[1]).toMatchObject({
      label: "caps=none",
      status: "todo",
      reason: "not yet",
      passed: true,
    });
    expect(suite.cases[3]).toMatchObject({ status: "skipped", calls: [] });
    expect(suite.cases[0].calls).toMatchObject([
      { pattern: "socket(AF_INET, ...)", proven: true, count: String(2n ** 320n), failed: 0 },
    ]);
  });

  test("markdown counts them", () => {
    expect(report("markdown", [GOOD])).toMatch(
      /✅ all 11 cases as expected\n\n2 skipped\n\n4 to do\n/,
    );
  });

  test.for(["github", "sarif"] as const)("%s has failures only", (name) => {
    const text = report(name, [GOOD]);
    expect(name === "github" ? text : JSON.parse(text).runs[0].results).toHaveLength(0);
  });
});

/** How often a report points at the flipped expectation's call, line 10. */
const POINTS: Readonly<Record<ReporterName, (text: string) => number>> = {
  pretty: (text) => text.split("s.yaml:10:11: socket(").length - 1,
  json: (text) => {
    const cases = JSON.parse(text).suites[0].cases.filter(
      (one: { passed: boolean }) => !one.passed,
    );
    return cases.filter(({ calls }: { calls: { line: number }[] }) => calls[0]?.line === 10).length;
  },
  ndjson: (text) =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ type, passed, calls }) => type === "case" && !passed && calls[0].line === 10)
      .length,
  tap: (text) =>
    readTap(text).filter(({ ok, directive }) => !ok && directive === undefined).length &&
    (text.match(/at: "s.yaml:10:11"/g)?.length ?? 0),
  junit: (text) => text.match(/<failure[^>]*>s.yaml:10:11: /g)?.length ?? 0,
  github: (text) => text.match(/^::error file=s.yaml,line=10,col=11,/gm)?.length ?? 0,
  sarif: (text) =>
    JSON.parse(text).runs[0].results.filter(
      // biome-ignore lint/suspicious/noExplicitAny: the format's own deep structure
      (one: any) => one.locations[0].physicalLocation.region.startLine === 10,
    ).length,
  markdown: (text) => text.match(/^\| <code>s.yaml:10:11</gm)?.length ?? 0,
};

test.for(Object.keys(REPORTERS) as ReporterName[])(
  "%s shows a flipped expectation once for each target, at its line",
  (name) => {
    expect(POINTS[name](report(name, [GOOD]))).toBe(0);
    expect(POINTS[name](report(name, [FLIPPED]))).toBe(2);
  },
);

test.for<[ReporterName, RegExp]>([
  ["pretty", /ended early: this is a part of the suite[\s\S]*not as expected, ended early\n$/],
  ["json", /"partial":true/],
  ["ndjson", /"partial":true/],
  ["tap", /^# the run was ended early$/m],
  ["junit", /<property name="partial" value="the run was ended early"\/>/],
  ["sarif", /"executionSuccessful": false/],
  ["markdown", /ended early: this report is partial/],
])("%s says that a run was ended early", ([name, words]) => {
  expect(report(name, [ran("trap", true)])).toMatch(words);
  expect(report(name, [GOOD])).not.toMatch(words);
});
