import type { Simulator } from "../analysis/simulator.js";
import { SeccompSimError } from "../errors.js";
import type { Target } from "../target.js";
import { AlikeTargets, type Evaluated } from "./alike.js";
import { BatchRun } from "./batch-run.js";
import { type CaseResult, isPlain, PlainResults, ResultMaker } from "./results.js";
import type { Suite, SuiteCase, SuiteHead, SuiteTarget } from "./suite.js";

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
  readonly keeper?: Keeper | undefined;
  /** Targets of the suite that were run before, which this run adds to. */
  readonly alike?: AlikeTargets | undefined;
  /** Gets how many cases of how many are done, over all targets. */
  onProgress?(done: number, total: number): void;
  /**
   * Gets every record that was evaluated, in the simulator's byte order, only for the time of the call; of a
   * proof, a record for each path that was walked. Each target of the suite comes at least once, with none.
   */
  observe?(simulator: Simulator, target: SuiteTarget, records: Uint8Array): void;
}

/** Says what is kept of results, as soon as they are known; else all of it is. */
export interface Keeper {
  case(one: CaseResult, label: string): CaseResult;
  run(run: TargetRun): TargetRun;
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

/** How far a run has come, in cases over all targets. */
interface Course {
  readonly total: number;
  done: number;
  ended: boolean;
}

function* runInSteps(
  suite: Suite,
  simulatorFor: (target: SuiteTarget) => Simulator,
  options: RunOptions,
): Generator<undefined, SuiteResult> {
  const { signal, nearest = true, explain = true, keeper } = options;
  const plan = planSuite(suite, options.run);
  const total = plan.reduce((n, { cases }) => n + cases.length, 0);
  const course: Course = { total, done: 0, ended: false };
  const runs: TargetRun[] = [];
  const plain = new PlainResults();
  const several = suite.targets.length > 1 ? new AlikeTargets() : undefined;
  // Who observes wants to see the records of each.
  const alike = options.observe ? undefined : (options.alike ?? several);
  for (const { target, cases } of plan) {
    course.ended ||= signal?.aborted ?? false;
    if (course.ended) break;
    if (cases.length === 0) {
      observeIdle(target, simulatorFor, options);
      continue;
    }
    const simulator = simulatorFor(target);
    options.observe?.(simulator, target, NO_RECORDS);
    let evaluated = alike?.find(simulator, cases);
    if (evaluated === undefined) {
      evaluated = yield* evaluate(simulator, target, cases, course, options);
      if (!course.ended) alike?.keep(simulator, cases, evaluated);
    } else {
      course.done += cases.length;
      options.onProgress?.(course.done, total);
      yield;
    }
    const maker = new ResultMaker(simulator, plain, explain, nearest);
    const results = evaluated.plain ?? resultsOf(cases, evaluated, maker, target, keeper);
    if (!keeper && results.every(isPlain)) evaluated.plain = results;
    const run: TargetRun = {
      label: target.label,
      target: simulator.target,
      cases: results,
      passed: results.every(({ status }) => status !== "failed"),
    };
    runs.push(keeper?.run(run) ?? run);
  }
  options.onProgress?.(course.done, total);
  return { suite, runs, passed: runs.every(({ passed }) => passed), partial: course.ended };
}

function resultsOf(
  cases: readonly SuiteCase[],
  { ends, runs }: Evaluated,
  maker: ResultMaker,
  { label }: SuiteTarget,
  keeper: Keeper | undefined,
): readonly CaseResult[] {
  return ends.map((end, i) => {
    const result = maker.resultOf(cases[i] as SuiteCase, runs, ends[i - 1] ?? 0, end);
    return keeper?.case(result, label) ?? result;
  });
}

/** Evaluates the cases of a target, or those before the run has to end. */
function* evaluate(
  simulator: Simulator,
  target: SuiteTarget,
  cases: readonly SuiteCase[],
  course: Course,
  options: RunOptions,
): Generator<undefined, Evaluated> {
  const { bail = false, signal } = options;
  const evaluated: Evaluated = { runs: [], ends: [] };
  const batch = new BatchRun(simulator, target, options);
  for (const one of cases) {
    beginCase(one, target, batch, evaluated);
    course.done++;
    const isLast = course.done === course.total;
    if (bail) {
      batch.flush();
      course.ended = !isLast && hasFailed(one, evaluated);
    }
    if (bail || course.done % CASES_PER_LOOK === 0 || batch.flushed()) {
      options.onProgress?.(course.done, course.total);
      yield;
      course.ended ||= !isLast && (signal?.aborted ?? false);
    }
    if (course.ended) break;
  }
  batch.flush();
  return evaluated;
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

function beginCase(
  one: SuiteCase,
  target: SuiteTarget,
  batch: BatchRun,
  { runs, ends }: Evaluated,
): void {
  if (one.skip === undefined) {
    for (const pattern of one.callsFor(target)) runs.push(batch.add(pattern, one.expect));
  }
  ends.push(runs.length);
}

/** Whether the case that was begun last has failed. */
function hasFailed({ todo }: SuiteCase, { runs, ends }: Evaluated): boolean {
  return todo === undefined && runs.slice(ends.at(-2) ?? 0).some((one) => one.failed > 0);
}
