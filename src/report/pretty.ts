import { formatPlace } from "../errors.js";
import { formatTarget } from "../profile/target-options.js";
import { formatVerdict } from "../seccomp/verdict.js";
import type { CallResult, CaseResult, SuiteResult } from "../suite/runner.js";
import { formatBecause } from "./because.js";
import { PLAIN, printable, type Style } from "./style.js";

/** One suite for people: a line per case, and for each failure the call, expected, actual and why. */
export function formatSuite(result: SuiteResult, style: Style = PLAIN): string {
  const { suite } = result;
  const head = `${style.strong(suite.file)}  ${printable(suite.profile)}`;
  const target = style.faint(`  ${formatTarget(result.target)}`);
  return [head, target, ...result.cases.flatMap((one) => formatCase(one, style)), ""].join("\n");
}

function formatCase(one: CaseResult, style: Style): string[] {
  const mark = one.passed ? style.good("ok  ") : style.bad("FAIL");
  const first = one.results[0]?.call.text ?? "";
  const count = one.results.length;
  const name = one.case.name ?? (count > 1 ? `${first} and ${count - 1} more` : first);
  const calls = count > 1 && one.case.name !== undefined ? style.faint(` (${count} calls)`) : "";
  const head = `  ${mark} ${printable(name)}${calls} ${style.faint(`→ ${one.case.expect.text}`)}`;
  const failures = one.results.filter((result) => !result.passed);
  return [head, ...failures.flatMap((failure) => formatFailure(failure, one, style))];
}

function formatFailure(failure: CallResult, one: CaseResult, style: Style): string[] {
  const { answer } = failure;
  return [
    `       ${style.bad(formatPlace(failure.place))}: ${printable(failure.call.text)}`,
    `         expected ${one.case.expect.text}`,
    `         actual   ${style.strong(formatVerdict(answer.verdict))}`,
    `         because  ${printable(formatBecause(answer.because))}`,
  ];
}

/** The last line: how many calls and suites held. */
export function formatTotals(results: readonly SuiteResult[], style: Style = PLAIN): string {
  const calls = results.flatMap((r) => r.cases.flatMap((c) => c.results));
  const failed = calls.filter((call) => !call.passed).length;
  const cases = results.reduce((sum, r) => sum + r.cases.length, 0);
  const outcome =
    failed === 0 ? style.good("all as expected") : style.bad(`${failed} not as expected`);
  return `${count(results.length, "suite")}, ${count(cases, "case")}, ${count(calls.length, "call")}: ${outcome}\n`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
