import { RECORD_SIZE } from "../seccomp/record.js";
import type { Shard } from "./protocol.js";

/**
 * Buffers through which records reach workers and words come back, used again and again: fresh memory
 * costs more than copying into memory that is at hand.
 */
export class Stages {
  readonly #idle: Shard[] = [];

  /**
   * @param capacity records in one stage
   * @param most how many are kept when nobody uses them
   */
  constructor(
    readonly capacity: number,
    private readonly most: number,
    private readonly shared: boolean,
  ) {}

  take(): Shard {
    const stage = this.#idle.pop();
    if (stage) return stage;
    const buffer = (size: number) =>
      this.shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size);
    return {
      records: new Uint8Array(buffer(this.capacity * RECORD_SIZE)),
      words: new Uint32Array(buffer(this.capacity * 4)),
    };
  }

  /** Takes back a stage, or any views of one. */
  give({ records, words }: Shard): void {
    if (this.#idle.length >= this.most) return;
    this.#idle.push({
      records: new Uint8Array(records.buffer),
      words: new Uint32Array(words.buffer),
    });
  }

  clear(): void {
    this.#idle.length = 0;
  }
}

/** The first `count` records of a stage and the room for their words. */
export function part({ records, words }: Shard, count: number): Shard {
  return { records: records.subarray(0, count * RECORD_SIZE), words: words.subarray(0, count) };
}
