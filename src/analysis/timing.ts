import type { Endian, Instruction } from "../bpf/instruction.js";
import { createEvaluator, type Evaluator, type EvaluatorMode } from "../evaluator/index.js";
import { toColumns } from "../seccomp/columns.js";
import { recordCount } from "../seccomp/record.js";

/** What is timed, by the name that it has in results. */
export const EVALUATORS = ["interpreter", "table-interpreter", "jit", "jit-columns"] as const;
export type EvaluatorName = (typeof EVALUATORS)[number];

/** Nanoseconds per verdict, over the rounds. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
}

/** "stream" is one pass over all records, "hot" the first 8192 again and again. */
export interface Times {
  readonly stream: Spread;
  readonly hot: Spread;
}

export interface TimingOptions {
  readonly rounds: number;
  /** Called before each pass; a promise is waited for, an error ends the measurement. */
  readonly onPass?: () => void | Promise<void>;
}

const MODES: Readonly<Record<EvaluatorName, EvaluatorMode>> = {
  interpreter: "interpreter",
  "table-interpreter": "table",
  jit: "jit",
  "jit-columns": "jit",
};

const HOT_RECORDS = 8192;
/** Browsers' clocks have steps of 0.1 ms: what seems to take none may not be repeated for long. */
const MIN_TIME = 0.02;
/** A hot sample lasts about this long, so that the clock is fine enough. */
const HOT_MS = 5;
/** Rounds before the measured ones: code is optimised, pages are there. */
const WARMING = 2;

interface Entry {
  readonly name: EvaluatorName;
  readonly evaluator: Evaluator;
  readonly stream: () => void;
  readonly hot: () => void;
  readonly results: () => Uint32Array;
  readonly samples: { readonly stream: number[]; readonly hot: number[] };
  hotTimes: number;
}

/**
 * Times our evaluators on each of some stacks of filters over the same records. All take turns, round by
 * round, each round beginning one later, since absolute times wander; the records lie in each
 * evaluator's own memory, 68 bytes for each. Throws if evaluators give different words.
 */
export async function measureTimes(
  stacks: readonly (readonly (readonly Instruction[])[])[],
  records: Uint8Array,
  endian: Endian,
  { rounds, onPass }: TimingOptions,
): Promise<Readonly<Record<EvaluatorName, Times>>[]> {
  const count = recordCount(records);
  const hot = Math.min(count, HOT_RECORDS);
  const groups = stacks.map((filters) =>
    EVALUATORS.map((name) => openEntry(name, filters, records, endian, hot)),
  );
  const entries = groups.flat();
  try {
    for (let round = -WARMING; round < rounds; round++) {
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[(round + WARMING + i) % entries.length] as Entry;
        await onPass?.();
        const stream = (time(entry.stream, 1) * 1e6) / count;
        if (round === -WARMING)
          entry.hotTimes = Math.ceil(HOT_MS / Math.max(time(entry.hot, 1), MIN_TIME));
        const again = (time(entry.hot, entry.hotTimes) * 1e6) / hot / entry.hotTimes;
        if (round < 0) continue;
        entry.samples.stream.push(stream);
        entry.samples.hot.push(again);
      }
      if (round === -WARMING) groups.forEach(requireAgreement);
    }
  } finally {
    for (const { evaluator } of entries) evaluator.close();
  }
  return groups.map(
    (group) =>
      Object.fromEntries(
        group.map(({ name, samples }) => [
          name,
          { stream: spread(samples.stream), hot: spread(samples.hot) },
        ]),
      ) as Record<EvaluatorName, Times>,
  );
}

/** An evaluator with the records where it takes them from without a copy. */
function openEntry(
  name: EvaluatorName,
  filters: readonly (readonly Instruction[])[],
  records: Uint8Array,
  endian: Endian,
  hot: number,
): Entry {
  const evaluator = createEvaluator(filters, endian, { mode: MODES[name] });
  const batch = evaluator.allocate(recordCount(records));
  const common = {
    name,
    evaluator,
    results: () => batch.results,
    samples: { stream: [], hot: [] },
    hotTimes: 1,
  };
  if (name === "jit-columns") {
    const { headers, rows } = toColumns(records, batch.columns);
    const part = {
      headers: headers.subarray(0, (headers.length / recordCount(records)) * hot),
      rows: rows.subarray(0, (rows.length / recordCount(records)) * hot),
    };
    return {
      ...common,
      stream: () => evaluator.evaluateColumns({ headers, rows }, batch.results),
      hot: () => evaluator.evaluateColumns(part, batch.results),
    };
  }
  batch.records.set(records);
  const { records: all } = batch;
  const part = all.subarray(0, (all.length / batch.count) * hot);
  return {
    ...common,
    stream: () => evaluator.evaluateBatch(all, batch.results),
    hot: () => evaluator.evaluateBatch(part, batch.results),
  };
}

/** Milliseconds. */
function time(pass: () => void, times: number): number {
  const began = performance.now();
  for (let i = 0; i < times; i++) pass();
  return performance.now() - began;
}

function requireAgreement(group: readonly Entry[]): void {
  const [first, ...others] = group.map(({ results }) => results());
  for (const words of others) {
    if (first?.some((word, i) => word !== words[i])) {
      throw new Error("evaluators give different words");
    }
  }
}

function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  return { median: at(0.5), p10: at(0.1) };
}
