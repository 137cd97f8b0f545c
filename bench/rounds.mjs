// Taking turns and what is made of it. Absolute times wander on shared machines, so that only times of
// one round are divided by each other.
import { setImmediate } from "node:timers/promises";

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export const median = (values) => quantile(values, 0.5);

/**
 * Runs every entry once a round and returns what each answered, by name. Each round begins one entry
 * later than the one before, so that no entry always follows the same neighbour or meets the same
 * slow moment.
 *
 * @param {readonly { name: string, run: () => number | Promise<number> }[]} entries
 * @returns {Promise<Record<string, number[]>>}
 */
export async function takeTurns(entries, rounds) {
  const samples = Object.fromEntries(entries.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < entries.length; i++) {
      const { name, run } = entries[(round + i) % entries.length];
      samples[name].push(await run());
      await setImmediate(); // signals get their turn
    }
  }
  return samples;
}

/** Median and tenth percentile of the rounds' ratios, or `undefined` where one side has no samples. */
export function ratioOf(ours, theirs) {
  if (!ours?.length || !theirs?.length) return undefined;
  const ratios = ours.map((one, round) => one / theirs[round]);
  return { median: median(ratios), p10: quantile(ratios, 0.1) };
}

/** The tenth percentiles' ratio: for limits, where any disturbance can only lengthen a time. */
export function ratioOfLows(ours, theirs) {
  if (!ours?.length || !theirs?.length) return undefined;
  return { median: quantile(ours, 0.1) / quantile(theirs, 0.1) };
}
