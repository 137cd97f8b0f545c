import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SuiteOutcome } from "../../src/report/run.js";
import {
  brokenSuite,
  hostile,
  passingSuite,
  ranSuite,
  report,
  unreadableSuite,
} from "./outcomes.js";
import { validateSarif } from "./sarif-schema.js";

function sarif(...outcomes: SuiteOutcome[]) {
  const log = JSON.parse(report("sarif", outcomes));
  validateSarif(log);
  const [run] = log.runs;
  const { rules } = run.tool.driver;
  for (const result of run.results) expect(rules[result.ruleIndex].id).toBe(result.ruleId);
  return run;
}

const at = (uri: string, startLine: number, startColumn: number) => ({
  physicalLocation: { artifactLocation: { uri }, region: { startLine, startColumn } },
});

describe("sarif", () => {
  test("a result for each failed case, with the rule of the profile that decided", () => {
    const run = sarif(ranSuite(), passingSuite());
    expect(run.tool.driver).toMatchObject({ name: "seccomp-sim", version: "1.2.3" });
    expect(run.invocations).toEqual([{ executionSuccessful: true }]);
    const text = "web.json:4:5 (entry 0)";
    expect(run.results).toEqual([
      {
        ruleId: "expectation-missed",
        ruleIndex: 0,
        level: "error",
        message: {
          text: [
            "no files",
            `write: expected deny, actual ALLOW, because ${text}`,
            `read: expected deny, actual ALLOW, because ${text}`,
          ].join("\n"),
        },
        locations: [at("suites/web.seccomp.yaml", 7, 9)],
        relatedLocations: [{ id: 0, ...at("web.json", 4, 5), message: { text } }],
      },
    ]);
  });

  test("no result, if there is nothing to say", () => {
    expect(sarif(passingSuite()).results).toEqual([]);
  });

  test("a result for each suite that could not be run", () => {
    const run = sarif(brokenSuite(), unreadableSuite());
    expect(run.invocations).toEqual([{ executionSuccessful: false }]);
    expect(run.results).toMatchObject([
      {
        ruleId: "suite-not-run",
        message: {
          text: 'bad.seccomp.yaml could not be run: unknown key "cal"\n  hint: did you mean call?',
        },
        locations: [at("bad.seccomp.yaml", 3, 5)],
      },
      {
        ruleId: "suite-not-run",
        locations: [{ physicalLocation: { artifactLocation: { uri: "gone.seccomp.yaml" } } }],
      },
    ]);
  });

  test("as many results as GitHub takes, and how many are left out", () => {
    const ran = ranSuite();
    const runs = ran.result.runs.map((one) => {
      const failed = one.cases.filter(({ status }) => status === "failed");
      return { ...one, cases: Array.from({ length: 25_004 }, () => failed).flat() };
    });
    const run = sarif({ ...ran, result: { ...ran.result, runs } }, brokenSuite());
    expect(run.results).toHaveLength(25_000);
    expect(run.invocations[0].toolExecutionNotifications).toEqual([
      { message: { text: "5 more results are left out" } },
    ]);
  });

  test.for([
    ["./a b.seccomp.yaml", "a%20b.seccomp.yaml"],
    ["a:b/c#d?.seccomp.yaml", "a%3Ab/c%23d%3F.seccomp.yaml"],
    ["/abs/50%.seccomp.yaml", "file:///abs/50%25.seccomp.yaml"],
  ])("the URI of %s is %s", ([file = "", uri = ""]) => {
    expect(sarif(ranSuite("x", file)).results[0].locations).toEqual([at(uri, 7, 9)]);
  });

  test("standard input has no location; a preset is no file", () => {
    const [result] = sarif(ranSuite("x", "<stdin>", "docker-default")).results;
    expect(result.locations).toEqual([]);
    expect(result.relatedLocations).toBeUndefined();
  });

  test("is by the schema whatever names, files and messages are", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, file, message) => {
        const run = sarif(ranSuite(name, file), brokenSuite(message, file));
        expect(run.results).toHaveLength(2);
      }),
      { numRuns: 60 },
    );
  });
});
