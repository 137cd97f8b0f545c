import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printable } from "../../src/report/style.js";
import {
  brokenSuite,
  hostile,
  passingSuite,
  ranSuite,
  report,
  unreadableSuite,
} from "./outcomes.js";
import { readTap } from "./tap-reader.js";

const tap = (...outcomes: Parameters<typeof report>[1]) => readTap(report("tap", outcomes));

describe("tap", () => {
  test("a point for each case, with what was missed and where", () => {
    const points = tap(ranSuite(), passingSuite());
    expect(points.map(({ ok, description }) => [ok, description])).toEqual([
      [true, "suites/web.seccomp.yaml: read"],
      [false, "suites/web.seccomp.yaml: no files"],
      [true, "suites/web.seccomp.yaml: mount"],
      [true, "suites/web.seccomp.yaml: read"],
      [true, "suites/web.seccomp.yaml: mount"],
    ]);
    expect(points[1]?.diagnostics).toEqual({
      message: [
        "suites/web.seccomp.yaml:7:9: write: expected deny, actual ALLOW, because web.json:4:5 (entry 0)",
        "suites/web.seccomp.yaml:9:9: read: expected deny, actual ALLOW, because web.json:4:5 (entry 0)",
      ].join("\n"),
      severity: "fail",
      at: "suites/web.seccomp.yaml:7:9",
    });
    expect(points[0]?.diagnostics).toBeUndefined();
  });

  test("suites that could not be run are failed points", () => {
    const points = tap(brokenSuite(), passingSuite(), unreadableSuite());
    expect(points.map(({ ok }) => ok)).toEqual([false, true, true, false]);
    expect(points[0]).toMatchObject({
      description: "bad.seccomp.yaml: not run",
      diagnostics: {
        message: 'bad.seccomp.yaml:3:5: unknown key "cal"\n  hint: did you mean call?',
        at: "bad.seccomp.yaml:3:5",
      },
    });
    expect(points[3]?.diagnostics).toEqual({
      message: "gone.seccomp.yaml: no such file",
      severity: "fail",
    });
  });

  test("no name, file or message gets out of its line", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, file, message) => {
        const points = tap(ranSuite(name, file), brokenSuite(message, file));
        expect(points.map(({ ok }) => ok)).toEqual([true, false, true, false]);
        expect(points[1]?.description).toBe(printable(`${file}: ${name}`));
        expect(points.map(({ directive }) => directive)).toEqual(Array(4).fill(undefined));
      }),
      { numRuns: 60 },
    );
  });
});
