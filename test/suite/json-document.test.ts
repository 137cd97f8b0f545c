import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Path, readDocument } from "../../src/suite/document.js";
import { readJsonDocument, readJsonSuite } from "../../src/suite/json-document.js";
import { complaint } from "./run.js";

/** All paths of a value, one step beyond what is there included. */
function paths(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at, [...at, "none"]];
  return [
    at,
    ...Object.entries(value).flatMap(([key, item]) => {
      return paths(item, [...at, Array.isArray(value) ? Number(key) : key]);
    }),
  ];
}

describe("a suite that is JSON", () => {
  test("is the data that it is as YAML, at the same places", () => {
    const values = fc.jsonValue({ maxDepth: 4, noUnicodeString: true });
    fc.assert(
      fc.property(values, fc.constantFrom(0, 1, 4), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const [json, yaml] = [readJsonDocument(text, "s"), readDocument(text, "s")];
        expect(json.data).toEqual(yaml.data);
        for (const path of paths(value)) {
          expect(json.placeOf(path)).toEqual(yaml.placeOf(path));
          expect(json.placeOfKey(path)).toEqual(yaml.placeOfKey(path));
          expect(json.sourceOf(path)).toEqual(yaml.sourceOf(path));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("runs with its numbers as they are written", () => {
    const text =
      '{"profile": "docker-default", "target": {"kernel": 6.10}, "cases": [{"call": 5, "expect": "allow"}]}';
    const { targets, cases } = readJsonSuite(text, "s.json");
    expect(targets[0]?.target.kernel).toEqual({ major: 6, minor: 10 });
    expect(cases[0]?.title).toBe("5");
  });

  test.for([
    ['{\n  "profile": "p",\n}', /^s\.json:3:1 /],
    ['{"profile": "p" "cases": []}', /^s\.json:1:17 /],
    ["profile: p", /^s\.json:1:1 /],
    ['{"profile": "p", "cases": [],\n "cases": []}', /^s\.json:2:2 the key "cases" is given twice/],
    [`{"profile": ${'{"a": '.repeat(40)}1${"}".repeat(41)}`, /nested too deeply/],
    [
      '{"profile": "p", "cases": [{"call": "mout", "expect": "deny"}]}',
      /^s\.json:1:37 .*did you mean mount/,
    ],
    [
      '{"profile": "p", "cases": [{"call": "read", "expct": "deny"}]}',
      /^s\.json:1:45 .*did you mean .*expect/,
    ],
    [`"${"x".repeat(2 ** 21)}"`, /larger than 2 MiB/],
  ] as const)("%#: a mistake has its place", ([text, message]) => {
    expect(complaint(() => readJsonSuite(text, "s.json"))).toMatch(message);
  });
});
