import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeccompSimError } from "../../src/errors.js";
import { MAX_JSON_DEPTH, MAX_JSON_LENGTH, readJson } from "../../src/profile/json/read.js";
import type { JsonValue } from "../../src/profile/json/value.js";

/** What `JSON.parse` would give; numbers as doubles. */
function plain(value: JsonValue): unknown {
  switch (value.kind) {
    case "null":
      return null;
    case "number":
      return Number(value.literal);
    case "array":
      return value.items.map(plain);
    case "object":
      return Object.fromEntries(value.members.map((member) => [member.key, plain(member.value)]));
    default:
      return value.value;
  }
}

function refusal(text: string): SeccompSimError {
  try {
    readJson(text, "p.json");
  } catch (error) {
    if (error instanceof SeccompSimError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 100)}`);
}

describe("valid documents", () => {
  test("are read as JSON.parse reads them", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2, "\t"), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), undefined, indent);
        // Unpaired surrogates are replaced, as in Go.
        const expected = JSON.parse(text, (_, v) => (typeof v === "string" ? wellFormed(v) : v));
        fc.pre(!/__proto__|\\ud[89a-f]/i.test(text));
        expect(plain(readJson(text, "p.json").root)).toEqual(expected);
      }),
    );
  });

  test("any text that JSON.parse refuses is refused, and the other way round", () => {
    const piece = fc.constantFrom(...'{}[],:"\\ \n-+.019eEu', "true", "null", '"a"', "1", "\u201c");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        expect(accepts(() => readJson(text, "p.json"))).toBe(accepts(() => JSON.parse(text)));
      }),
      { numRuns: 3000 },
    );
  });

  test("numbers keep every digit", () => {
    const { root } = readJson("[18446744073709551615, -0, 1.50e+3]", "p.json");
    expect(root).toMatchObject({
      items: [{ literal: "18446744073709551615" }, { literal: "-0" }, { literal: "1.50e+3" }],
    });
  });

  test("every key and value has its place; repeated keys are kept", () => {
    const { root, placeAt } = readJson('{\r\n  "a": [1,\n  {"a": 2, "a": 3}]\n}', "p.json");
    if (root.kind !== "object") throw new Error("no object");
    const [a] = root.members;
    expect(placeAt(a?.keyOffset ?? 0)).toMatchObject({ file: "p.json", line: 2, column: 3 });
    expect(placeAt(a?.value.offset ?? 0)).toMatchObject({ line: 2, column: 8 });
    const inner = a?.value.kind === "array" ? a.value.items[1] : undefined;
    expect(inner).toMatchObject({ members: [{ key: "a" }, { key: "a" }] });
    expect(placeAt(inner?.offset ?? 0)).toMatchObject({ line: 3, column: 3 });
  });

  test.for([
    ['"\\ud800"', "\ufffd"],
    ['"\\udc00\\ud800x"', "\ufffd\ufffdx"],
    ['"\\ud83d\\ude00"', "😀"],
    ['"\ud800"', "\ufffd"],
    ['"\\u0000\\/\\"\\\\\\b\\f\\n\\r\\t"', '\0/"\\\b\f\n\r\t'],
    ['"\u007f\u2028“"', "\u007f\u2028“"],
  ])("the string %s", ([text, value]) => {
    expect(readJson(text as string, "p.json").root).toMatchObject({ kind: "string", value });
  });
});

describe("malformed documents: place, character, what was expected, hint", () => {
  test.for<[string, string, string, string]>([
    ["", "1:1", "the text is empty", ""],
    [" \n ", "2:2", "the text is blank", ""],
    ["\ufeff{}", "1:1", "byte order mark (U+FEFF)", "without a byte order mark"],
    ["{\n“a”: 1}", "2:1", "'“' (U+201C, left double quotation mark)", "typographic"],
    ['{"a": “b”}', "1:7", "where a value is expected", 'straight double quote "'],
    ['{"a“: "b"}', "1:8", "a colon is expected", "typographic"],
    ['{"a": ‘b’}', "1:7", "U+2018", "typographic"],
    ["{'a': 1}", "1:2", "a key in straight double quotes", "instead of '"],
    ["{a: 1}", "1:2", "found 'a'", '"a"'],
    ['{"a": 1,}', "1:9", "after the comma", "no trailing commas"],
    ["[1,\n]", "2:1", "a value is expected after the comma", "no trailing commas"],
    ['{"a": 1 // x\n}', "1:9", "found '/'", "no comments"],
    ["# x\n{}", "1:1", "found '#'", "no comments"],
    ['{"a" 1}', "1:6", "a colon is expected", ""],
    ['{"a" = 1}', "1:6", "found '='", "type :"],
    ['{"a": 1 "b": 2}', "1:9", "a comma or }", "a comma may be missing"],
    ["[1 2]", "1:4", "a comma or ]", "a comma may be missing"],
    ["[1}", "1:3", "found '}'", "the brackets do not match"],
    ["{} x", "1:4", "nothing more is expected", "one JSON value"],
    ["[1,,2]", "1:4", "found ','", "one comma too many"],
    ["[True]", "1:2", "found 'T'", "JSON writes true"],
    ["[None]", "1:2", "found 'N'", "JSON writes null"],
    ["[abc]", "1:2", "found 'a'", '"abc"'],
    ["[0x1f]", "1:3", "leading 0", "write 31 instead of 0x1f"],
    ["[0755]", "1:3", "leading 0", "write 493 instead of 0755"],
    ["[1.]", "1:4", "a digit is expected after '.'", ""],
    ["[1e]", "1:4", "a digit is expected in the exponent", ""],
    ["[-]", "1:3", "a digit is expected after '-'", ""],
    ["[+1]", "1:2", "found '+'", "starts with a digit"],
    ["[.5]", "1:2", "found '.'", "starts with a digit"],
    ['["a\nb"]', "1:4", "line break (U+000A)", 'closing "'],
    ['["a\tb"]', "1:4", "tab (U+0009)", "\\u0009"],
    ['["a', "1:4", "the text ends inside the string that began at line 1, column 2", "closing"],
    ['["\\x41"]', "1:3", "'x' cannot follow a backslash", "\\uXXXX"],
    ['["\\u12g4"]', "1:3", "four hexadecimal digits", ""],
    ['{"a": [1', "1:9", "inside the array that began at line 1, column 7", "closing ]"],
    ["{", "1:2", "inside the object", "closing }"],
    ["[\u00a01]", "1:2", "no-break space", "ordinary blank"],
    ["nul", "1:1", "found 'n'", ""],
  ])("%j", ([text, at, message, hint]) => {
    const error = refusal(text);
    expect(`${error.place?.line}:${error.place?.column}`).toBe(at);
    expect(error.message).toContain(message);
    expect(error.hint ?? "").toContain(hint);
  });
});

test("a profile pasted from a web page: what is wrong, where, and what to type", () => {
  const file = new URL("../fixtures/mypolicy-curly.json", import.meta.url);
  const text = readFileSync(file, "utf8");
  const error = refusal(text);
  expect(error).toMatchObject({ code: "json-syntax", place: { line: 3, column: 1 } });
  expect(error.message).toContain("found '“' (U+201C, left double quotation mark)");
  expect(error.hint).toMatch(/typographic quotation marks .* type the straight double quote "/);
  // Following the hint is enough.
  expect(readJson(text.replace(/[“”]/g, '"'), "p.json").root).toMatchObject({
    members: [{ key: "defaultAction" }, { key: "syscalls" }],
  });
});

describe("limits", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

  test("10000 levels are read, 10001 refused, half a million refused at once", () => {
    expect(readJson(nested(MAX_JSON_DEPTH), "p.json").root.kind).toBe("array");
    expect(refusal(nested(MAX_JSON_DEPTH + 1))).toMatchObject({
      code: "json-too-deep",
      place: { column: MAX_JSON_DEPTH + 1 },
    });
    expect(refusal('{"a":'.repeat(500_000)).code).toBe("json-too-deep");
  });

  test("texts beyond the limit are refused without being read", () => {
    expect(refusal(" ".repeat(MAX_JSON_LENGTH + 1)).code).toBe("json-too-long");
  });
});

function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/gu, "\ufffd");
}

function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
