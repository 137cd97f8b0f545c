import type { Answer } from "../analysis/because.js";
import type { CoverageReport } from "../analysis/coverage/index.js";
import type { NearEntry } from "../analysis/nearest.js";
import { formatPlace, type Place, type SeccompSimError } from "../errors.js";
import { formatVerdict } from "../seccomp/verdict.js";
import type { CaseResult } from "../suite/results.js";
import type { SuiteResult, TargetRun } from "../suite/runner.js";
import type { CaseHead } from "../suite/suite.js";
import { formatBecause } from "./because.js";
import { formatNearInFile } from "./nearest.js";
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
 * all of them; formats that are one document give all of it at the end. It comes in parts, since a
 * million cases may be more than one string can hold.
 */
export interface Reporter {
  suite(outcome: SuiteOutcome): Iterable<string>;
  /** @param coverage what was exercised, where that was measured */
  end(outcomes: readonly SuiteOutcome[], coverage?: CoverageReport): Iterable<string>;
}

export interface ReportOptions {
  readonly style: Style;
  /** This program's version, for formats that name their tool. */
  readonly version: string;
}

/** A format that is one document. */
export function documentReporter(write: Reporter["end"]): Reporter {
  return { suite: () => [], end: write };
}

/**
 * How many of what a run had; a failed case or call is one that was not as expected. A case counts once for
 * each target that it was run on.
 */
export interface Totals {
  /** Suites that were run. */
  readonly suites: number;
  readonly broken: number;
  /** All cases, those that were skipped, too. */
  readonly cases: number;
  readonly failedCases: number;
  readonly skipped: number;
  /** Cases that failed as they may, and those that hold although they are marked as to do. */
  readonly todo: number;
  /** A proof for every value counts as one. */
  readonly calls: number;
  /** In cases that failed. */
  readonly failedCalls: number;
  /** Suites whose run was ended early. */
  readonly partial: number;
}

export function totalsOf(outcomes: readonly SuiteOutcome[]): Totals {
  const totals = {
    suites: 0,
    broken: 0,
    cases: 0,
    failedCases: 0,
    skipped: 0,
    todo: 0,
    calls: 0,
    failedCalls: 0,
    partial: 0,
  };
  for (const outcome of outcomes) {
    if (outcome.kind === "broken") {
      totals.broken++;
      continue;
    }
    totals.suites++;
    if (outcome.result.partial) totals.partial++;
    for (const { cases } of outcome.result.runs) {
      totals.cases += cases.length;
      for (const one of cases) {
        totals.calls += one.calls;
        if (one.status === "skipped") totals.skipped++;
        else if (one.case.todo !== undefined) totals.todo++;
        if (one.status !== "failed") continue;
        totals.failedCases++;
        totals.failedCalls += one.failedCalls;
      }
    }
  }
  return totals;
}

/** A case on one target. */
export interface RunCase {
  readonly run: TargetRun;
  readonly one: CaseResult;
}

/** All cases of a suite, target after target. */
export function* casesOf({ runs }: SuiteResult): Generator<RunCase, void, undefined> {
  for (const run of runs) for (const one of run.cases) yield { run, one };
}

export function* failedCases(result: SuiteResult): Generator<RunCase, void, undefined> {
  for (const each of casesOf(result)) if (each.one.status === "failed") yield each;
}

/** What a case is called: its name, else its first call, and in a matrix the target's label. */
export function caseName({ run, one }: RunCase): string {
  const { title } = one.case;
  return printable(run.label === "" ? title : `${title} [${run.label}]`);
}

/** What a case expects, as its reports say it. */
export function expectText({ expect }: CaseHead): string {
  return expect?.text ?? "what is recorded";
}

/** One call that was not as expected. */
export interface Failure {
  readonly place: Place;
  /** The call, and what it is written as, where that stands for many. */
  readonly text: string;
  /** `undefined` where the calls could not be looked at. */
  readonly answer: Answer | undefined;
  readonly problem: string | undefined;
  /** Entries that would decide otherwise, where they were looked for. */
  readonly nearest: readonly NearEntry[];
  /** Failed calls of the same line that are not listed. */
  readonly more: number;
}

export function failuresOf(one: CaseResult): readonly Failure[] {
  return one.results
    .filter(({ passed }) => !passed)
    .flatMap(({ pattern, failures, failed, problem }) =>
      failures.map(({ call, answer, nearest = [] }, i): Failure => {
        const last = i === failures.length - 1;
        const same = problem !== undefined || call.text === pattern.text;
        return {
          place: pattern.place,
          text: same ? pattern.text : `${call.text} of ${pattern.text}`,
          answer: problem === undefined ? answer : undefined,
          problem,
          nearest,
          more: last && problem === undefined ? failed - failures.length : 0,
        };
      }),
    );
}

/** Where a failed case is shown: at its first call that failed. */
export function failurePlace(one: CaseResult): Place {
  return failuresOf(one)[0]?.place ?? one.case.place;
}

/** `mount: expected deny, actual ALLOW, because …; nearest …`, safe to print. */
export function failureText(failure: Failure, one: CaseResult): string {
  const { answer, text, problem, nearest, more } = failure;
  const rest = more > 0 ? ` (and ${more} more)` : "";
  if (answer === undefined) return printable(`${text}: ${problem ?? ""}`);
  const actual = formatVerdict(answer.verdict);
  const why = [
    `because ${formatBecause(answer.because, true)}`,
    ...nearest.map((near) => `nearest ${formatNearInFile(near)}`),
  ].join("; ");
  return printable(`${text}: expected ${expectText(one.case)}, actual ${actual}, ${why}${rest}`);
}

/** Every failure of a case on a line of its own, with its place. */
export function failureLines(one: CaseResult): string[] {
  return failuresOf(one).map(
    (failure) => `${printable(formatPlace(failure.place))}: ${failureText(failure, one)}`,
  );
}

/** Why a case was skipped, or may fail: `skipped: reason`. */
export function remarkOf({ case: { skip, todo }, status }: CaseResult): string | undefined {
  const because = (word: string, reason: string): string =>
    printable(reason === "" ? word : `${word}: ${reason}`);
  if (skip !== undefined) return because("skipped", skip);
  if (todo === undefined) return undefined;
  return because(status === "todo" ? "todo" : "todo, but it holds", todo);
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
