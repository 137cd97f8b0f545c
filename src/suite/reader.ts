import * as v from "valibot";
import type { ArchName } from "../abi/architecture.js";
import { type CallsContext, readCalls } from "./calls.js";
import { badSuite, located, pathText, schemaComplaint } from "./complaint.js";
import { type Path, readDocument, type SuiteDocument } from "./document.js";
import { type SpeltCase, spellRows } from "./each.js";
import { type Expectation, parseExpectation } from "./expectation.js";
import { inlineSource } from "./inline.js";
import { type Matrix, readMatrix } from "./matrix.js";
import { type CaseData, type SuiteData, suiteSchema } from "./schema.js";
import type { CallPattern, Suite, SuiteCase, SuiteSubject, SuiteTarget } from "./suite.js";

/**
 * Reads a `*.seccomp.yaml` file (or JSON). Throws SeccompSimError with the place of the first mistake.
 *
 * @param read reads the document: as YAML, which JSON is too
 */
export function readSuite(text: string, file: string, read = readDocument): Suite {
  const doc = read(text, file);
  if (typeof doc.data !== "object" || doc.data === null || Array.isArray(doc.data)) {
    throw badSuite("a suite is a map with the keys profile, target and cases", doc.placeOf([]));
  }
  const parsed = v.safeParse(suiteSchema, doc.data);
  if (!parsed.success) throw schemaComplaint(parsed.issues, doc);
  const suite = parsed.output;
  const matrix = readMatrix(suite.target, doc);
  return {
    file,
    subjects: readSubjects(suite, doc),
    targets: matrix.targets,
    cases: readCases(suite, doc, matrix),
    warnings: doc.warnings,
  };
}

/** Calls that are written out, for each architecture, and cases, for each target: what memory holds. */
const MAX_WRITTEN = 300_000;
const MAX_RUN = 1_000_000;

function readCases({ cases }: SuiteData, doc: SuiteDocument, matrix: Matrix): SuiteCase[] {
  const archs = new Set(matrix.targets.map(({ target }) => target.arch)).size;
  let written = 0;
  let run = 0;
  const expectations: Expectations = new Map();
  return cases.flatMap((one, i) => {
    const path = ["cases", i];
    const rows = one.each?.length ?? 1;
    written += rows * (one.calls?.length ?? 1) * archs;
    run += rows * matrix.targets.length;
    if (written <= MAX_WRITTEN && run <= MAX_RUN) {
      return readCase(one, path, doc, matrix, expectations);
    }
    const [what, most] =
      run > MAX_RUN ? ["cases and targets", MAX_RUN] : ["calls and architectures", MAX_WRITTEN];
    throw badSuite(
      `up to here there are more than ${most} combinations of ${what}`,
      doc.placeOf(path),
      "split the suite, or let sets and ranges stand for many calls",
      "too-large",
    );
  });
}

function readSubjects(suite: SuiteData, doc: SuiteDocument): [SuiteSubject, ...SuiteSubject[]] {
  if ((suite.profile === undefined) === (suite.stack === undefined)) {
    const missing = suite.profile === undefined;
    throw badSuite(
      missing ? '"profile" is missing' : 'a suite has either "profile" or "stack", not both',
      missing ? doc.placeOf([]) : doc.placeOfKey(["stack"]),
      missing ? "name a file or a preset; or write stack: for several filters" : undefined,
    );
  }
  const subject = (value: string | object, path: Path): SuiteSubject => {
    const place = doc.placeOf(path);
    if (typeof value === "string") return { kind: "argument", text: value, place };
    return { kind: "inline", source: inlineSource(doc, path), place };
  };
  const subjects = suite.stack
    ? suite.stack.map((one, i) => subject(one, ["stack", i]))
    : [subject(suite.profile ?? "", ["profile"])];
  return subjects as [SuiteSubject, ...SuiteSubject[]];
}

