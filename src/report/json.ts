import type { Place } from "../errors.js";
import type { CaseResult, SuiteResult } from "../suite/runner.js";
import { answerJson, targetJson } from "./answer-json.js";
import {
  type BrokenSuite,
  documentReporter,
  type Reporter,
  type SuiteOutcome,
  totalsOf,
} from "./run.js";

/**
 * One JSON document:
 *
 * ```
 * { passed, totals: { suites, broken, cases, failedCases, calls, failedCalls }, suites: [SUITE] }
 * SUITE = { file, profile, target, passed, cases: [CASE] }
 *       | { file, passed: false, error: { code, message, hint?, place?: { file, line, column } } }
 * CASE  = { name | null, line, column, expect, passed, calls: [CALL] }
 * CALL  = { line, column, passed, call, nr, arch, args, verdict, action, data, ret, because }
 * ```
 *
 * Keys may be added in later versions; none is taken away or changes its meaning. `because` is as in
 * `Answer`: kind, file, line, column, entry.
 */
export function jsonReporter(): Reporter {
  return documentReporter((outcomes) => {
    const head = JSON.stringify(summaryJson(outcomes)).slice(0, -1);
    return `${head},"suites":${list(outcomes.map(suiteText))}}\n`;
  });
}

function suiteText(outcome: SuiteOutcome): string {
  if (outcome.kind === "broken") return JSON.stringify(brokenJson(outcome));
  const { cases } = outcome.result;
  const head = JSON.stringify(suiteJson(outcome.result)).slice(0, -1);
  return `${head},"cases":${list(cases.map((one) => JSON.stringify(caseJson(one))))}}`;
}

/** A line for each: to read, to compare, and short enough for a million of them to fit into one text. */
function list(items: readonly string[]): string {
  return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n]`;
}

/**
 * The same, a line for each part as soon as it is known. `type` tells the lines apart: `suite`
 * (SUITE without its cases), `case` (CASE and the suite's `file`), `broken` (SUITE with `error`), and at
 * the end one `summary` (`passed` and `totals`).
 */
export function ndjsonReporter(): Reporter {
  return {
    suite: (outcome) => {
      if (outcome.kind === "broken") return line("broken", brokenJson(outcome));
      const { file } = outcome;
      const cases = outcome.result.cases.map((one) => line("case", { file, ...caseJson(one) }));
      return [line("suite", suiteJson(outcome.result)), ...cases].join("");
    },
    end: (outcomes) => line("summary", summaryJson(outcomes)),
  };
}

function line(type: string, data: object): string {
  return `${JSON.stringify({ type, ...data })}\n`;
}

function summaryJson(outcomes: readonly SuiteOutcome[]): object {
  const totals = totalsOf(outcomes);
  return { passed: totals.broken === 0 && totals.failedCases === 0, totals };
}

function suiteJson({ suite, target, passed }: SuiteResult): object {
  return { file: suite.file, profile: suite.profile, target: targetJson(target), passed };
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

function caseJson(one: CaseResult): object {
  return {
    name: one.case.name ?? null,
    ...lineColumn(one.case.place),
    expect: one.case.expect.text,
    passed: one.passed,
    calls: one.results.map(({ place, passed, call, answer }) => ({
      ...lineColumn(place),
      passed,
      ...answerJson(call, answer),
    })),
  };
}

function lineColumn({ line, column }: Place): { line: number; column: number } {
  return { line, column };
}
