import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import type { Columns } from "../seccomp/columns.js";
import { encodeRecord, RECORD_SIZE, type SeccompData } from "../seccomp/record.js";
import { combine, type StackResult } from "../seccomp/stack.js";
import { RecordBatch } from "./batch.js";
import type { EvaluatorMode } from "./jit.js";
import { giveBackMachine, type Machine, takeMachine } from "./module.js";
import { countRecords, markRecords, runColumns, runRecords } from "./run.js";
import { Tiers } from "./tier.js";
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

export interface EvaluatorOptions {
  /**
   * What answers batches. `"auto"`, the default, interprets small jobs and compiles for large ones;
   * `"jit"` becomes `"table"` where WebAssembly may not be compiled.
   */
  readonly mode?: EvaluatorMode | "auto";
}

const STEP_SIZE = 12;
const ENDIANS: readonly string[] = ["little", "big"] satisfies Endian[];
const MODES: readonly string[] = [
  "auto",
  "interpreter",
  "table",
  "jit",
] satisfies EvaluatorOptions["mode"][];

/**
 * A loaded stack of filters. Owns an instance of the machine and its memory; `close` gives it back.
 * Not for use by two threads at once.
 */
export class Evaluator {
  readonly endian: Endian;
  /** How many filters are loaded. */
  readonly filterCount: number;
  #machine: Machine | undefined;
  #tiers: Tiers | undefined;
  #recordBytes: Uint8Array;
  /** Somebody may still hold views of the machine's memory. */
  #isExposed = false;

  constructor(
    filters: readonly (readonly Instruction[])[],
    endian: Endian,
    { mode = "auto" }: EvaluatorOptions = {},
  ) {
    // Callers without types may give anything, and another word must not mean either of them by chance.
    requireOneOf("endian", endian, ENDIANS);
    requireOneOf("mode", mode, MODES);
    const machine = takeMachine();
    const loaded = loadStack(machine, filters);
    if (!loaded.ok) {
      giveBackMachine(machine);
      const which = filters.length > 1 ? `filter ${loaded.filter} (0 = oldest): ` : "";
      throw new SeccompSimError(
        "filter-rejected",
        `the kernel would refuse to load this program with ${loaded.errno}: ${which}${loaded.message}`,
      );
    }
    this.endian = endian;
    this.filterCount = filters.length;
    this.#machine = machine;
    this.#tiers = new Tiers(machine, filters.length, mode);
    this.#recordBytes = new Uint8Array(0);
  }

  /** What answered the last batch, or would answer the next one. */
  get mode(): EvaluatorMode {
    return this.#openTiers().mode;
  }

  /** The stack's word for one call. */
  evaluate(record: SeccompData): number {
    const machine = this.#put(record);
    machine.decide(machine.RECORDS, machine.RESULTS, 1, 0);
    return new DataView(machine.memory.buffer).getUint32(machine.RESULTS, true);
  }

  /** The stack's word for one call, who decided, and what every filter said. */
  decide(record: SeccompData): Decision {
    const machine = this.#put(record);
    machine.words();
    const view = new DataView(machine.memory.buffer);
    const words = Array.from({ length: this.filterCount }, (_, filter) =>
      view.getUint32(machine.WORDS + 4 * filter, true),
    );
    const { ret, match } = combine([...words].reverse());
    return { ret, match: match === undefined ? undefined : this.filterCount - 1 - match, words };
  }

