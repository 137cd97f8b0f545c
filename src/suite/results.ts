import type { ParsedCall } from "../abi/call.js";
import { formatCall } from "../abi/format-call.js";
import { syscallName } from "../abi/syscalls.js";
import type { Answer } from "../analysis/because.js";
import type { NearEntry } from "../analysis/nearest.js";
import type { Simulator } from "../analysis/simulator.js";
import type { SeccompData } from "../seccomp/record.js";
import type { Verdict } from "../seccomp/verdict.js";
import type { PatternRun } from "./batch-run.js";
import { firstCall } from "./enumerate.js";
import type { Expectation } from "./expectation.js";
import { MAX_NEAREST, nearestTo } from "./nearest.js";
import type { CallPattern, CaseHead, SuiteCase } from "./suite.js";

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

/** Whether a result says no more than how its case ended, which is alike on most targets. */
export function isPlain({ results }: CaseResult): boolean {
  return results.length === 0;
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

  /** What is left of a result when nothing more of it is needed than how it ended. */
  plain(result: CaseResult): CaseResult {
    const { case: one, status, calls, proofs } = result;
    return status === "passed" || status === "skipped"
      ? this.of(one, status, calls, proofs)
      : result;
  }
}

/** Makes the results of cases on a target from what their patterns came to. */
export class ResultMaker {
  /** Failures for which the nearest entries are still looked for. */
  private looks: number;

  constructor(
    private readonly simulator: Simulator,
    private readonly plain: PlainResults,
    private readonly explain: boolean,
    nearest: boolean,
  ) {
    this.looks = nearest ? MAX_NEAREST : 0;
  }

  /** @param runs those of the case, one for each pattern, from index `from` to `to` */
  resultOf(one: SuiteCase, runs: readonly PatternRun[], from: number, to: number): CaseResult {
    if (one.skip !== undefined) return this.plain.of(one, "skipped", 0, 0);
    // What may fail is known to: its failures need no advice.
    const expect = one.todo === undefined ? one.expect : undefined;
    const results: CallResult[] = [];
    let calls = 0;
    let proofs = 0;
    let failedCalls = 0;
    for (let i = from; i < to; i++) {
      const run = runs[i] as PatternRun;
      calls += run.proven ? 1 : Number(run.pattern.count);
      if (run.proven) proofs++;
      failedCalls += run.failed;
      if (!this.explain && run.failed === 0) continue;
      const result = this.callResult(run);
      results.push(expect === undefined ? result : this.withNearest(result, expect));
    }
    const failed = failedCalls > 0;
    if (!failed && results.length === 0) return this.plain.of(one, "passed", calls, proofs);
    const status = failed ? (one.todo === undefined ? "failed" : "todo") : "passed";
    return { case: one, status, calls, proofs, failedCalls, results };
  }

  private callResult(run: PatternRun): CallResult {
    const { simulator } = this;
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

  private withNearest(result: CallResult, expect: Expectation): CallResult {
    const [first, ...others] = result.failures;
    if (this.looks === 0 || first === undefined || result.problem !== undefined) return result;
    this.looks--;
    const nearest = nearestTo(this.simulator, first, expect);
    if (nearest.length === 0) return result;
    return { ...result, nearest, failures: [{ ...first, nearest }, ...others] };
  }
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
