import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { encodeRecord, RECORD_SIZE, type SeccompData } from "../seccomp/record.js";
import { combine, type StackResult } from "../seccomp/stack.js";
import { createMachine, type Machine } from "./module.js";
import { loadStack } from "./verify.js";

/** One executed instruction, with the registers as they were before it. */
export interface TraceStep {
  readonly pc: number;
  readonly A: number;
  readonly X: number;
}

export interface Trace {
  readonly steps: readonly TraceStep[];
  /** The word that the filter returned. */
  readonly ret: number;
}

export interface Decision extends StackResult {
  /** The deciding filter, 0 = oldest; `undefined` when all allow or there is none. */
  readonly match: number | undefined;
  /** What each filter returned, oldest first. */
  readonly words: readonly number[];
}

export interface BatchOptions {
  /**
   * The word that the deciding filter returned, and where all allow the newest filter's, with the data
   * that the kernel drops from an ALLOW.
   */
  readonly raw?: boolean;
}

const STEP_SIZE = 12;

/**
 * A loaded stack of filters. Owns an instance of the machine and its memory; `close` gives it back.
 * Not for use by two threads at once.
 */
export class Evaluator {
  readonly endian: Endian;
  /** How many filters are loaded. */
  readonly filterCount: number;
  #machine: Machine | undefined;
  readonly #recordBytes: Uint8Array;

  constructor(filters: readonly (readonly Instruction[])[], endian: Endian) {
    const machine = createMachine();
    const loaded = loadStack(machine, filters);
    if (!loaded.ok) {
      const which = filters.length > 1 ? `filter ${loaded.filter} (0 = oldest): ` : "";
      throw new SeccompSimError(
        "filter-rejected",
        `the kernel would refuse to load this program with ${loaded.errno}: ${which}${loaded.message}`,
      );
    }
    this.endian = endian;
    this.filterCount = filters.length;
    this.#machine = machine;
    this.#recordBytes = new Uint8Array(machine.memory.buffer, machine.RECORDS.value, RECORD_SIZE);
  }

  /** The stack's word for one call. */
  evaluate(record: SeccompData): number {
    const machine = this.#put(record);
    machine.decide(1, 0);
    return new DataView(machine.memory.buffer).getUint32(machine.RESULTS.value, true);
  }

  /** The stack's word for one call, who decided, and what every filter said. */
  decide(record: SeccompData): Decision {
    const machine = this.#put(record);
    machine.words();
    const view = new DataView(machine.memory.buffer);
    const words = Array.from({ length: this.filterCount }, (_, filter) =>
      view.getUint32(machine.WORDS.value + 4 * filter, true),
    );
    const { ret, match } = combine([...words].reverse());
    return { ret, match: match === undefined ? undefined : this.filterCount - 1 - match, words };
  }

  /** The stack's words for records in the evaluator's byte order: 64 bytes in, one word out each. */
  evaluateBatch(bytes: Uint8Array, out: Uint32Array, options: BatchOptions = {}): void {
    const raw = options.raw ? 1 : 0;
    this.#batch(bytes, out, (machine, count) => machine.decide(count, raw));
  }

  /** The very words that one filter (0 = oldest) returns, whatever the others say. */
  runBatch(filterIndex: number, bytes: Uint8Array, out: Uint32Array): void {
    this.#checkFilter(filterIndex);
    this.#batch(bytes, out, (machine, count) => machine.run(count, filterIndex));
  }

  /** The instructions that one filter (the newest, unless named) executes for a call. */
  trace(record: SeccompData, filterIndex: number = this.filterCount - 1): Trace {
    this.#checkFilter(filterIndex);
    const machine = this.#put(record);
    const count = machine.trace(filterIndex);
    const view = new DataView(machine.memory.buffer);
    const steps = Array.from({ length: count }, (_, i) => {
      const at = machine.TRACE.value + STEP_SIZE * i;
      return {
        pc: view.getUint32(at, true),
        A: view.getUint32(at + 4, true),
        X: view.getUint32(at + 8, true),
      };
    });
    return { steps, ret: machine.traceResult() >>> 0 };
  }

  /** Lets go of the machine's memory; every later call throws. Closing twice does nothing. */
  close(): void {
    this.#machine = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): Machine {
    if (this.#machine === undefined) throw new Error("the evaluator is closed");
    return this.#machine;
  }

  #put(record: SeccompData): Machine {
    const machine = this.#open();
    encodeRecord(record, this.endian, this.#recordBytes);
    if (this.endian === "big") machine.swap(1);
    return machine;
  }

  #checkFilter(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.filterCount) {
      throw new RangeError(`there is no filter ${index}; ${this.filterCount} are loaded`);
    }
  }

  #batch(
    bytes: Uint8Array,
    out: Uint32Array,
    run: (machine: Machine, count: number) => void,
  ): void {
    const machine = this.#open();
    const total = bytes.length / RECORD_SIZE;
    if (!Number.isInteger(total)) {
      throw new SeccompSimError(
        "truncated-record",
        `records take ${RECORD_SIZE} bytes each, and ${bytes.length % RECORD_SIZE} bytes are left over`,
      );
    }
    if (out.length < total) {
      throw new RangeError(
        `${total} records need ${total} results, there is room for ${out.length}`,
      );
    }
    const { buffer } = machine.memory;
    const limit: number = machine.MAX_RECORDS.value;
    const records = new Uint8Array(buffer, machine.RECORDS.value, limit * RECORD_SIZE);
    const results = new Uint32Array(buffer, machine.RESULTS.value, limit);
    for (let done = 0; done < total; done += limit) {
      const count = Math.min(limit, total - done);
      records.set(bytes.subarray(done * RECORD_SIZE, (done + count) * RECORD_SIZE));
      if (this.endian === "big") machine.swap(count);
      run(machine, count);
      out.set(count === limit ? results : results.subarray(0, count), done);
    }
  }
}

/**
 * Loads filters, the oldest first, for a machine of the given byte order. Throws `filter-rejected`
 * when the kernel would refuse one of them.
 *
 * ```ts
 * const evaluator = createEvaluator([[{ code: 0x06, jt: 0, jf: 0, k: 0x00050001 }]], "little");
 * evaluator.evaluate({ nr: 39, arch: 0xc000003e, ip: 0n, args: [] }); // 0x00050001
 * ```
 */
export function createEvaluator(
  filters: readonly (readonly Instruction[])[],
  endian: Endian,
): Evaluator {
  return new Evaluator(filters, endian);
}
