import { archByAudit, auditArchName } from "../abi/names.js";
import { syscallName } from "../abi/syscalls.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { createEvaluator } from "../evaluator/index.js";
import type { AllowBitmap } from "../seccomp/constant-allow.js";
import { ARCH_OFFSET, NR_OFFSET, RECORD_SIZE, recordCount } from "../seccomp/record.js";

/** Executed instructions per call. Quantiles are values that occur: the nearest rank. */
export interface Executed {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

/** All records of one number and architecture. */
export interface CallCost {
  /** `futex`, or `#1000` where no table has the number. */
  readonly name: string;
  readonly nr: number;
  readonly arch: number;
  /** `x86_64`, or the token in hexadecimal where nobody knows it. */
  readonly archName: string;
  readonly count: number;
  /** Executed instructions per call, on average. */
  readonly mean: number;
  /** Whether the kernel's bitmap answers it. */
  readonly cached: boolean;
}

/** What a stack of filters costs over records, in instructions: the same on every machine. */
export interface Cost {
  readonly executed: Executed;
  /** Records that the kernel's bitmap answers without running a filter, as a part of all. */
  readonly answered: number;
  /** Executed per call where the bitmap answers what it can. */
  readonly meanBehindBitmap: number;
  /** By cost of one call, the most expensive first. */
  readonly calls: readonly CallCost[];
}

/** Counts what filters (oldest first) execute over records, of which there is at least one. */
export function measureCost(
  filters: readonly (readonly Instruction[])[],
  records: Uint8Array,
  endian: Endian,
  bitmap: AllowBitmap,
): Cost {
  const counts = new Uint32Array(recordCount(records));
  const evaluator = createEvaluator(filters, endian, { mode: "interpreter" });
  evaluator.countBatch(records, counts);
  evaluator.close();
  const calls = byCall(records, endian, counts, bitmap);
  const { length } = counts;
  const uncached = calls.filter(({ cached }) => !cached);
  return {
    executed: summarize(counts),
    answered: 1 - sum(uncached.map(({ count }) => count)) / length,
    meanBehindBitmap: sum(uncached.map(({ count, mean }) => count * mean)) / length,
    calls,
  };
}

function summarize(counts: Uint32Array): Executed {
  const sorted = counts.slice().sort();
  const rank = (q: number): number => sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
  return { mean: sum(counts) / counts.length, p50: rank(0.5), p99: rank(0.99) };
}

interface Tally {
  count: number;
  executed: number;
}

function byCall(
  records: Uint8Array,
  endian: Endian,
  counts: Uint32Array,
  bitmap: AllowBitmap,
): CallCost[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const little = endian === "little";
  const byArch = new Map<number, Map<number, Tally>>();
  counts.forEach((executed, i) => {
    const nr = view.getUint32(i * RECORD_SIZE + NR_OFFSET, little);
    const arch = view.getUint32(i * RECORD_SIZE + ARCH_OFFSET, little);
    const byNumber = byArch.get(arch) ?? new Map<number, Tally>();
    byArch.set(arch, byNumber);
    const known = byNumber.get(nr);
    if (known === undefined) byNumber.set(nr, { count: 1, executed });
    else {
      known.count++;
      known.executed += executed;
    }
  });
  const calls: CallCost[] = [];
  for (const [arch, byNumber] of byArch) {
    for (const [nr, { count, executed }] of byNumber) {
      const known = archByAudit(arch, nr);
      const name = (known && syscallName(known.name, nr)) ?? `#${nr}`;
      const archName = known?.name ?? auditArchName(arch) ?? `0x${arch.toString(16)}`;
      const cached = bitmap.has(nr, arch);
      calls.push({ name, nr, arch, archName, count, mean: executed / count, cached });
    }
  }
  return calls.sort((a, b) => b.mean - a.mean || b.count - a.count || a.nr - b.nr);
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}
