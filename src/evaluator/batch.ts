import type { Columns } from "../seccomp/columns.js";
import { HEADER_SIZE, ROW_SIZE } from "../seccomp/columns.js";
import { RECORD_SIZE } from "../seccomp/record.js";
import type { Machine } from "./module.js";

const PAGE = 0x10000;

/**
 * Room for records in an evaluator's own memory: what is written there is evaluated where it lies,
 * without a copy. The memory is the evaluator's and goes with it.
 *
 * Ask for `records`, `columns` and `results` again after another batch was allocated: when the memory
 * grows, earlier views become empty.
 */
export class RecordBatch {
  readonly count: number;
  /** The evaluator that it belongs to. */
  readonly owner: object;
  readonly #open: () => Machine;
  /** Where the first record lies in the evaluator's memory. */
  readonly address: number;

  /** Takes room at the end of the memory of the machine that `open` gives while it is there. */
  constructor(owner: object, open: () => Machine, count: number) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`a batch cannot hold ${count} records`);
    }
    const { memory } = open();
    try {
      this.address = memory.grow(Math.ceil((count * (RECORD_SIZE + 4)) / PAGE)) * PAGE;
    } catch (error) {
      throw new RangeError(`there is no memory for a batch of ${count} records`, { cause: error });
    }
    this.owner = owner;
    this.#open = open;
    this.count = count;
  }

  /** `count` records of 64 bytes. They lie where the columns do: a batch holds one or the other. */
  get records(): Uint8Array {
    return this.#bytes(0, this.count * RECORD_SIZE);
  }

  /** The same room as columns: all headers first, then all rows. */
  get columns(): Columns {
    const headers = this.count * HEADER_SIZE;
    return { headers: this.#bytes(0, headers), rows: this.#bytes(headers, this.count * ROW_SIZE) };
  }

  /** A word for each record. */
  get results(): Uint32Array {
    const at = this.address + this.count * RECORD_SIZE;
    return new Uint32Array(this.#open().memory.buffer, at, this.count);
  }

  #bytes(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.#open().memory.buffer, this.address + offset, length);
  }
}
