import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prettyReporter } from "../../src/report/pretty.js";
import { ANSI, printable } from "../../src/report/style.js";
import {
  brokenSuite,
  hostile,
  passingSuite,
  ranSuite,
  report,
  unreadableSuite,
} from "./outcomes.js";

describe("pretty", () => {
  test("each failure with its place, expected, actual, and the rule's line and column", () => {
    const lines = report("pretty", [ranSuite()]).split("\n");
    expect(lines[0]).toBe("suites/web.seccomp.yaml  web.json");
    expect(lines.slice(2)).toEqual([
      "  ok   read → allow",
      "  FAIL no files (3 calls) → deny",
      "       suites/web.seccomp.yaml:7:9: write",
      "         expected deny",
      "         actual   ALLOW",
      "         because  web.json:4:5 (entry 0)",
      "       suites/web.seccomp.yaml:9:9: read",
      "         expected deny",
      "         actual   ALLOW",
      "         because  web.json:4:5 (entry 0)",
      "  ok   mount → errno(EPERM)",
      "",
      "1 suite, 3 cases, 5 calls: 1 case not as expected",
      "",
    ]);
  });

  test("a run as expected", () => {
    expect(report("pretty", [passingSuite()])).toMatch(
      /\n1 suite, 2 cases, 2 calls: all as expected\n$/,
    );
  });

  test("suites that could not be run stand before the totals", () => {
    expect(report("pretty", [brokenSuite(), unreadableSuite()])).toBe(
      `NOT RUN bad.seccomp.yaml
  bad.seccomp.yaml:3:5: unknown key "cal"
    hint: did you mean call?

NOT RUN gone.seccomp.yaml
  gone.seccomp.yaml: no such file

0 suites, 0 cases, 0 calls: 2 suites not run
`,
    );
  });

  test("colour marks, and changes nothing else", () => {
    const outcomes = [ranSuite(), brokenSuite()];
    const reporter = prettyReporter(ANSI);
    const parts = outcomes.flatMap((one) => [...reporter.suite(one)]);
    const text = [...parts, ...reporter.end(outcomes)].join("");
    expect(text).toContain("\u001b[31mFAIL\u001b[39m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colour is made of
    expect(text.replace(/\u001b\[\d+m/g, "")).toBe(report("pretty", outcomes));
  });

  test("no name, file or message adds a line or moves the cursor", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, file, message) => {
        const text = report("pretty", [ranSuite(name, file), brokenSuite(message, file)]);
        const lines = text.split("\n");
        // A message may have lines of its own.
        expect(lines).toHaveLength(19 + message.split("\n").length);
        expect(lines.map(printable)).toEqual(lines);
      }),
      { numRuns: 60 },
    );
  });
});
