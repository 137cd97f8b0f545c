import { type Remote, transfer, wrap } from "comlink";
import { SeccompSimError } from "../errors.js";
import type { Evaluator } from "../evaluator/index.js";
import { type Channel, NO_WORKERS_HINT, openChannel, type WorkerLike } from "./channel.js";
import { Pending } from "./pending.js";
import { nextTurn } from "./platform.js";
import {
  type Claims,
  fromOutcome,
  type Outcome,
  type Setup,
  type Shard,
  type WorkerApi,
} from "./protocol.js";

/** Where shards are answered: a worker, or the calling thread. */
export interface Host {
  /** How many shards it takes at once; more than one hides the way to a worker and back. */
  readonly depth: number;
  /** Fills in the words. The shard that comes back is to be used on, the one given may be gone. */
  run(shard: Shard, raw: boolean): Promise<Shard>;
  /** Answers what it can claim of a shard in shared memory, for a while; gives how many records. */
  help(shard: Shard, claims: Claims, raw: boolean): Promise<number>;
  close(): Promise<void>;
}

/** The longest stretch, in milliseconds, in which the calling thread hears nothing else. */
const LONGEST_STRETCH = 10;

export class LocalHost implements Host {
  readonly depth = 1;
  #heard = performance.now();

  constructor(private readonly evaluator: Evaluator) {}

  async run(shard: Shard, raw: boolean): Promise<Shard> {
    this.evaluator.evaluateBatch(shard.records, shard.words, { raw });
    if (performance.now() - this.#heard > LONGEST_STRETCH) {
      await nextTurn();
      this.#heard = performance.now();
    }
    return shard;
  }

  async help(): Promise<never> {
    throw new Error("the calling thread shares its work with nobody");
  }

  async close(): Promise<void> {
    this.evaluator.close();
  }
}

export interface WorkerHostOptions {
  readonly setup: Setup;
  readonly createWorker: (() => WorkerLike) | undefined;
  /** Told once, when the worker answers no more. */
  readonly died: (error: unknown) => void;
}

/** A worker and the calls that it still owes an answer. */
export class WorkerHost implements Host {
  readonly depth = 2;
  readonly #channel: Channel;
  readonly #remote: Remote<WorkerApi>;
  readonly #pending: Pending;
  readonly #shared: boolean;
  #loaded = false;

  /** Throws `worker-unavailable` where the platform has, or allows, no workers. */
  constructor({ setup, createWorker, died }: WorkerHostOptions) {
    const end = (error: unknown): void => {
      if (this.#pending.ended) return;
      this.#pending.giveUp(error);
      died(error);
    };
    this.#shared = setup.shared;
    this.#channel = openChannel(createWorker, (how, cause) => end(this.#deathOf(how, cause)));
    this.#pending = new Pending((count) => this.#channel.keepAlive(count > 0));
    this.#remote = wrap<WorkerApi>(this.#channel.endpoint);
    // Messages arrive in order: shards may be sent before this is answered.
    const loaded: Promise<Outcome<undefined>> = this.#remote.load(setup);
    this.#pending
      .wait(loaded)
      .then(fromOutcome)
      .then(() => {
        this.#loaded = true;
      })
      .catch(end);
  }

  async run(shard: Shard, raw: boolean): Promise<Shard> {
    const { records, words } = shard;
    const sent = this.#shared
      ? shard
      : transfer(shard, [records.buffer as ArrayBuffer, words.buffer as ArrayBuffer]);
    const answer: Promise<Outcome<Shard | undefined>> = this.#remote.evaluate(sent, raw);
    return fromOutcome(await this.#pending.wait(answer)) ?? shard;
  }

  async help(shard: Shard, claims: Claims, raw: boolean): Promise<number> {
    const answer: Promise<Outcome<number>> = this.#remote.help(shard, claims, raw);
    return fromOutcome(await this.#pending.wait(answer));
  }

  async close(): Promise<void> {
    this.#pending.giveUp(new Error("the worker was ended"));
    await this.#channel.terminate();
  }

  #deathOf(how: string, cause: unknown): SeccompSimError {
    const message = this.#loaded
      ? `a worker died: ${how}`
      : `a worker died before it was ready: ${how}`;
    const hint = this.#loaded ? undefined : NO_WORKERS_HINT;
    return new SeccompSimError("worker-died", message, { cause, hint });
  }
}
