import type { ParsedCall } from "../abi/call.js";
import { formatCall } from "../abi/format-call.js";
import { syscallName } from "../abi/syscalls.js";
import type { Answer } from "../analysis/because.js";
import type { NearEntry } from "../analysis/nearest.js";
import type { Simulator } from "../analysis/simulator.js";
import { SeccompSimError } from "../errors.js";
import type { SeccompData } from "../seccomp/record.js";
import type { Verdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";
import { BatchRun, type PatternRun } from "./batch-run.js";
import { firstCall } from "./enumerate.js";
import type { Expectation } from "./expectation.js";
import { MAX_NEAREST, nearestTo } from "./nearest.js";
import type { CallPattern, CaseHead, Suite, SuiteCase, SuiteHead, SuiteTarget } from "./suite.js";

/** A concrete call, and what it gets. */
export interface Witness {
  readonly call: ParsedCall;
  readonly answer: Answer;
  /**
   * Of the first failures of a run, each the first of its pattern: entries that would decide otherwise,
   * those that lead to what is expected before all.
   */
  readonly nearest?: readonly NearEntry[];
}

/** What became of the calls that are written as one. */
export interface CallResult extends Witness {
  readonly pattern: CallPattern;
  /** Calls that it stands for. */
  readonly count: bigint;
  /** Calls that were not as expected; of a proof, call numbers that have such calls. */
  readonly failed: number;
  /** Looked at by what the filters decide, for every value; else call by call. */
  readonly proven: boolean;
  /** Why the calls could not be looked at; then they count as failed. */
  readonly problem: string | undefined;
  readonly passed: boolean;
  /** Calls that were not as expected, of different numbers where there are some: ten at most. */
  readonly failures: readonly Witness[];
  /** The verdicts that the calls get, those of a failed proof perhaps not all. */
  readonly verdicts: readonly Verdict[];
}

export interface CaseResult {
  readonly case: CaseHead;
  /** "todo": it failed, as it may; a case with `todo` that holds has "passed". */
  readonly status: "passed" | "failed" | "skipped" | "todo";
  /** Calls that were evaluated, a proof counting as one. */
  readonly calls: number;
  /** How many of them were proofs. */
  readonly proofs: number;
  readonly failedCalls: number;
  /** One for each call as it is written; none when skipped. Without `explain` only those that failed. */
  readonly results: readonly CallResult[];
}

/** The suite on one target of its matrix. */
export interface TargetRun {
  readonly label: string;
  /** With the engine that the profile's format means. */
  readonly target: Target;
  readonly cases: readonly CaseResult[];
  readonly passed: boolean;
}

export interface SuiteResult {
  readonly suite: SuiteHead;
  /** One for each target of the matrix that was begun. */
  readonly runs: readonly TargetRun[];
  readonly passed: boolean;
  /** Whether the run was ended early: by the signal, or after the first failure. */
  readonly partial: boolean;
}

export interface RunOptions {
  /** Only cases with such a title are run. */
  readonly run?: RegExp | undefined;
  /** End after the first case that fails. */
  readonly bail?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether the nearest entries are looked for, which takes tens of milliseconds for a failure: true. */
  readonly nearest?: boolean | undefined;
  /** Whether calls that are as expected are explained, too, which takes longer than to run them: true. */
  readonly explain?: boolean | undefined;
  /** Gets how many cases of how many are done, over all targets. */
  onProgress?(done: number, total: number): void;
  /**
   * Gets every record that was evaluated, in the simulator's byte order, only for the time of the call; of a
   * proof, a record for each path that was walked. Each target of the suite comes at least once, with none.
   */
  observe?(simulator: Simulator, target: SuiteTarget, records: Uint8Array): void;
}

/** Cases between two looks at the clock, and milliseconds between two turns of the event loop. */
const CASES_PER_LOOK = 64;
const TURN = 50;

/**
 * Runs a suite: asks `simulatorFor` for a simulator of each target in turn, and is done with the one
 * before when it asks for the next; to close them is the caller's part.
 */
export async function runSuite(
  suite: Suite,
  simulatorFor: (target: SuiteTarget) => Simulator,
  options: RunOptions = {},
): Promise<SuiteResult> {
  const steps = runInSteps(suite, simulatorFor, options);
  let turned = performance.now();
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    if (performance.now() - turned < TURN) continue;
    // A signal comes in when the event loop turns.
    await new Promise((resolve) => setTimeout(resolve, 0));
    turned = performance.now();
  }
}

