import type { Place } from "../errors.js";
import type { CallResult, CaseResult, SuiteResult } from "../suite/runner.js";
import { subjectsName } from "../suite/suite.js";
import { answerJson, targetJson } from "./answer-json.js";
import { coverageJson } from "./coverage.js";
import { nearJson } from "./nearest.js";
import {
  type BrokenSuite,
  casesOf,
  documentReporter,
  type Reporter,
  type RunCase,
  type SuiteOutcome,
  totalsOf,
} from "./run.js";

/**
 * One JSON document:
 *
 * ```
 * { passed, totals: TOTALS, coverage?, suites: [SUITE] }
 * TOTALS = { suites, broken, cases, failedCases, skipped, todo, calls, failedCalls, partial }
 * SUITE  = { file, profile, target, targets: [{ label, target }], passed, partial, cases: [CASE] }
 *        | { file, passed: false, error: { code, message, hint?, place?: { file, line, column } } }
 * CASE   = { name | null, label, line, column, expect | null, status, reason?, description?, passed,
 *            calls: [CALL] }
 * CALL   = { line, column, passed, pattern, count, failed, proven, problem?, ANSWER, failures?: [ANSWER],
 *            nearest?: [{ file, line, column, entry, text }] }
 * ANSWER = call, nr, arch, args, verdict, action, data, ret, because
 * ```
 *
 * `target` is the first of `targets`; `label` tells the targets of a matrix apart ("" for a single one), and
 * cases stand there once for each. `status` is passed, failed, skipped or todo (failed, as it may). A call of
 * a `pattern` that stands for `count` calls (as text: it may have more than 64 bits) is the first that
 * failed, else the first of all; `failures` lists those of several numbers.
 *
 * `nearest`, of the first failures of a run only, has the entries that would have decided otherwise: those
 * that lead to what is expected, if any does.
 *
 * `coverage`, where it was measured, is as `coverageJson` has it.
 *
 * Keys may be added in later versions; none is taken away or changes its meaning. `because` is as in
 * `Answer`: kind, file, line, column, entry.
 */
export function jsonReporter(): Reporter {
  return documentReporter((outcomes, coverage) => {
    const measured = coverage === undefined ? {} : { coverage: coverageJson(coverage) };
    const head = JSON.stringify({ ...summaryJson(outcomes), ...measured }).slice(0, -1);
    return `${head},"suites":${list(outcomes.map(suiteText))}}\n`;
  });
}

function suiteText(outcome: SuiteOutcome): string {
  if (outcome.kind === "broken") return JSON.stringify(brokenJson(outcome));
  const cases = casesOf(outcome.result);
  const head = JSON.stringify(suiteJson(outcome.result)).slice(0, -1);
  return `${head},"cases":${list(cases.map(caseText))}}`;
}

/** A case whose CASE another thread has written. */
export interface WrittenCase extends CaseResult {
  readonly json?: string;
}

/** A CASE as text. */
export function caseText(each: RunCase): string {
  return (each.one as WrittenCase).json ?? JSON.stringify(caseJson(each));
}

/** A line for each: to read, to compare, and short enough for a million of them to fit into one text. */
function list(items: readonly string[]): string {
  return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n]`;
}

/**
 * The same, a line for each part as soon as it is known. `type` tells the lines apart: `suite`
 * (SUITE without its cases), `case` (CASE and the suite's `file`), `broken` (SUITE with `error`), and at
 * the end `coverage`, where it was measured, and one `summary` (`passed` and `totals`).
 */
export function ndjsonReporter(): Reporter {
  return {
    suite: (outcome) => {
      if (outcome.kind === "broken") return line("broken", brokenJson(outcome));
      const { file } = outcome;
      const head = JSON.stringify({ type: "case", file }).slice(0, -1);
      const cases = casesOf(outcome.result).map((each) => `${head},${caseText(each).slice(1)}\n`);
      return [line("suite", suiteJson(outcome.result)), ...cases].join("");
    },
    end: (outcomes, coverage) =>
      (coverage === undefined ? "" : line("coverage", coverageJson(coverage))) +
      line("summary", summaryJson(outcomes)),
  };
}

function line(type: string, data: object): string {
  return `${JSON.stringify({ type, ...data })}\n`;
}

function summaryJson(outcomes: readonly SuiteOutcome[]): object {
  const totals = totalsOf(outcomes);
  return { passed: totals.broken === 0 && totals.failedCases === 0, totals };
}

function suiteJson({ suite, runs, passed, partial }: SuiteResult): object {
  const targets = runs.map(({ label, target }) => ({ label, target: targetJson(target) }));
  const profile = subjectsName(suite);
  const target = targets[0]?.target ?? null;
  return { file: suite.file, profile, target, targets, passed, partial };
}

function brokenJson({ file, error }: BrokenSuite): object {
  const { code, message, hint, place } = error;
  return {
    file,
    passed: false,
    error: {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(place === undefined ? {} : { place: { file: place.file, ...lineColumn(place) } }),
    },
  };
}

function caseJson({ run, one }: RunCase): object {
  const { name, place, expect, skip, todo, description } = one.case;
  const reason = skip ?? todo ?? "";
  return {
    name: name ?? null,
    label: run.label,
    ...lineColumn(place),
    expect: expect?.text ?? null,
    status: one.status,
    ...(reason === "" ? {} : { reason }),
    ...(description === undefined ? {} : { description }),
    passed: one.status !== "failed",
    calls: one.results.map(callJson),
  };
}

function callJson(result: CallResult): object {
  const { pattern, passed, count, failed, proven, problem, call, answer, failures, nearest } =
    result;
  return {
    ...lineColumn(pattern.place),
    passed,
    pattern: pattern.text,
    count: String(count),
    failed,
    proven,
    ...(problem === undefined ? {} : { problem }),
    ...answerJson(call, answer),
    ...(failures.length > 1
      ? { failures: failures.map((one) => answerJson(one.call, one.answer)) }
      : {}),
    ...(nearest === undefined ? {} : { nearest: nearest.map(nearJson) }),
  };
}

function lineColumn({ line, column }: Place): { line: number; column: number } {
  return { line, column };
}
