import { formatPlace, type SeccompSimError } from "../errors.js";
import { formatVerdict } from "../seccomp/verdict.js";
import type { CallResult, CaseResult, SuiteResult } from "../suite/runner.js";
import { formatBecause } from "./because.js";
import { printable, type Style } from "./style.js";

/** When a suite was run, and for how long. */
interface Timing {
  readonly file: string;
  readonly started: Date;
  readonly milliseconds: number;
}

/** A suite that was run. */
export interface RanSuite extends Timing {
  readonly kind: "ran";
  readonly result: SuiteResult;
}

/** A suite that could not be run, and why. */
export interface BrokenSuite extends Timing {
  readonly kind: "broken";
  readonly error: SeccompSimError;
}

/** What became of one suite file: all that a report is made from. */
export type SuiteOutcome = RanSuite | BrokenSuite;

/**
 * A format of reports. Its text is what `suite` gives for each suite in turn, then what `end` gives for
 * all of them; formats that are one document give all of it at the end.
 */
export interface Reporter {
  suite(outcome: SuiteOutcome): string;
  end(outcomes: readonly SuiteOutcome[]): string;
}

export interface ReportOptions {
  readonly style: Style;
  /** This program's version, for formats that name their tool. */
  readonly version: string;
}

/** A format that is one document. */
export function documentReporter(write: (outcomes: readonly SuiteOutcome[]) => string): Reporter {
  return { suite: () => "", end: write };
}

/** How many of what a run had; a failed case or call is one that was not as expected. */
export interface Totals {
  /** Suites that were run. */
  readonly suites: number;
  readonly broken: number;
  readonly cases: number;
  readonly failedCases: number;
  readonly calls: number;
  readonly failedCalls: number;
}

export function totalsOf(outcomes: readonly SuiteOutcome[]): Totals {
  const totals = { suites: 0, broken: 0, cases: 0, failedCases: 0, calls: 0, failedCalls: 0 };
  for (const outcome of outcomes) {
    if (outcome.kind === "broken") {
      totals.broken++;
      continue;
    }
    totals.suites++;
    for (const one of outcome.result.cases) {
      totals.cases++;
      if (!one.passed) totals.failedCases++;
      totals.calls += one.results.length;
      for (const call of one.results) if (!call.passed) totals.failedCalls++;
    }
  }
  return totals;
}

/** What a case is called: its name, else its first call. */
export function caseName(one: CaseResult): string {
  const first = one.results[0]?.call.text ?? "";
  const more = one.results.length - 1;
  return printable(one.case.name ?? (more > 0 ? `${first} and ${more} more` : first));
}

export function failuresOf(one: CaseResult): readonly CallResult[] {
  return one.results.filter((result) => !result.passed);
}

/** `mount: expected deny, actual ALLOW, because …`, safe to print. */
export function failureText(failure: CallResult, one: CaseResult): string {
  const { answer, call } = failure;
  const because = formatBecause(answer.because, true);
  return printable(
    `${call.text}: expected ${one.case.expect.text}, actual ${formatVerdict(answer.verdict)}, because ${because}`,
  );
}

/** Every failure of a case on a line of its own, with its place. */
export function failureLines(one: CaseResult): string[] {
  return failuresOf(one).map(
    (failure) => `${printable(formatPlace(failure.place))}: ${failureText(failure, one)}`,
  );
}

/** At most this many failures of a case are spelt out where the reader's room is limited. */
const MAX_LINES = 10;
const MAX_LINE = 1000;

/** The failures of a case for annotations and summaries, which have limits on their size. */
export function shortFailures(one: CaseResult): string[] {
  const failures = failuresOf(one);
  const lines = failures
    .slice(0, MAX_LINES)
    .map((failure) => shorten(failureText(failure, one), MAX_LINE));
  const rest = failures.length - lines.length;
  return rest > 0 ? [...lines, `and ${rest} more`] : lines;
}

/** Cuts a text that is longer than `max`, never inside a character. */
export function shorten(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max).replace(/[\ud800-\udbff]$/, "")}…` : text;
}

/**
 * The path as a repository has it, to join a finding to a file; `undefined` for what is no file, such as
 * `<stdin>`.
 */
export function filePath(file: string): string | undefined {
  return file.startsWith("<") ? undefined : file.replace(/^(\.\/+)+/, "");
}
