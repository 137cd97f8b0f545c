import type * as v from "valibot";
import { suggest } from "../abi/suggest.js";
import { type Place, SeccompSimError } from "../errors.js";
import type { Path, SuiteDocument } from "./document.js";
import { knownKeys, type suiteSchema } from "./schema.js";

type Issue = v.InferIssue<typeof suiteSchema>;

/** A mistake in a suite, at its place. */
export function badSuite(
  message: string,
  place: Place,
  hint?: string,
  code = "bad-suite",
): SeccompSimError {
  return new SeccompSimError(code, message, { place, hint });
}

/**
 * Runs `read`; a mistake it reports is shown at `path` of the suite, as one of the value of `key`.
 */
export function located<T>(doc: SuiteDocument, path: Path, read: () => T, key: Path = path): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    throw new SeccompSimError(error.code, `${pathText(key)}: ${error.message}`, {
      place: doc.placeOf(path),
      hint: error.hint,
      cause: error,
    });
  }
}

/** What the schema has to say, as a sentence with a place. */
export function schemaComplaint(
  issues: readonly [Issue, ...Issue[]],
  doc: SuiteDocument,
): SeccompSimError {
  const flat = issues.flatMap((issue) => innermost(issue));
  // A mistyped key is also a missing one; the slip of the finger explains both.
  const issue = flat.find(({ issue }) => isUnknownKey(issue)) ?? flat[0];
  if (issue === undefined) throw new Error("no issue");
  return complaint(issue.issue, issue.path, doc);
}

interface Found {
  readonly issue: v.BaseIssue<unknown>;
  readonly path: Path;
}

/** Of the alternatives of a value, the one that fits best: the mistake lies deepest in it. */
function innermost(issue: v.BaseIssue<unknown>, above: Path = []): Found[] {
  const path = [
    ...(above as Path),
    ...(issue.path ?? []).map((item) => item.key as string | number),
  ];
  if (issue.type !== "union" || issue.issues === undefined) return [{ issue, path }];
  const inner = issue.issues.flatMap((one) => innermost(one, path));
  const depth = Math.max(...inner.map((one) => one.path.length));
  return depth > path.length ? inner.filter((one) => one.path.length === depth) : [{ issue, path }];
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

function complaint(issue: v.BaseIssue<unknown>, path: Path, doc: SuiteDocument): SeccompSimError {
  const name = pathText(path);
  if (isUnknownKey(issue)) {
    const key = String(path.at(-1));
    const known = knownKeys(path.slice(0, -1));
    const near = suggest(key, known);
    return badSuite(
      `unknown key "${key}"`,
      doc.placeOfKey(path),
      near ? `did you mean ${near}?` : `known here: ${known.join(", ")}`,
      "unknown-key",
    );
  }
  if (issue.input === undefined) return badSuite(`"${name}" is missing`, doc.placeOf(path));
  const place = doc.placeOf(path);
  const isEmpty =
    issue.type === "min_length" || issue.type === "check"
      ? Object.keys(issue.input as object).length === 0
      : Array.isArray(issue.input) && issue.input.length === 0;
  if (isEmpty && path.at(-1) === "cases") {
    return badSuite(
      `"${name}" is empty: a suite must test something`,
      place,
      undefined,
      "empty-suite",
    );
  }
  if (isEmpty || issue.type === "non_empty" || issue.input === "") {
    return badSuite(`"${name}" is empty`, place, wantedHint(path));
  }
  const wanted = wantedAt(path) ?? "text";
  const hint = hintFor(path, issue.input);
  return badSuite(`"${name}" must be ${wanted}, not ${describe(issue.input)}`, place, hint);
}

function wantedHint(path: Path): string | undefined {
  const wanted = wantedAt(path);
  return wanted === undefined ? undefined : `expected ${wanted}`;
}

function wantedAt(path: Path): string | undefined {
  const last = path.at(-1);
  const above = path.at(-2);
  if (typeof last === "number") return EXPECTED_ITEM[String(above)];
  if (above === "only" || above === "except") return "a value of the target, or a list of them";
  if (typeof above === "number" && path.at(-3) === "each") return "text, a number or true or false";
  return EXPECTED[String(last)];
}

function hintFor(path: Path, input: unknown): string | undefined {
  if (path.includes("caps")) return "name single capabilities with cap: [NAME, ...]";
  const isCall = path.at(-1) === "call" || path.at(-2) === "calls";
  if (isCall && input === null) return "YAML takes # for a comment: quote such a call";
  if (path.at(-1) === "expect" && typeof input === "object") return "for example { not: allow }";
  return undefined;
}

/** What the elements of lists are. */
const EXPECTED_ITEM: Readonly<Record<string, string>> = {
  cases: "a map with call or calls, and expect",
  calls: "a call written as text, or a number",
  cap: "a capability, or a list of them",
  expect: "a word",
  not: "a word",
  each: "a row: a map that gives a value to each column",
  stack: "a file, a preset, or a profile written as a map",
  caps: "none, docker or all",
  optimize: "1 or 2",
  kernel: "a version such as 6.1",
};

/** What each key holds, as the complaint says it. */
const EXPECTED: Readonly<Record<string, string>> = {
  profile: "a file, a preset, or a profile written as a map",
  stack: "a list of profiles, the oldest first",
  target: "a map of target options",
  cases: "a list of cases, each a map with call or calls, and expect",
  arch: "an architecture",
  caps: "none, docker or all",
  cap: "a capability or a list of them",
  kernel: "a version such as 6.1",
  optimize: "1 or 2",
  calls: "a list of calls, each written as text",
  call: "a call written as text, or a number",
  expect: "a word, a list of words, or { not: ... }",
  not: "a word or a list of words",
  skip: "true or a reason",
  todo: "true or a reason",
  record: "true or false",
  each: "a list of rows, each a map that gives a value to each column",
  only: "a map of target options and the values that the case is for",
  except: "a map of target options and the values that the case is not for",
};

export function pathText(path: Path): string {
  return path.map((p, i) => (typeof p === "number" ? `[${p}]` : i ? `.${p}` : p)).join("");
}

function describe(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string") return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return String(value);
}