/** The same at one go; only `options.signal` that is aborted beforehand, or by a callback, is seen. */
export function runSuiteSync(
  suite: Suite,
  simulatorFor: (target: SuiteTarget) => Simulator,
  options: RunOptions = {},
): SuiteResult {
  const steps = runInSteps(suite, simulatorFor, options);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

/** Which cases are run on each of a suite's targets: those of it whose title matches. */
export function planSuite(
  suite: Suite,
  wanted: RegExp | undefined,
): readonly { readonly target: SuiteTarget; readonly cases: readonly SuiteCase[] }[] {
  const chosen = suite.cases.filter(({ title }) => wanted === undefined || matches(wanted, title));
  return suite.targets.map((target) => ({
    target,
    cases: chosen.filter((one) => one.appliesTo(target)),
  }));
}

function* runInSteps(
  suite: Suite,
  simulatorFor: (target: SuiteTarget) => Simulator,
  options: RunOptions,
): Generator<undefined, SuiteResult> {
  const { run: wanted, signal, bail = false, nearest = true, explain = true } = options;
  const plan = planSuite(suite, wanted);
  const total = plan.reduce((n, { cases }) => n + cases.length, 0);
  const runs: TargetRun[] = [];
  const plain = new PlainResults();
  let done = 0;
  let ended = false;
  for (const { target, cases } of plan) {
    ended ||= signal?.aborted ?? false;
    if (ended) break;
    if (cases.length === 0) {
      observeIdle(target, simulatorFor, options);
      continue;
    }
    const simulator = simulatorFor(target);
    options.observe?.(simulator, target, NO_RECORDS);
    const batch = new BatchRun(simulator, target, options);
    const begun: CaseRun[] = [];
    for (const one of cases) {
      begun.push(beginCase(one, target, batch));
      done++;
      if (bail) {
        batch.flush();
        ended = done < total && begun.some(hasFailed);
      }
      if (bail || done % CASES_PER_LOOK === 0 || batch.flushed()) {
        options.onProgress?.(done, total);
        yield;
        ended ||= done < total && (signal?.aborted ?? false);
      }
      if (ended) break;
    }
    batch.flush();
    const looks = { left: nearest ? MAX_NEAREST : 0 };
    const results = begun.map((one) => endCase(one, simulator, looks, explain, plain));
    runs.push({
      label: target.label,
      target: simulator.target,
      cases: results,
      passed: results.every(({ status }) => status !== "failed"),
    });
  }
  options.onProgress?.(done, total);
  return { suite, runs, passed: runs.every(({ passed }) => passed), partial: ended };
}

const NO_RECORDS = new Uint8Array(0);

/**
 * A target without cases, or with none that is not skipped, is one on which nothing was exercised, though it
 * could be. Where the profile is refused, it could not.
 */
function observeIdle(
  target: SuiteTarget,
  simulatorFor: (target: SuiteTarget) => Simulator,
  { observe }: RunOptions,
): void {
  if (observe === undefined) return;
  let simulator: Simulator;
  try {
    simulator = simulatorFor(target);
  } catch (error) {
    if (error instanceof SeccompSimError) return;
    throw error;
  }
  observe(simulator, target, NO_RECORDS);
}

function matches(wanted: RegExp, title: string): boolean {
  wanted.lastIndex = 0;
  return wanted.test(title);
}

interface CaseRun {
  readonly case: SuiteCase;
  readonly patterns: readonly PatternRun[];
}

function beginCase(one: SuiteCase, target: SuiteTarget, batch: BatchRun): CaseRun {
  if (one.skip !== undefined) return { case: one, patterns: [] };
  const patterns = one.callsFor(target).map((pattern) => batch.add(pattern, one.expect));
  return { case: one, patterns };
}

function hasFailed({ case: { todo }, patterns }: CaseRun): boolean {
  return todo === undefined && patterns.some((one) => one.failed > 0);
}

/**
 * Results of cases that say no more than that they are as expected. They are alike on most targets, and
 * one for all of these spares a suite of a million cases most of its memory.
 */
export class PlainResults {
  private readonly known = new Map<CaseHead, CaseResult>();

  of(one: CaseHead, status: "passed" | "skipped", calls: number, proofs: number): CaseResult {
    const before = this.known.get(one);
    if (before?.status === status && before.calls === calls && before.proofs === proofs) {
      return before;
    }
    const result: CaseResult = { case: one, status, calls, proofs, failedCalls: 0, results: [] };
    this.known.set(one, result);
    return result;
  }
}

function endCase(
  { case: one, patterns }: CaseRun,
  simulator: Simulator,
  looks: { left: number },
  explain: boolean,
  plain: PlainResults,
): CaseResult {
  if (one.skip !== undefined) return plain.of(one, "skipped", 0, 0);
  // What may fail is known to: its failures need no advice.
  const expect = one.todo === undefined ? one.expect : undefined;
  const results: CallResult[] = [];
  let [calls, proofs, failedCalls] = [0, 0, 0];
  for (const run of patterns) {
    calls += run.proven ? 1 : Number(run.pattern.count);
    if (run.proven) proofs++;
    failedCalls += run.failed;
    if (!explain && run.failed === 0) continue;
    const result = resultOf(run, simulator);
    results.push(expect === undefined ? result : withNearest(result, expect, simulator, looks));
  }
  const failed = failedCalls > 0;
  if (!failed && results.length === 0) return plain.of(one, "passed", calls, proofs);
  return {
    case: one,
    status: failed ? (one.todo === undefined ? "failed" : "todo") : "passed",
    calls,
    proofs,
    failedCalls,
    results,
  };
}

function resultOf(run: PatternRun, simulator: Simulator): CallResult {
  const { pattern, failed, proven, problem } = run;
  const failures = run.witnesses.map((record) => witnessOf(record, pattern, simulator));
  const first = failures[0] ?? witnessOf(firstCall(pattern), pattern, simulator);
  return {
    call: first.call,
    answer: first.answer,
    pattern,
    count: pattern.count,
    failed,
    proven,
    problem,
    passed: failed === 0,
    failures: failed > 0 && failures.length === 0 ? [first] : failures,
    verdicts: run.words.map((word) => simulator.verdictOf(word)),
  };
}

function withNearest(
  result: CallResult,
  expect: Expectation,
  simulator: Simulator,
  looks: { left: number },
): CallResult {
  const [first, ...others] = result.failures;
  if (looks.left === 0 || first === undefined || result.problem !== undefined) return result;
  looks.left--;
  const nearest = nearestTo(simulator, first, expect);
  if (nearest.length === 0) return result;
  return { ...result, nearest, failures: [{ ...first, nearest }, ...others] };
}

function witnessOf(record: SeccompData, pattern: CallPattern, simulator: Simulator): Witness {
  const { arch, text, count } = pattern;
  const signed = { ...record, nr: record.nr | 0 };
  const call: ParsedCall = {
    // A call that is written by itself stays as it is written.
    text: count === 1n ? text : formatCall(signed, arch),
    name: syscallName(arch, signed.nr),
    arch,
    record: signed,
  };
  return { call, answer: simulator.evaluate(call) };
}
