import { encodeFilter } from "../bpf/encode.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { type BatchOptions, createEvaluator, type EvaluatorOptions } from "../evaluator/index.js";
import { compiledModule } from "../evaluator/module.js";
import { RECORD_SIZE, recordCount, requireRoom } from "../seccomp/record.js";
import { Call, onAbort } from "./call.js";
import { blobWorkersStart, type WorkerLike } from "./channel.js";
import { Crew } from "./crew.js";
import { type Host, LocalHost, WorkerHost } from "./host.js";
import { canShareMemory, defaultWorkers, isShared, mayForbidWorkers } from "./platform.js";
import type { Shard } from "./protocol.js";
import { CLAIM, largestShard, shardSize } from "./shards.js";
import { part, Stages } from "./stages.js";
import { answerStream, type Chunks } from "./stream.js";

export interface PoolOptions extends EvaluatorOptions {
  /** Loaded in every worker, the oldest first. */
  readonly filters: readonly (readonly Instruction[])[];
  readonly endian: Endian;
  /**
   * Threads beside the calling one; 0 does everything on that. Unless given, one for each core, and none
   * in a page whose content policy forbids workers from a Blob.
   */
  readonly workers?: number;
  /**
   * Makes a worker that runs the package's `seccomp-sim/worker` (a classic script), for pages whose
   * content policy forbids workers from a Blob: `() => new Worker("/static/seccomp-sim-worker.js")`.
   */
  readonly createWorker?: () => WorkerLike;
  /** Closes the pool; what is under way then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface PoolCallOptions extends BatchOptions {
  /** Gives the call up: it rejects at once, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told how many records are answered, as it goes on. */
  readonly onProgress?: (done: number) => void;
}

const MOST_WORKERS = 256;

/**
 * Evaluators on several threads, behind one asynchronous API. `close` it: idle workers do not keep a
 * process alive, but they keep their memory.
 */
export class Pool {
  readonly endian: Endian;
  readonly #stages: Stages;
  readonly #local: () => Host;
  #workers: number;
  #crew: Crew;
  #shared: boolean;
  /** Settles when it is known whether there can be workers; absent where that is no question. */
  #settled: Promise<void> | undefined;
  readonly #calls = new Set<Call>();
  readonly #unlisten: () => void;
  #stopped: { readonly reason: unknown; readonly closed: Promise<void> } | undefined;

  constructor(options: PoolOptions) {
    const { filters, endian, workers = defaultWorkers(), createWorker, signal } = options;
    const { mode = "auto" } = options;
    if (!Number.isInteger(workers) || workers < 0 || workers > MOST_WORKERS) {
      throw new RangeError(`workers must be an integer from 0 to ${MOST_WORKERS}, not ${workers}`);
    }
    this.endian = endian;
    this.#workers = workers;
    this.#shared = workers > 0 && canShareMemory();
    this.#local = () => new LocalHost(createEvaluator(filters, endian, { mode }));
    // Refuses bad filters here and now, not in a worker and later.
    createEvaluator(filters, endian, { mode: "interpreter" }).close();
    let make = this.#local;
    if (workers > 0) {
      const setup = {
        module: compiledModule(),
        filters: filters.map((filter) => encodeFilter(filter, "little")),
        endian,
        options: { mode },
        shared: this.#shared,
      };
      const died = (error: unknown): void => void this.#stop(error);
      make = () => new WorkerHost({ setup, createWorker, died });
    }
    this.#crew = new Crew(Math.max(1, workers), make);
    this.#stages = new Stages(largestShard(filters), 2 * Math.max(1, workers), this.#shared);
    this.#unlisten = onAbort(signal, (reason) => void this.#stop(reason));
    const asked = options.workers !== undefined || createWorker !== undefined;
    if (workers > 0 && !asked && mayForbidWorkers()) this.#settled = this.#settle();
  }

  /** How many threads there may be beside the calling one; each starts when there is work for it. */
  get workers(): number {
    return this.#workers;
  }

