import * as v from "valibot";
import type { ParsedCall } from "../abi/call.js";
import { parseCall } from "../abi/call.js";
import { suggest } from "../abi/suggest.js";
import { type Place, SeccompSimError } from "../errors.js";
import { parseTarget, type TargetOptions } from "../profile/target-options.js";
import type { Target } from "../target.js";
import { type Path, readDocument, type SuiteDocument } from "./document.js";
import { type Expectation, parseExpectation } from "./expectation.js";
import { type CaseData, knownKeys, suiteSchema, type TargetData } from "./schema.js";

/** One call of a case, with the line it stands on. */
export interface SuiteCall {
  readonly call: ParsedCall;
  readonly place: Place;
}

export interface SuiteCase {
  readonly name: string | undefined;
  readonly place: Place;
  readonly calls: readonly SuiteCall[];
  readonly expect: Expectation;
}

/** A suite file, read and checked: whatever is wrong with it has been said. */
export interface Suite {
  readonly file: string;
  /** What the command line calls PROFILE; relative files are meant from the suite's folder. */
  readonly profile: string;
  readonly profilePlace: Place;
  readonly target: Target;
  readonly cases: readonly SuiteCase[];
}

/** Reads a `*.seccomp.yaml` file (or JSON). Throws SeccompSimError with the place of the first mistake. */
export function readSuite(text: string, file: string): Suite {
  const doc = readDocument(text, file);
  if (typeof doc.data !== "object" || doc.data === null || Array.isArray(doc.data)) {
    throw bad("a suite is a map with the keys profile, target and cases", doc.placeOf([]));
  }
  const parsed = v.safeParse(suiteSchema, doc.data);
  if (!parsed.success) {
    // A mistyped key is also a missing one; the slip of the finger explains both.
    throw complaint(parsed.issues.find(isUnknownKey) ?? parsed.issues[0], doc);
  }
  const suite = parsed.output;
  const target = located(doc, ["target"], () => parseTarget(targetOptions(suite.target, doc)));
  return {
    file,
    profile: suite.profile,
    profilePlace: doc.placeOf(["profile"]),
    target,
    cases: suite.cases.map((one, i) => readCase(one, ["cases", i], doc, target)),
  };
}

function readCase(data: CaseData, path: Path, doc: SuiteDocument, target: Target): SuiteCase {
  if ((data.call === undefined) === (data.calls === undefined)) {
    const message =
      data.call === undefined
        ? 'a case needs "call" or "calls"'
        : 'a case has either "call" or "calls", not both';
    throw new SeccompSimError("bad-suite", message, { place: doc.placeOf(path) });
  }
  const texts = data.calls ?? [data.call ?? ""];
  const pathOf = (i: number): Path => (data.calls ? [...path, "calls", i] : [...path, "call"]);
  return {
    name: data.name,
    place: doc.placeOf(path),
    calls: texts.map((text, i) => ({
      call: located(doc, pathOf(i), () => parseCall(text, target.arch)),
      place: doc.placeOf(pathOf(i)),
    })),
    expect: located(doc, [...path, "expect"], () => parseExpectation(data.expect, target.arch)),
  };
}

/** Options as the command line has them; plain numbers are taken as they are written (`6.10`). */
function targetOptions(data: TargetData | undefined, doc: SuiteDocument): TargetOptions {
  const options: Record<string, string | string[]> = {};
  for (const [key, value] of Object.entries(data ?? {})) {
    if (value === undefined) continue;
    if (key === "cap") options.cap = typeof value === "string" ? [value] : (value as string[]);
    else if (typeof value === "string") options[key] = value;
    else options[key] = doc.sourceOf(["target", key]) ?? String(value);
  }
  return options;
}

/** Runs `read`; a mistake it reports is shown at `path` of the suite. */
function located<T>(doc: SuiteDocument, path: Path, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    throw new SeccompSimError(error.code, error.message, {
      place: doc.placeOf(path),
      hint: error.hint,
      cause: error,
    });
  }
}

type Issue = v.InferIssue<typeof suiteSchema>;

function isUnknownKey(issue: Issue): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

/** A complaint of the schema as a sentence with a place. */
function complaint(issue: Issue, doc: SuiteDocument): SeccompSimError {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const name = pathText(path);
  if (isUnknownKey(issue)) {
    const key = String(path.at(-1));
    const near = suggest(key, knownKeys(path.slice(0, -1)));
    const keys = `known here: ${knownKeys(path.slice(0, -1)).join(", ")}`;
    return bad(
      `unknown key "${key}"`,
      doc.placeOfKey(path),
      near ? `did you mean ${near}?` : keys,
      "unknown-key",
    );
  }
  if (issue.input === undefined) return bad(`"${name}" is missing`, doc.placeOf(path));
  const place = doc.placeOf(path);
  if (issue.type === "min_length") {
    return bad(`"${name}" is empty: a suite must test something`, place, undefined, "empty-suite");
  }
  if (issue.type === "non_empty") return bad(`"${name}" is empty`, place);
  const last = path.at(-1);
  const wanted =
    typeof last === "number" ? EXPECTED_ITEM[String(path.at(-2))] : EXPECTED[String(last)];
  const hint = hintFor(path, issue.input);
  return bad(`"${name}" must be ${wanted ?? "text"}, not ${describe(issue.input)}`, place, hint);
}

function hintFor(path: Path, input: unknown): string | undefined {
  if (path.at(-1) === "caps") return "name single capabilities with cap: [NAME, ...]";
  const isCall = path.at(-1) === "call" || path.at(-2) === "calls";
  return isCall && input === null ? "YAML takes # for a comment: quote such a call" : undefined;
}

/** What the elements of lists are. */
const EXPECTED_ITEM: Readonly<Record<string, string>> = {
  cases: "a map with call or calls, and expect",
  calls: "a call written as text",
  cap: "a capability",
  expect: "a word",
};

/** What each key holds, as the complaint says it. */
const EXPECTED: Readonly<Record<string, string>> = {
  target: "a map of target options",
  cases: "a list of cases, each a map with call or calls, and expect",
  caps: "none, docker or all",
  cap: "a capability or a list of them",
  kernel: "a version such as 6.1",
  optimize: "1 or 2",
  calls: "a list of calls, each written as text",
  call: "a call written as text",
  expect: "a word or a list of words",
};

function bad(message: string, place: Place, hint?: string, code = "bad-suite"): SeccompSimError {
  return new SeccompSimError(code, message, { place, hint });
}

function pathText(path: Path): string {
  return path.map((p, i) => (typeof p === "number" ? `[${p}]` : i ? `.${p}` : p)).join("");
}

function describe(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string") return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return String(value);
}
