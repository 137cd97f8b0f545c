import type { Place } from "../errors.js";
import { type CallResult, type CaseResult, PlainResults } from "../suite/results.js";
import type { Keeper, SuiteResult, TargetRun } from "../suite/runner.js";
import { subjectsName } from "../suite/suite.js";
import { answerJson, targetJson } from "./answer-json.js";
import { coverageJson } from "./coverage.js";
import { nearJson } from "./nearest.js";
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
  return documentReporter(function* (outcomes, coverage) {
    const measured = coverage === undefined ? {} : { coverage: coverageJson(coverage) };
    const head = JSON.stringify({ ...summaryJson(outcomes), ...measured }).slice(0, -1);
    yield `${head},"suites":`;
    yield* list(outcomes.map(suiteParts));
    yield "}\n";
  });
}

function* suiteParts(outcome: SuiteOutcome): Generator<string, void, undefined> {
  if (outcome.kind === "broken") {
    yield JSON.stringify(brokenJson(outcome));
    return;
  }
  yield `${JSON.stringify(suiteJson(outcome.result)).slice(0, -1)},"cases":`;
  yield* list(outcome.result.runs.flatMap(caseLists).map((part) => [part]));
  yield "}";
}

/** A line for each: to read, and to compare. */
function* list(items: readonly Iterable<string>[]): Generator<string, void, undefined> {
  let before = "[\n";
  for (const item of items) {
    yield before;
    yield* item;
    before = SEPARATOR;
  }
  yield items.length === 0 ? "[]" : "\n]";
}

/** A run whose CASEs are written already. */
export interface WrittenRun extends TargetRun {
  /** CASEs as the list has them, a line for each, many in a part. */
  readonly json?: readonly string[];
}

const CHARACTERS_PER_PART = 1 << 18;
/** No text of JSON has a line break in it. */
const SEPARATOR = ",\n";

/** Writes CASEs as soon as they are known: what other reports need besides is little. */
export class CaseWriter implements Keeper {
  private readonly plain = new PlainResults();
  private lines: string[] = [];
  private length = 0;
  private parts: string[] = [];

  case(one: CaseResult, label: string): CaseResult {
    const text = JSON.stringify(caseJson(one, label));
    this.lines.push(text);
    this.length += text.length;
    if (this.length >= CHARACTERS_PER_PART) this.endPart();
    return this.plain.plain(one);
  }

  run(run: TargetRun): WrittenRun {
    if (this.lines.length > 0) this.endPart();
    const { parts } = this;
    this.parts = [];
    return { ...run, json: parts };
  }

  private endPart(): void {
    this.parts.push(this.lines.join(SEPARATOR));
    this.lines = [];
    this.length = 0;
  }
}

function caseLists(run: WrittenRun): readonly string[] {
  if (run.json) return run.json;
  const writer = new CaseWriter();
  for (const one of run.cases) writer.case(one, run.label);
  return writer.run(run).json ?? [];
}

/**
 * The same, a line for each part as soon as it is known. `type` tells the lines apart: `suite`
 * (SUITE without its cases), `case` (CASE and the suite's `file`), `broken` (SUITE with `error`), and at
 * the end `coverage`, where it was measured, and one `summary` (`passed` and `totals`).
 */
export function ndjsonReporter(): Reporter {
  return {
    *suite(outcome) {
      if (outcome.kind === "broken") {
        yield line("broken", brokenJson(outcome));
        return;
      }
      yield line("suite", suiteJson(outcome.result));
      const { file } = outcome;
      const head = `${JSON.stringify({ type: "case", file }).slice(0, -1)},`;
      for (const part of outcome.result.runs.flatMap(caseLists)) {
        const others = part.slice(1).replaceAll(`${SEPARATOR}{`, () => `\n${head}`);
        yield `${head}${others}\n`;
      }
    },
    *end(outcomes, coverage) {
      if (coverage !== undefined) yield line("coverage", coverageJson(coverage));
      yield line("summary", summaryJson(outcomes));
    },
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

// What is undefined is left out of the text. (Several spreads in a literal take ten times as long as all else.)
function caseJson(one: CaseResult, label: string): object {
  const { name, place, expect, skip, todo, description } = one.case;
  return {
    name: name ?? null,
    label,
    line: place.line,
    column: place.column,
    expect: expect?.text ?? null,
    status: one.status,
    reason: (skip ?? todo) || undefined,
    description,
    passed: one.status !== "failed",
    calls: one.results.map(callJson),
  };
}

function callJson(result: CallResult): object {
  const { pattern, passed, failed, proven, problem, call, answer, failures, nearest } = result;
  return {
    line: pattern.place.line,
    column: pattern.place.column,
    passed,
    pattern: pattern.text,
    count: String(result.count),
    failed,
    proven,
    problem,
    ...answerJson(call, answer),
    failures:
      failures.length > 1 ? failures.map((one) => answerJson(one.call, one.answer)) : undefined,
    nearest: nearest?.map(nearJson),
  };
}

function lineColumn({ line, column }: Place): { line: number; column: number } {
  return { line, column };
}
