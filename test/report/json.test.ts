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

const json = (...outcomes: SuiteOutcome[]) => JSON.parse(report("json", outcomes));
const ndjson = (...outcomes: SuiteOutcome[]) =>
  report("ndjson", outcomes)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

const MISSED_CASE = {
  name: "no files",
  label: "",
  status: "failed",
  line: 5,
  column: 5,
  expect: "deny",
  passed: false,
};

const WRITE = {
  line: 7,
  column: 9,
  passed: false,
  pattern: "write",
  count: "1",
  failed: 1,
  proven: false,
  call: "write",
  nr: 1,
  arch: "x86_64",
  args: ["0x0", "0x0", "0x0", "0x0", "0x0", "0x0"],
  verdict: "ALLOW",
  action: "ALLOW",
  data: 0,
  ret: 0x7fff0000,
  because: { kind: "entry", file: "web.json", line: 4, column: 5, entry: 0 },
};

const BROKEN = {
  file: "bad.seccomp.yaml",
  passed: false,
  error: {
    code: "unknown-key",
    message: 'unknown key "cal"',
    hint: "did you mean call?",
    place: { file: "bad.seccomp.yaml", line: 3, column: 5 },
  },
};

const UNREADABLE = {
  file: "gone.seccomp.yaml",
  passed: false,
  error: { code: "unreadable", message: "gone.seccomp.yaml: no such file" },
};

const TOTALS = {
  suites: 1,
  broken: 2,
  cases: 3,
  failedCases: 1,
  skipped: 0,
  todo: 0,
  calls: 5,
  failedCalls: 2,
  partial: 0,
};

describe("json", () => {
  test("all of a run in the shape that is documented", () => {
    const run = json(ranSuite(), brokenSuite(), unreadableSuite());
    expect(Object.keys(run)).toEqual(["passed", "totals", "suites"]);
    expect(run).toMatchObject({ passed: false, totals: TOTALS });
    const [ran, ...broken] = run.suites;
    expect(Object.keys(ran)).toEqual([
      "file",
      "profile",
      "target",
      "targets",
      "passed",
      "partial",
      "cases",
    ]);
    expect(ran).toMatchObject({
      file: "suites/web.seccomp.yaml",
      profile: "web.json",
      target: { arch: "x86_64", kernel: "6.1", engine: "docker", runtime: "runc" },
      passed: false,
    });
    expect(ran.cases).toHaveLength(3);
    const { calls, ...missed } = ran.cases[1];
    expect(missed).toEqual(MISSED_CASE);
    expect(calls[0]).toEqual(WRITE);
    expect(calls.map((call: { passed: boolean }) => call.passed)).toEqual([false, true, false]);
    expect(ran.cases[0]).toMatchObject({ name: null, line: 3, column: 5, passed: true });
    expect(broken).toEqual([BROKEN, UNREADABLE]);
  });

  test("a run as expected has passed", () => {
    expect(json(passingSuite())).toMatchObject({ passed: true, totals: { failedCases: 0 } });
  });

  test("texts come back as they are", () => {
    fc.assert(
      fc.property(hostile, hostile, (name, message) => {
        const { suites } = json(ranSuite(name), brokenSuite(message));
        expect(suites[0].cases[1].name).toBe(name);
        expect(suites[1].error.message).toBe(message);
      }),
      { numRuns: 40 },
    );
  });
});

describe("ndjson", () => {
  test("a line for each part, in the order of the run", () => {
    const lines = ndjson(brokenSuite(), ranSuite(), unreadableSuite());
    expect(lines.map(({ type }) => type)).toEqual([
      "broken",
      "suite",
      "case",
      "case",
      "case",
      "broken",
      "summary",
    ]);
    expect(lines[0]).toEqual({ type: "broken", ...BROKEN });
    expect(lines[5]).toEqual({ type: "broken", ...UNREADABLE });
    expect(lines[6]).toEqual({ type: "summary", passed: false, totals: TOTALS });
    const { calls, ...missed } = lines[3];
    expect(missed).toEqual({ type: "case", file: "suites/web.seccomp.yaml", ...MISSED_CASE });
    expect(calls[0]).toEqual(WRITE);
    const { cases, ...suite } = json(ranSuite()).suites[0];
    expect(lines[1]).toEqual({ type: "suite", ...suite });
    expect(lines.slice(2, 5).map(({ type: _, file: __, ...one }) => one)).toEqual(cases);
  });

  test("no text breaks a line", () => {
    fc.assert(
      fc.property(hostile, hostile, (name, message) => {
        expect(ndjson(ranSuite(name), brokenSuite(message))).toHaveLength(6);
      }),
      { numRuns: 40 },
    );
  });
});
