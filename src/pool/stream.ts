import { RECORD_SIZE, recordCount } from "../seccomp/record.js";
import type { Pending } from "./pending.js";
import type { Shard } from "./protocol.js";
import { part, type Stages } from "./stages.js";

/** Pieces of records, cut anywhere. Each is done with by the time the next one is asked for. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface StreamOptions {
  readonly call: Pending;
  readonly stages: Stages;
  /** As many shards as this are sent as soon as they can be; more are filled up first. */
  readonly eager: number;
  /** So many shards may be on their way, or wait for their turn to be delivered. */
  readonly depth: number;
  /** Has a shard answered; it comes back with its words. */
  readonly send: (shard: Shard) => Promise<Shard>;
}

interface Sent {
  readonly done: Promise<void>;
  answered?: Shard;
}

/**
 * The words of a stream of records, in order. Memory is bounded by `depth` stages. While nothing is
 * under way, what has arrived is answered at once: the writer may be waiting for us. When the source
 * fails, what came before is answered before the failure is passed on.
 */
export async function* answerStream(
  chunks: Chunks,
  { call, stages, eager, depth, send }: StreamOptions,
): AsyncGenerator<Shard, void, undefined> {
  const source = new Source(chunks);
  const window: Sent[] = [];
  const room = stages.capacity * RECORD_SIZE;
  let stage = stages.take();
  let used = 0;
  try {
    for (;;) {
      call.throwIfEnded();
      const taken = source.chunk.subarray(0, room - used);
      stage.records.set(taken, used);
      used += taken.length;
      source.chunk = source.chunk.subarray(taken.length);

      const count = Math.floor(used / RECORD_SIZE);
      const now = used === room || source.ended || window.length < eager;
      if (count > 0 && now && window.length < depth) {
        const next = stages.take();
        const whole = count * RECORD_SIZE;
        next.records.set(stage.records.subarray(whole, used));
        window.push(sent(send(part(stage, count))));
        stage = next;
        used -= whole;
        continue;
      }
      const first = window[0];
      if (first?.answered) {
        window.shift();
        yield first.answered;
        stages.give(first.answered);
        continue;
      }
      if (!first && source.ended) break;
      const reading = used < room ? source.read() : undefined;
      const events = [reading, first?.done].filter((event) => event !== undefined);
      await call.wait(Promise.race(events));
    }
  } finally {
    stages.give(stage);
    for (const { done, ...one } of window) {
      done.then(() => one.answered && stages.give(one.answered)).catch(() => {});
    }
    await source.close();
  }
  if (source.failure) throw source.failure.error;
  recordCount(stage.records.subarray(0, used));
}

function sent(answer: Promise<Shard>): Sent {
  const one: Sent = {
    done: answer.then((shard) => {
      one.answered = shard;
    }),
  };
  // Whoever waits for it hears of a failure; when nobody does any more, nobody needs to.
  one.done.catch(() => {});
  return one;
}

/** The chunks, one read at a time, and what is left of the last one. */
class Source {
  chunk: Uint8Array = new Uint8Array(0);
  ended = false;
  failure: { readonly error: unknown } | undefined;
  #reading: Promise<void> | undefined;
  readonly #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

  constructor(chunks: Chunks) {
    this.#iterator =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Settles when there is a new chunk, or none any more; `undefined` when there will be none. */
  read(): Promise<void> | undefined {
    if (this.ended) return undefined;
    this.#reading ??= this.#next();
    return this.#reading;
  }

  /** Lets the source clean up, unless it is busy: a read that never ends is not waited for. */
  async close(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    const closed = Promise.resolve(this.#iterator.return?.());
    if (this.#reading) closed.catch(() => {});
    else await closed;
  }

  async #next(): Promise<void> {
    try {
      const result = await this.#iterator.next();
      if (result.done) this.ended = true;
      else this.chunk = result.value;
    } catch (error) {
      this.failure = { error };
      this.ended = true;
    } finally {
      this.#reading = undefined;
    }
  }
}
