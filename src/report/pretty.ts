import { formatPlace } from "../errors.js";
import { formatTarget } from "../profile/target-options.js";
import { formatVerdict } from "../seccomp/verdict.js";
import { sameItems } from "../suite/alike.js";
import { type CaseResult, isPlain } from "../suite/results.js";
import type { SuiteResult } from "../suite/runner.js";
import { subjectsName } from "../suite/suite.js";
import { formatBecause } from "./because.js";
import { complaintText } from "./complaint.js";
import { formatNearInFile } from "./nearest.js";
import {
  expectText,
  type Failure,
  failuresOf,
  type Reporter,
  remarkOf,
  type SuiteOutcome,
  totalsOf,
} from "./run.js";
import { PLAIN, printable, type Style } from "./style.js";

/** For people: each suite as soon as it has run, and the totals at the end. */
export function prettyReporter(style: Style = PLAIN): Reporter {
  return {
    suite: (outcome) => (outcome.kind === "ran" ? formatSuite(outcome.result, style) : []),
    end: (outcomes) => [formatBroken(outcomes, style), formatTotals(outcomes, style)],
  };
}

/**
 * One suite for people: for each target a line per case, and for each failure the call, expected, actual
 * and why.
 */
function* formatSuite(
  { suite, runs, partial }: SuiteResult,
  style: Style,
): Generator<string, void, undefined> {
  yield `${style.strong(printable(suite.file))}  ${printable(subjectsName(suite))}\n`;
  // Targets share the results of cases that say nothing of the target. Not one text for all of them: a
  // million cases may be too many for that.
  let before:
    | { readonly cases: readonly CaseResult[]; readonly texts: readonly string[] }
    | undefined;
  for (const run of runs) {
    const { cases } = run;
    const label = run.label === "" ? "" : `${style.strong(printable(run.label))}  `;
    yield `  ${label}${style.faint(formatTarget(run.target))}\n`;
    if (before && sameItems(before.cases, cases)) {
      yield* before.texts;
    } else if (runs.length > 1 && cases.every(isPlain)) {
      before = { cases, texts: cases.map((one) => formatCase(one, style)) };
      yield* before.texts;
    } else {
      for (const one of cases) yield formatCase(one, style);
    }
  }
  if (partial) yield `${style.bad("  ended early: this is a part of the suite")}\n`;
  yield "\n";
}

const MARKS: Readonly<Record<CaseResult["status"], string>> = {
  passed: "ok  ",
  failed: "FAIL",
  skipped: "skip",
  todo: "todo",
};

function formatCase(one: CaseResult, style: Style): string {
  const { status } = one;
  const mark =
    status === "failed"
      ? style.bad(MARKS.failed)
      : status === "passed"
        ? style.good(MARKS.passed)
        : style.faint(MARKS[status]);
  const remark = remarkOf(one);
  const notes = [...countNote(one), ...(remark === undefined ? [] : [remark])];
  const shown = notes.map((note) => style.faint(` (${note})`)).join("");
  const head = `  ${mark} ${printable(one.case.title)}${shown} ${style.faint(`→ ${expectText(one.case)}`)}`;
  const failures = failuresOf(one).flatMap((failure) => formatFailure(failure, one, style));
  return [head, ...failures, ""].join("\n");
}

/** How many calls a line stands for, where that is not plain; and that they hold for every value. */
function countNote({ calls: all, proofs, status }: CaseResult): string[] {
  const calls = all - proofs;
  const texts = [
    ...(calls > 1 || (calls > 0 && proofs > 0)
      ? [`${BigInt(calls)} call${calls === 1 ? "" : "s"}`]
      : []),
    ...(status !== "failed" && proofs > 0
      ? [`${proofs > 1 ? `${proofs} ` : ""}proven for every value`]
      : []),
  ];
  return texts.length === 0 ? [] : [texts.join(", ")];
}

function formatFailure(failure: Failure, one: CaseResult, style: Style): string[] {
  const { answer, place, text, problem, nearest, more } = failure;
  const head = `       ${style.bad(printable(formatPlace(place)))}: ${printable(text)}`;
  if (answer === undefined) return [head, `         ${printable(problem ?? "")}`];
  return [
    head,
    `         expected ${expectText(one.case)}`,
    `         actual   ${style.strong(formatVerdict(answer.verdict))}`,
    `         because  ${printable(formatBecause(answer.because, true))}`,
    ...nearest.map((near) => `         nearest  ${printable(formatNearInFile(near))}`),
    ...(more > 0 ? [`         and ${more} more`] : []),
  ];
}

function formatBroken(outcomes: readonly SuiteOutcome[], style: Style): string {
  const blocks = outcomes.flatMap((outcome) => {
    if (outcome.kind === "ran") return [];
    const head = `${style.bad("NOT RUN")} ${style.strong(printable(outcome.file))}`;
    return `${head}\n  ${complaintText(outcome.error).replaceAll("\n", "\n  ")}\n\n`;
  });
  return blocks.join("");
}

/** The last line: how many cases and suites held. */
function formatTotals(outcomes: readonly SuiteOutcome[], style: Style): string {
  const totals = totalsOf(outcomes);
  const { suites, cases, calls, failedCases, broken, skipped, todo, partial } = totals;
  const ran = [
    count(suites, "suite"),
    count(cases, "case"),
    count(calls, "call"),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(todo > 0 ? [`${todo} to do`] : []),
  ].join(", ");
  const complaints = [
    ...(failedCases > 0 ? [`${count(failedCases, "case")} not as expected`] : []),
    ...(broken > 0 ? [`${count(broken, "suite")} not run`] : []),
    ...(partial > 0 ? ["ended early"] : []),
  ];
  const outcome =
    complaints.length === 0 ? style.good("all as expected") : style.bad(complaints.join(", "));
  return `${ran}: ${outcome}\n`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
