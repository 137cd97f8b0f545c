import type { Place, Warning } from "../errors.js";
import type { WrittenRun } from "../report/json.js";
import type { CallResult, CaseResult, PlainResults } from "../suite/results.js";
import type { CaseHead, Suite, SuiteHead } from "../suite/suite.js";

/** What all work of a thread has in common: a worker's `workerData`. */
export interface WorkerSettings {
  readonly run: RegExp | undefined;
  readonly bail: boolean;
  readonly explain: boolean;
}

/** A suite's file as it was read. */
export interface SuiteText {
  readonly path: string;
  /** What messages call the file. */
  readonly name: string;
  readonly text: string;
}

/** To a thread; "open" and "target" are answered in their order. */
export type Order =
  | { readonly kind: "open"; readonly path: string }
  /** Read a file that another thread is opening: its targets may come here. */
  | { readonly kind: "ahead"; readonly path: string }
  /** The targets that follow are those of this suite. */
  | ({ readonly kind: "suite" } & SuiteText)
  /** Run the suite on one target of its matrix. */
  | { readonly kind: "target"; readonly index: number }
  /** End the work on a target that was ordered. */
  | { readonly kind: "abort"; readonly index: number };

/** From a thread; `Run` is how it gives the run of a target. */
export type Report<Run> =
  | { readonly kind: "progress"; readonly done: number }
  | { readonly kind: "opened"; readonly opened: OpenedSuite }
  | {
      readonly kind: "ran";
      readonly run: Run | undefined;
      readonly warnings: readonly Warning[];
      readonly partial: boolean;
    }
  | { readonly kind: "refused"; readonly error: SentError }
  | { readonly kind: "defect"; readonly name: string; readonly message: string };

/** A suite that a thread has read. */
export interface OpenedSuite extends SuiteText {
  readonly head: SuiteHead & { readonly cases: readonly CaseHead[] };
  readonly warnings: readonly Warning[];
  /** How many cases are to be run on each target. */
  readonly counts: readonly number[];
  /** The profiles that it is about. */
  readonly files: readonly string[];
  /** Whether one of them is standard input, which can be read once. */
  readonly stdin: boolean;
}

/** A SeccompSimError without what would not survive. */
export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
}

/** The run of a target, as small as its reports allow. */
export interface SentRun extends Omit<WrittenRun, "cases"> {
  /** Of each case without a failure {@link FIELDS} numbers: its index, whether it was run, calls, proofs. */
  readonly plain: Float64Array;
  /** The others in full, by their index. */
  readonly others: readonly SentCase[];
}

const FIELDS = 4;

interface SentCase extends Omit<CaseResult, "case" | "results"> {
  readonly case: number;
  readonly results: readonly CallResult[];
}

/** What of a suite's cases reports need. */
export function headOf({ file, subjects, cases }: Suite): OpenedSuite["head"] {
  return {
    file,
    subjects: subjects.map((one) =>
      one.kind === "inline" ? { kind: one.kind } : { kind: one.kind, text: one.text },
    ),
    cases: cases.map(({ appliesTo: _, callsFor: __, expect, ...one }) => ({
      ...one,
      expect: expect && { text: expect.text },
    })),
  };
}

export function pack(
  { cases, ...run }: WrittenRun,
  indices: ReadonlyMap<CaseHead, number>,
): SentRun {
  const plain: number[] = [];
  const others: SentCase[] = [];
  for (const one of cases) {
    const index = indices.get(one.case) ?? -1;
    if (one.failedCalls > 0) others.push({ ...one, case: index });
    else plain.push(index, one.status === "skipped" ? 0 : 1, one.calls, one.proofs);
  }
  return { ...run, plain: Float64Array.from(plain), others };
}

/** Puts the suite's own cases back. */
export function unpack(
  { plain, others, ...run }: SentRun,
  all: readonly CaseHead[],
  results: PlainResults,
): WrittenRun {
  const cases: CaseResult[] = [];
  const add = (index: number, resultOf: (one: CaseHead) => CaseResult): void => {
    const one = all[index];
    if (one === undefined) throw new Error("a worker ran another suite");
    cases.push(resultOf(one));
  };
  let at = 0;
  const addPlain = (before: number): void => {
    for (; at < plain.length && (plain[at] as number) < before; at += FIELDS) {
      const [index, ran, calls, proofs] = plain.subarray(at, at + FIELDS) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const status = ran === 1 ? "passed" : "skipped";
      add(index, (one) => results.of(one, status, calls, proofs));
    }
  };
  for (const { case: index, ...rest } of others) {
    addPlain(index);
    add(index, (one) => ({ case: one, ...rest }));
  }
  addPlain(Number.POSITIVE_INFINITY);
  return { ...run, cases };
}
