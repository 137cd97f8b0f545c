import type { Simulator } from "../analysis/simulator.js";
import type { PatternRun } from "./batch-run.js";
import type { CaseResult } from "./results.js";
import type { SuiteCase } from "./suite.js";

/** The patterns of a target's cases, those that were begun, after another. */
export interface Evaluated {
  readonly runs: PatternRun[];
  /** Where the patterns of each case end. */
  readonly ends: number[];
  /** The results, where they say nothing of the target. */
  plain?: readonly CaseResult[];
}

/** Patterns that are kept, and what each is about: some 30 MB. */
const MAX_KEPT = 300_000;

/** Where targets of a matrix have the same filters, the calls of the first are evaluated for all of them. */
export class AlikeTargets {
  private readonly known = new Map<string, readonly [readonly SuiteCase[], Evaluated]>();
  private left = MAX_KEPT;

  /** What the same cases came to on a target that decides alike. */
  find({ fingerprint }: Simulator, cases: readonly SuiteCase[]): Evaluated | undefined {
    if (fingerprint === undefined) return undefined;
    const [before, evaluated] = this.known.get(fingerprint) ?? [];
    return before && sameItems(before, cases) ? evaluated : undefined;
  }

  /** Of targets that decide alike the first is kept, with its cases. */
  keep({ fingerprint }: Simulator, cases: readonly SuiteCase[], evaluated: Evaluated): void {
    if (fingerprint === undefined || this.known.has(fingerprint)) return;
    if (evaluated.runs.length > this.left) return;
    this.left -= evaluated.runs.length;
    this.known.set(fingerprint, [cases, evaluated]);
  }
}

/** Whether two lists hold the very same items, one by one. */
export function sameItems<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.length === others.length && some.every((one, i) => one === others[i]);
}
