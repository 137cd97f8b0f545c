import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SuiteOutcome } from "../../src/report/run.js";
import { printable } from "../../src/report/style.js";
import {
  brokenSuite,
  hostile,
  passingSuite,
  ranSuite,
  report,
  unreadableSuite,
} from "./outcomes.js";
import { readXml, type XmlElement } from "./xml-reader.js";

/** The elements of Ant's junit.xsd: children in order (`*`: any number), attributes all required. */
const SCHEMA: Record<string, { children: RegExp; attributes: Record<string, RegExp> }> = {
  testsuites: { children: /^(testsuite )*$/, attributes: {} },
  testsuite: {
    children: /^properties (testcase )*system-out system-err $/,
    attributes: {
      name: /\S/,
      package: /^/,
      id: /^\d+$/,
      timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
      hostname: /\S/,
      tests: /^\d+$/,
      failures: /^\d+$/,
      errors: /^\d+$/,
      time: /^\d+(\.\d+)?$/,
    },
  },
  properties: { children: /^(property )*$/, attributes: {} },
  property: { children: /^$/, attributes: { name: /\S/, value: /^/ } },
  testcase: {
    children: /^((failure|error|skipped) )?$/,
    attributes: { name: /^/, classname: /^/, time: /^\d+(\.\d+)?$/ },
  },
  failure: { children: /^$/, attributes: { message: /^/, type: /^/ } },
  error: { children: /^$/, attributes: { message: /^/, type: /^/ } },
  "system-out": { children: /^$/, attributes: {} },
  "system-err": { children: /^$/, attributes: {} },
};

function validate(element: XmlElement): void {
  const rule = SCHEMA[element.name];
  if (!rule) throw new Error(`the schema has no ${element.name}`);
  expect(element.children.map((child) => `${child.name} `).join("")).toMatch(rule.children);
  expect(Object.keys(element.attributes).sort()).toEqual(Object.keys(rule.attributes).sort());
  for (const [name, pattern] of Object.entries(rule.attributes)) {
    expect(element.attributes[name]).toMatch(pattern);
  }
  if (element.children.length > 0) expect(element.text.trim()).toBe("");
  for (const child of element.children) validate(child);
}

function junit(...outcomes: SuiteOutcome[]): readonly XmlElement[] {
  const root = readXml(report("junit", outcomes));
  expect(root.name).toBe("testsuites");
  validate(root);
  for (const [i, suite] of root.children.entries()) {
    const cases = suite.children.filter(({ name }) => name === "testcase");
    const having = (name: string) => cases.filter((one) => one.children[0]?.name === name).length;
    expect(suite.attributes).toMatchObject({
      id: String(i),
      tests: String(cases.length),
      failures: String(having("failure")),
      errors: String(having("error")),
    });
  }
  return root.children;
}

const casesOf = (suite: XmlElement | undefined) =>
  suite?.children.filter(({ name }) => name === "testcase") ?? [];

describe("junit", () => {
  test("a testsuite for each suite, a testcase for each case", () => {
    const [suite, passing] = junit(ranSuite(), passingSuite());
    expect(suite?.attributes).toMatchObject({
      name: "suites/web.seccomp.yaml",
      timestamp: "2024-05-06T07:08:09",
      time: "1.234",
      failures: "1",
    });
    expect(suite?.children[0]?.children[0]?.attributes).toEqual({
      name: "profile",
      value: "web.json",
    });
    const cases = casesOf(suite);
    expect(cases.map((one) => one.attributes.name)).toEqual(["read", "no files", "mount"]);
    const [failure] = cases[1]?.children ?? [];
    expect(failure?.attributes).toEqual({ message: "expected deny", type: "expectation" });
    expect(failure?.text.split("\n")).toEqual([
      "suites/web.seccomp.yaml:7:9: write: expected deny, actual ALLOW, because web.json:4:5 (entry 0)",
      "suites/web.seccomp.yaml:9:9: read: expected deny, actual ALLOW, because web.json:4:5 (entry 0)",
    ]);
    expect(passing?.attributes).toMatchObject({ tests: "2", failures: "0" });
  });

  test("suites that could not be run are errors", () => {
    const [broken, unreadable] = junit(brokenSuite(), unreadableSuite());
    expect(broken?.attributes).toMatchObject({ name: "bad.seccomp.yaml", tests: "1", errors: "1" });
    expect(casesOf(broken)[0]?.children[0]).toMatchObject({
      name: "error",
      attributes: { message: 'unknown key "cal"', type: "unknown-key" },
      text: 'bad.seccomp.yaml:3:5: unknown key "cal"\n  hint: did you mean call?',
    });
    expect(unreadable?.attributes).toMatchObject({ errors: "1" });
  });

  test("is well-formed and says the same whatever names, files and messages are", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, file, message) => {
        // A name of blanks only is what the schema refuses; no file is called so.
        fc.pre(/\S/.test(printable(file)));
        const [ran, broken] = junit(ranSuite(name, file), brokenSuite(message, file));
        expect(casesOf(ran)[1]?.attributes.name).toBe(printable(name));
        expect(ran?.attributes.name).toBe(printable(file));
        expect(casesOf(broken)[0]?.children[0]?.attributes.message).toBe(printable(message));
      }),
      { numRuns: 60 },
    );
  });
});
