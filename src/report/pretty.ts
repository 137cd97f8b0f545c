import { formatPlace } from "../errors.js";
import { formatTarget } from "../profile/target-options.js";
import { formatVerdict } from "../seccomp/verdict.js";
import type { CallResult, CaseResult, SuiteResult } from "../suite/runner.js";
import { formatBecause } from "./because.js";
import { complaintText } from "./complaint.js";
import { caseName, failuresOf, type Reporter, type SuiteOutcome, totalsOf } from "./run.js";
import { PLAIN, printable, type Style } from "./style.js";

/** For people: each suite as soon as it has run, and the totals at the end. */
export function prettyReporter(style: Style = PLAIN): Reporter {
  return {
    suite: (outcome) => (outcome.kind === "ran" ? `${formatSuite(outcome.result, style)}\n` : ""),
    end: (outcomes) => formatBroken(outcomes, style) + formatTotals(outcomes, style),
  };
}

/** One suite for people: a line per case, and for each failure the call, expected, actual and why. */
function formatSuite(result: SuiteResult, style: Style): string {
  const { suite } = result;
  const head = `${style.strong(printable(suite.file))}  ${printable(suite.profile)}`;
  const target = style.faint(`  ${formatTarget(result.target)}`);
  return [head, target, ...result.cases.flatMap((one) => formatCase(one, style)), ""].join("\n");
}

function formatCase(one: CaseResult, style: Style): string[] {
  const mark = one.passed ? style.good("ok  ") : style.bad("FAIL");
  const count = one.results.length;
  const calls = count > 1 && one.case.name !== undefined ? style.faint(` (${count} calls)`) : "";
  const head = `  ${mark} ${caseName(one)}${calls} ${style.faint(`→ ${one.case.expect.text}`)}`;
  return [head, ...failuresOf(one).flatMap((failure) => formatFailure(failure, one, style))];
}

function formatFailure(failure: CallResult, one: CaseResult, style: Style): string[] {
  const { answer } = failure;
  return [
    `       ${style.bad(printable(formatPlace(failure.place)))}: ${printable(failure.call.text)}`,
    `         expected ${one.case.expect.text}`,
    `         actual   ${style.strong(formatVerdict(answer.verdict))}`,
    `         because  ${printable(formatBecause(answer.because, true))}`,
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

/** The last line: how many calls and suites held. */
function formatTotals(outcomes: readonly SuiteOutcome[], style: Style): string {
  const { suites, cases, calls, failedCalls, broken } = totalsOf(outcomes);
  const ran = `${count(suites, "suite")}, ${count(cases, "case")}, ${count(calls, "call")}`;
  const complaints = [
    ...(failedCalls > 0 ? [`${failedCalls} not as expected`] : []),
    ...(broken > 0 ? [`${count(broken, "suite")} not run`] : []),
  ];
  const outcome =
    complaints.length === 0 ? style.good("all as expected") : style.bad(complaints.join(", "));
  return `${ran}: ${outcome}\n`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