function readCase(
  data: CaseData,
  path: Path,
  doc: SuiteDocument,
  matrix: Matrix,
  expectations: Expectations,
): SuiteCase[] {
  checkKeys(data, path, doc);
  const only = data.only && matrix.part(data.only, [...path, "only"]);
  const except = data.except && matrix.part(data.except, [...path, "except"]);
  const appliesTo = (target: SuiteTarget): boolean =>
    (only === undefined || only(target)) && !(except?.(target) ?? false);
  const targets = matrix.targets.filter(appliesTo);
  if (targets.length === 0) {
    const key = data.except ? "except" : "only";
    throw badSuite(
      `${pathText([...path, key])}: the case belongs to no target`,
      doc.placeOfKey([...path, key]),
    );
  }
  const context: CallsContext = { doc, matrix: matrix.targets.length > 1 };
  const archs = [...new Set(targets.map(({ target }) => target.arch))];
  return spellRows(data, path, doc).map((spelt) =>
    speltCase(spelt, appliesTo, archs, context, expectations),
  );
}

function speltCase(
  spelt: SpeltCase,
  appliesTo: (target: SuiteTarget) => boolean,
  archs: readonly ArchName[],
  context: CallsContext,
  expectations: Expectations,
): SuiteCase {
  const { data, path, row } = spelt;
  const { doc } = context;
  // A case depends on the target by its architecture only. It may be run on others than the suite's.
  const known = new Map<ArchName, readonly CallPattern[]>();
  const callsOn = (arch: ArchName): readonly CallPattern[] => {
    let calls = known.get(arch);
    if (calls === undefined) {
      calls = readCalls(spelt, arch, context);
      known.set(arch, calls);
    }
    return calls;
  };
  archs.forEach(callsOn);
  const { expect } = data;
  const expectAt = [...path, "expect"];
  const texts = data.calls ?? [data.call ?? ""];
  const more = texts.length > 1 ? ` and ${texts.length - 1} more` : "";
  const arch = data.arch === undefined ? "" : ` (${data.arch})`;
  return {
    name: data.name,
    title: data.name ?? `${texts[0]}${more}${arch}`,
    description: data.description,
    place: doc.placeOf(row ?? path),
    path: row ?? path,
    skip: reasonOf(data.skip),
    todo: reasonOf(data.todo),
    record: data.record ?? false,
    expect:
      expect === undefined
        ? undefined
        : located(doc, row ?? expectAt, () => expectationOf(expect, expectations), expectAt),
    appliesTo,
    callsFor: ({ target: { arch } }) => callsOn(arch),
  };
}

/** Those of a suite by what is written: most cases expect one of a few things. */
type Expectations = Map<string, Expectation>;

function expectationOf(
  data: NonNullable<CaseData["expect"]>,
  expectations: Expectations,
): Expectation {
  const key = JSON.stringify(data);
  const found =
    expectations.get(key) ??
    (typeof data === "object" && "not" in data
      ? parseExpectation(data.not, true)
      : parseExpectation(data));
  expectations.set(key, found);
  return found;
}

function reasonOf(value: string | boolean | undefined): string | undefined {
  if (value === undefined || value === false) return undefined;
  return value === true ? "" : value;
}

/** Keys that need or exclude each other. */
function checkKeys(data: CaseData, path: Path, doc: SuiteDocument): void {
  const bad = (message: string, at: Path, hint?: string) =>
    badSuite(message, at === path ? doc.placeOf(path) : doc.placeOfKey(at), hint);
  if ((data.call === undefined) === (data.calls === undefined)) {
    throw data.call === undefined
      ? bad('a case needs "call" or "calls"', path)
      : bad('a case has either "call" or "calls", not both', path);
  }
  if (data.record && data.each && JSON.stringify(data.expect ?? "").includes("${")) {
    throw bad("record writes one verdict for all rows, not a column", [...path, "record"]);
  }
  if (data.expect === undefined && !data.record) {
    throw bad(`"${`cases[${path[1]}].expect`}" is missing`, path);
  }
}
