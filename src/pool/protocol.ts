import type { Endian } from "../bpf/instruction.js";
import { type Place, SeccompSimError } from "../errors.js";
import type { EvaluatorOptions } from "../evaluator/index.js";

/** Records and the room for their words, which go to a worker together. */
export interface Shard {
  readonly records: Uint8Array;
  readonly words: Uint32Array;
}

/** How workers divide records that all of them see: each claims the next few until none are left. */
export interface Claims {
  /** One shared number: the first record that nobody has claimed. At the end or beyond, work ends. */
  readonly next: Int32Array;
  /** How many records are claimed at once. */
  readonly size: number;
}

/** What a worker needs to make its evaluator. */
export interface Setup {
  /** The compiled machine: bytes are compiled once, by the thread that owns the pool. */
  readonly module: WebAssembly.Module;
  /** `struct sock_filter[]`, little-endian, the oldest filter first. */
  readonly filters: readonly Uint8Array[];
  readonly endian: Endian;
  readonly options: EvaluatorOptions;
  /** Is memory shared? Otherwise a shard is handed over, and handed back with its words. */
  readonly shared: boolean;
}

/** What a worker exposes. */
export interface WorkerApi {
  load(setup: Setup): Outcome<undefined>;
  evaluate(shard: Shard, raw: boolean): Outcome<Shard | undefined>;
  /** Works with others on shared memory, for a while: how many records it answered. */
  help(shard: Shard, claims: Claims, raw: boolean): Outcome<number>;
}

/**
 * An answer, or a refusal in plain data: an error that is thrown across the boundary keeps its message
 * only, and would lose its code, place and hint.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: PlainError };

interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
}

/** Runs `work` in the worker; errors that are not ours pass through as they are. */
export function toOutcome<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    const { code, message, place, hint } = error;
    return { ok: false, error: { code, message, place, hint } };
  }
}

/** The value on the caller's side, or the same error thrown there. */
export function fromOutcome<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  const { code, message, place, hint } = outcome.error;
  throw new SeccompSimError(code, message, { place, hint });
}
