import type { Answer } from "../analysis/because.js";
import type { Simulator } from "../analysis/simulator.js";
import type { Target } from "../target.js";
import type { Suite, SuiteCall, SuiteCase } from "./reader.js";

/** One call of a case and what became of it. */
export interface CallResult extends SuiteCall {
  readonly answer: Answer;
  readonly passed: boolean;
}

export interface CaseResult {
  readonly case: SuiteCase;
  readonly results: readonly CallResult[];
  readonly passed: boolean;
}

export interface SuiteResult {
  readonly suite: Suite;
  /** The suite's target, with the engine that the profile's format means. */
  readonly target: Target;
  readonly cases: readonly CaseResult[];
  readonly passed: boolean;
}

/** Asks the simulator about every call of the suite. */
export function runSuite(suite: Suite, simulator: Simulator): SuiteResult {
  const cases = suite.cases.map((one): CaseResult => {
    const results = one.calls.map((call): CallResult => {
      const answer = simulator.evaluate(call.call);
      return { ...call, answer, passed: one.expect.matches(answer.verdict) };
    });
    return { case: one, results, passed: results.every((result) => result.passed) };
  });
  return { suite, target: simulator.target, cases, passed: cases.every((one) => one.passed) };
}
