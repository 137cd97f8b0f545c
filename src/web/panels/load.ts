import type { Simulator } from "../../analysis/simulator.js";
import { SeccompSimError } from "../../errors.js";
import { createPool } from "../../pool/index.js";
import { type Mix, recordChunks } from "../../seccomp/mix.js";
import { RECORD_SIZE } from "../../seccomp/record.js";
import { nextTask } from "./slices.js";

/** Where the records come from. */
export type LoadInput =
  | { readonly kind: "mix"; readonly mix: Mix; readonly count: number }
  | { readonly kind: "files"; readonly files: readonly File[] };

/** What is known so far. */
export interface LoadState {
  readonly done: number;
  readonly total: number;
  readonly ms: number;
  /** How many records got each word. */
  readonly tallies: ReadonlyMap<number, number>;
  /** Million verdicts a second, over time. */
  readonly rates: readonly number[];
}

/** Records that are made; more are these again, since making them takes longer than answering. */
export const BLOCK = 1 << 18;
/** Records of a slice: they take some milliseconds to make. */
const SLICE = 2048;
/** Records that are handed to the pool at once. */
const CHUNK = 16384;
/** The thread is given back to the page after this long. */
const BUSY_MS = 12;
const SHOW_MS = 100;
const MAX_RATES = 240;

/**
 * Evaluates any number of records with workers, in flat memory, while the page stays alive. Rejects with
 * the signal's reason when it aborts.
 */
export async function runLoad(
  simulator: Simulator,
  input: LoadInput,
  workers: number,
  signal: AbortSignal,
  show: (state: LoadState) => void,
): Promise<LoadState> {
  const { filters, endian } = simulator;
  if (filters.length === 0) {
    throw new SeccompSimError("no-filter", "no filter is loaded: there is nothing to evaluate");
  }
  await nextTask();
  const programs = filters.map(({ instructions }) => instructions);
  const pool = createPool({ filters: programs, endian, workers, signal });
  const tallies = new Map<number, number>();
  const rates: number[] = [];
  const total = totalOf(input);
  let started = performance.now();
  let [done, shownAt, shownDone, rested] = [0, started, 0, started];
  const state = (): LoadState => ({
    done,
    total,
    ms: performance.now() - started,
    tallies: new Map(tallies),
    rates: [...rates],
  });
  try {
    const chunks = await chunksOf(input, endian, signal);
    // Making records takes longer than answering: what is measured begins when they are there.
    started = shownAt = rested = performance.now();
    for await (const { records, words } of pool.evaluateStream(chunks, { signal })) {
      simulator.overrule(records, words);
      tally(words, tallies);
      done += words.length;
      const now = performance.now();
      if (now - rested > BUSY_MS) {
        await nextTask();
        rested = performance.now();
      }
      if (now - shownAt < SHOW_MS) continue;
      rates.push((done - shownDone) / (now - shownAt) / 1000);
      if (rates.length > MAX_RATES) rates.shift();
      [shownAt, shownDone] = [now, done];
      show(state());
    }
    const rest = performance.now() - shownAt;
    if (rest > 10 || rates.length === 0)
      rates.push((done - shownDone) / Math.max(rest, 0.01) / 1000);
    return state();
  } finally {
    await pool.close();
  }
}

function totalOf(input: LoadInput): number {
  if (input.kind === "mix") return input.count;
  return Math.floor(input.files.reduce((sum, { size }) => sum + size, 0) / RECORD_SIZE);
}

/** Words that follow each other are often the same. */
function tally(words: Uint32Array, tallies: Map<number, number>): void {
  let last = words[0] ?? 0;
  let run = 0;
  const add = (): void => void tallies.set(last, (tallies.get(last) ?? 0) + run);
  for (const word of words) {
    if (word !== last) {
      add();
      last = word;
      run = 0;
    }
    run++;
  }
  add();
}

async function chunksOf(
  input: LoadInput,
  endian: string,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array>> {
  if (input.kind === "files") return readFiles(input.files);
  const { mix, count } = input;
  const block = await makeBlock(mix, Math.min(count, BLOCK), endian, signal);
  return repeat(block, count);
}

async function* repeat(block: Uint8Array, records: number): AsyncGenerator<Uint8Array> {
  let begun = performance.now();
  for (let left = records; left > 0; ) {
    for (let at = 0; at < block.length && left > 0; at += CHUNK * RECORD_SIZE) {
      const count = Math.min(CHUNK, left, (block.length - at) / RECORD_SIZE);
      yield block.subarray(at, at + count * RECORD_SIZE);
      left -= count;
      if (performance.now() - begun < BUSY_MS) continue;
      await nextTask();
      begun = performance.now();
    }
  }
}

/** Made in slices, so that the page stays alive. */
async function makeBlock(
  mix: Mix,
  count: number,
  endian: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const block = new Uint8Array(count * RECORD_SIZE);
  let at = 0;
  for (const records of recordChunks(mix, count, SLICE)) {
    if (endian === "big") toBigEndian(records);
    block.set(records, at);
    at += records.length;
    await nextTask();
    signal.throwIfAborted();
  }
  return block;
}

async function* readFiles(files: readonly File[]): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    const reader = file.stream().getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  }
}

/** Turns the fields of records round. */
function toBigEndian(records: Uint8Array): void {
  for (let at = 0; at < records.length; at += RECORD_SIZE) {
    records.subarray(at, at + 4).reverse();
    records.subarray(at + 4, at + 8).reverse();
    for (let field = at + 8; field < at + RECORD_SIZE; field += 8) {
      records.subarray(field, field + 8).reverse();
    }
  }
}
