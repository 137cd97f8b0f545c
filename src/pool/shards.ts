import type { Instruction } from "../bpf/instruction.js";

/** Records that are worth a message: fewer, and the way to the worker takes longer than the work. */
const SMALLEST = 2048;
/** Records of a shard at most, 2 MiB: messages are dear, and memory is held for several shards. */
const LARGEST = 32768;
/** Records that a worker claims at once where all see them: no message is needed for that. */
export const CLAIM = 8192;
/** Instructions that a shard may execute at most, where that is fewer records: some 50 ms. */
const LARGEST_WORK = 1 << 25;

/** The most records that a shard of these filters may have, so that none keeps its thread for long. */
export function largestShard(filters: readonly (readonly Instruction[])[]): number {
  const instructions = filters.reduce((sum, filter) => sum + filter.length, 1);
  return Math.max(256, Math.min(LARGEST, Math.floor(LARGEST_WORK / instructions)));
}

/** How many records of a batch go to a worker at once: every worker gets several shards. */
export function shardSize(total: number, workers: number, largest: number): number {
  const even = Math.ceil(total / (4 * Math.max(1, workers)));
  return Math.min(largest, Math.max(SMALLEST, even));
}