  /** The stack's words for records in the evaluator's byte order: 64 bytes in, one word out each. */
  evaluateBatch(bytes: Uint8Array, out: Uint32Array, { raw = false }: BatchOptions = {}): void {
    runRecords(this.#open(), this.#openTiers(), { filter: -1, raw }, this.endian, bytes, out);
  }

  /** The very words that one filter (0 = oldest) returns, whatever the others say. */
  runBatch(filter: number, bytes: Uint8Array, out: Uint32Array): void {
    this.#checkFilter(filter);
    runRecords(this.#open(), this.#openTiers(), { filter, raw: true }, this.endian, bytes, out);
  }

  /** Like `evaluateBatch`, for records taken apart by `toColumns`. */
  evaluateColumns(columns: Columns, out: Uint32Array, { raw = false }: BatchOptions = {}): void {
    runColumns(this.#open(), this.#openTiers(), { filter: -1, raw }, this.endian, columns, out);
  }

  /**
   * How many instructions the kernel executes for each record, returns included: the sum over all
   * filters, for each of them is run. Equal to the lengths of their traces.
   */
  countBatch(bytes: Uint8Array, out: Uint32Array): void {
    countRecords(this.#open(), this.endian, bytes, out);
  }

  /**
   * Adds what the records make each filter execute to its marks, oldest filter first, one byte for each
   * instruction: 1 it ran, 2 its jump was taken by the true side, 4 by the false side.
   */
  markBatch(bytes: Uint8Array, marks: readonly Uint8Array[]): void {
    const machine = this.#open();
    if (marks.length !== this.filterCount) throw new RangeError("every filter needs its marks");
    markRecords(machine, this.endian, bytes, marks);
  }

  /**
   * Room for `count` records in the evaluator's memory, so that batches of them need no copy. Throws a
   * RangeError if there is no such memory.
   */
  allocate(count: number): RecordBatch {
    // First what tables need, so that views of the batch stay valid when they are made.
    this.#open().reserveTables();
    this.#isExposed = true;
    return new RecordBatch(this, () => this.#open(), count);
  }

  /** The stack's word for one record of a batch that this evaluator allocated. */
  evaluateAt(batch: RecordBatch, index: number): number {
    if (batch.owner !== this) throw new RangeError("the batch is another evaluator's");
    if (index >>> 0 !== index || index >= batch.count) {
      throw new RangeError(`there is no record ${index}; the batch holds ${batch.count}`);
    }
    if (this.endian === "little") return this.#openTiers().one(batch.address + index * RECORD_SIZE);
    const out = new Uint32Array(1);
    this.evaluateBatch(batch.records.subarray(index * RECORD_SIZE, (index + 1) * RECORD_SIZE), out);
    return out[0] as number;
  }

  /** The instructions that one filter (the newest, unless named) executes for a call. */
  trace(record: SeccompData, filterIndex: number = this.filterCount - 1): Trace {
    this.#checkFilter(filterIndex);
    const machine = this.#put(record);
    const count = machine.trace(filterIndex);
    const view = new DataView(machine.memory.buffer);
    const steps = Array.from({ length: count }, (_, i) => {
      const at = machine.TRACE + STEP_SIZE * i;
      return {
        pc: view.getUint32(at, true),
        A: view.getUint32(at + 4, true),
        X: view.getUint32(at + 8, true),
      };
    });
    return { steps, ret: machine.traceResult() >>> 0 };
  }

  /** The instructions that a filter executes for a record: the `pc`s of {@link trace}, at a tenth of its cost. */
  path(record: SeccompData, filterIndex: number = this.filterCount - 1): readonly number[] {
    this.#checkFilter(filterIndex);
    const machine = this.#put(record);
    const count = machine.trace(filterIndex);
    const words = new Uint32Array(machine.memory.buffer, machine.TRACE, (count * STEP_SIZE) / 4);
    const pcs: number[] = [];
    for (let at = 0; at < words.length; at += STEP_SIZE / 4) pcs.push(words[at] as number);
    return pcs;
  }

  /** Lets go of the machine's memory; every later call throws. Closing twice does nothing. */
  close(): void {
    if (this.#machine !== undefined && !this.#isExposed) giveBackMachine(this.#machine);
    this.#machine = undefined;
    this.#tiers = undefined;
    this.#recordBytes = new Uint8Array(0);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): Machine {
    if (this.#machine === undefined) throw new Error("the evaluator is closed");
    return this.#machine;
  }

  #openTiers(): Tiers {
    if (this.#tiers === undefined) throw new Error("the evaluator is closed");
    return this.#tiers;
  }

  #put(record: SeccompData): Machine {
    const machine = this.#open();
    if (this.#recordBytes.length === 0) {
      // The first time, or after the memory has grown.
      this.#recordBytes = new Uint8Array(machine.memory.buffer, machine.RECORDS, RECORD_SIZE);
    }
    encodeRecord(record, this.endian, this.#recordBytes);
    if (this.endian === "big") machine.swap(1);
    return machine;
  }

  #checkFilter(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.filterCount) {
      throw new RangeError(`there is no filter ${index}; ${this.filterCount} are loaded`);
    }
  }
}

function requireOneOf(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new RangeError(`${name} must be one of ${choices.join(", ")}, not ${value}`);
}

/**
 * Loads filters, the oldest first, for a machine of the given byte order. Throws `filter-rejected`
 * when the kernel would refuse one of them, and a RangeError for another byte order or mode.
 *
 * ```ts
 * const evaluator = createEvaluator([[{ code: 0x06, jt: 0, jf: 0, k: 0x00050001 }]], "little");
 * evaluator.evaluate({ nr: 39, arch: 0xc000003e, ip: 0n, args: [] }); // 0x00050001
 * ```
 */
export function createEvaluator(
  filters: readonly (readonly Instruction[])[],
  endian: Endian,
  options: EvaluatorOptions = {},
): Evaluator {
  return new Evaluator(filters, endian, options);
}