  /**
   * The stack's words for records in the pool's byte order, 64 bytes each, in the records' order.
   * Neither array may be changed meanwhile. Where memory is shared (Node, isolated pages), arrays over
   * a SharedArrayBuffer are read and written by the workers themselves; others are copied. When the
   * call rejects, `out` is filled in part, and a shared one may be written to a moment longer.
   *
   * Rejects with `truncated-record` for a part of a record, `worker-died` when a worker is lost (the
   * pool is closed then), `worker-unavailable` where there can be none, `pool-closed` after `close`.
   *
   * @returns `out`, or a new array where none is given
   */
  async evaluateBatch(
    records: Uint8Array,
    out?: Uint32Array,
    options: PoolCallOptions = {},
  ): Promise<Uint32Array> {
    const total = recordCount(records);
    const words = out ?? new Uint32Array(total);
    requireRoom(total, words);
    const call = this.#begin(options.signal);
    try {
      if (this.#settled) await call.wait(this.#settled);
      await this.#batch(call, { records, words: words.subarray(0, total) }, options);
      return words;
    } finally {
      this.#end(call);
    }
  }

  /**
   * Records and their words in order, for input of any length: memory stays flat. Chunks may be cut
   * anywhere; what is yielded are whole records with their words, valid until the next ones are asked
   * for. Throws as `evaluateBatch` does, after everything before the fault was yielded.
   */
  async *evaluateStream(
    chunks: Chunks,
    { raw = false, signal, onProgress }: PoolCallOptions = {},
  ): AsyncGenerator<Shard, void, undefined> {
    const call = this.#begin(signal);
    try {
      if (this.#settled) await call.wait(this.#settled);
      const answers = answerStream(chunks, {
        call,
        stages: this.#stages,
        eager: Math.max(1, this.workers),
        depth: Math.max(1, 2 * this.workers),
        send: async (shard) => {
          const host = await this.#acquire(call);
          return this.#released(host, host.run(shard, raw));
        },
      });
      let done = 0;
      for await (const shard of answers) {
        done += shard.words.length;
        onProgress?.(done);
        yield shard;
      }
    } finally {
      this.#end(call);
    }
  }

  /** Ends the workers; calls under way reject with `pool-closed`. Closing twice does nothing more. */
  close(): Promise<void> {
    return this.#stop(new SeccompSimError("pool-closed", "the pool of evaluators is closed"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Where the page allows no workers, and nobody asked for any, this thread does their work. */
  async #settle(): Promise<void> {
    const allowed = await blobWorkersStart();
    this.#settled = undefined;
    if (allowed || this.#stopped) return;
    this.#workers = 0;
    this.#shared = false;
    this.#crew = new Crew(1, this.#local);
  }

  #begin(signal: AbortSignal | undefined): Call {
    if (this.#stopped) throw this.#stopped.reason;
    const call = new Call(signal);
    this.#calls.add(call);
    return call;
  }

  #end(call: Call): void {
    call.end();
    this.#calls.delete(call);
  }

  #stop(reason: unknown): Promise<void> {
    if (!this.#stopped) {
      for (const call of this.#calls) call.giveUp(reason);
      this.#stopped = { reason, closed: this.#crew.close() };
      // Not there yet where the signal had aborted before the pool was made.
      this.#unlisten?.();
      this.#stages.clear();
    }
    return this.#stopped.closed;
  }

  async #batch(call: Call, { records, words }: Shard, options: PoolCallOptions): Promise<void> {
    const total = words.length;
    const size = shardSize(total, this.workers, this.#stages.capacity);
    const { raw = false, onProgress } = options;
    let done = 0;
    const progress = (count: number): void => {
      if (call.ended || count === 0) return;
      done += count;
      onProgress?.(done);
    };
    if (this.#shared && isShared(records)) {
      await this.#claimed(call, { records, words }, { size: Math.min(size, CLAIM), raw, progress });
      return;
    }
    const running: Promise<void>[] = [];
    for (let from = 0; from < total; from += size) {
      const to = Math.min(total, from + size);
      const shard = {
        records: records.subarray(from * RECORD_SIZE, to * RECORD_SIZE),
        words: words.subarray(from, to),
      };
      const host = await this.#acquire(call);
      const answered = this.#answer(call, host, shard, raw).then(() => progress(to - from));
      running.push(answered.catch((error) => call.giveUp(error)));
    }
    await call.wait(Promise.all(running));
  }

  /** Records that every worker sees: they divide them themselves, and few messages are needed. */
  async #claimed(
    call: Call,
    { records, words }: Shard,
    { size, raw, progress }: { size: number; raw: boolean; progress: (count: number) => void },
  ): Promise<void> {
    const total = words.length;
    const seen = isShared(words) ? words : new Uint32Array(new SharedArrayBuffer(4 * total));
    const next = new Int32Array(new SharedArrayBuffer(4));
    const helpers = Math.min(this.workers, Math.ceil(total / size));
    let answered = 0;
    const finished = new Promise<void>((resolve, reject) => {
      const help = async (): Promise<void> => {
        while (Atomics.load(next, 0) < total) {
          const host = await this.#acquire(call);
          const shard = { records, words: seen };
          const count = await this.#released(host, host.help(shard, { next, size }, raw));
          answered += count;
          progress(count);
        }
        // A worker that still starts is not waited for when the others have done everything.
        if (answered === total) resolve();
      };
      for (let n = 0; n < helpers; n++) help().catch(reject);
      if (helpers === 0) resolve();
    });
    try {
      await call.wait(finished);
    } finally {
      // Where the call was given up, there is nothing left to claim.
      Atomics.store(next, 0, total);
    }
    if (seen !== words) words.set(seen);
  }

  /** Fills in the words of a shard of the caller's arrays, through a stage for workers. */
  async #answer(call: Call, host: Host, shard: Shard, raw: boolean): Promise<void> {
    if (this.workers === 0) {
      await this.#released(host, host.run(shard, raw));
      return;
    }
    const stage = part(this.#stages.take(), shard.words.length);
    stage.records.set(shard.records);
    const answered = await this.#released(host, host.run(stage, raw));
    if (!call.ended) shard.words.set(answered.words);
    this.#stages.give(answered);
  }

  /** What a host answers; then it is free for others. */
  async #released<T>(host: Host, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } finally {
      this.#crew.release(host);
    }
  }

  async #acquire(call: Call): Promise<Host> {
    const turn = this.#crew.acquire();
    try {
      return await call.wait(turn);
    } catch (error) {
      // A turn that comes too late is passed on.
      turn.then((host) => this.#crew.release(host)).catch(() => {});
      throw error;
    }
  }
}

/**
 * Loads filters, the oldest first, for evaluation on several threads. Throws `filter-rejected` when the
 * kernel would refuse one of them, and a RangeError for a number of workers that cannot be.
 *
 * ```ts
 * const pool = createPool({ filters: [[{ code: 0x06, jt: 0, jf: 0, k: 0x00050001 }]], endian: "little" });
 * await pool.evaluateBatch(new Uint8Array(64)); // Uint32Array [0x00050001]
 * await pool.close();
 * ```
 */
export function createPool(options: PoolOptions): Pool {
  return new Pool(options);
}
