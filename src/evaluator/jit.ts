import { HEADER_SIZE, ROW_SIZE } from "../seccomp/columns.js";
import { RECORD_SIZE } from "../seccomp/record.js";
import type { Machine } from "./module.js";

/**
 * What answers batches.
 *
 * - `interpreter` runs every instruction.
 * - `table` looks the call's number and architecture up in dense tables and interprets only what they
 *   leave open.
 * - `jit` looks up likewise, and what is left open runs as WebAssembly made for this stack.
 *
 * All give the same words.
 */
export type EvaluatorMode = "interpreter" | "table" | "jit";

/** Whose words: one filter's (0 = oldest), or the whole stack's (-1); with the data of an ALLOW or not. */
export interface Question {
  readonly filter: number;
  readonly raw: boolean;
}

/** Answers records that lie in the machine's memory. At most MAX_RECORDS at once. */
export interface Answerer {
  readonly mode: EvaluatorMode;
  records(records: number, results: number, count: number): void;
  /** The same for columns, where it can be had without putting records together. */
  columns?(headers: number, rows: number, results: number, count: number, fetch: Fetch): void;
}

/** Brings the rows of `queued` records, whose numbers lie in the queue, before they are looked at. */
export type Fetch = (queued: number) => void;

/** What the encoded module exports; see assembly/emit.ts. */
type Residual = (
  headers: number,
  headerStride: number,
  records: number,
  recordStride: number,
  results: number,
  queue: number,
  count: number,
) => void;

/** Makes the tables that answer `question`. They replace the machine's earlier ones. */
export function makeTables(machine: Machine, { filter, raw }: Question): boolean {
  return machine.makeTables(filter, raw ? 1 : 0) !== 0;
}

/** Encodes what the machine's tables leave open, and puts the constants of that code in place. */
export function encodeResidual(machine: Machine, { filter, raw }: Question): number {
  return machine.encode(filter, raw ? 1 : 0);
}

/**
 * Compiles what the machine's tables, just made for `question`, leave open. Where that cannot be, or
 * may not (a page's content-security policy), the answer is `undefined`.
 */
export function compileResidual(machine: Machine, question: Question): Residual | undefined {
  const length = encodeResidual(machine, question);
  if (length === 0) return undefined;
  const code = new Uint8Array(machine.memory.buffer, machine.codeAddress(), length);
  try {
    const module = new WebAssembly.Module(code.slice());
    const { exports } = new WebAssembly.Instance(module, { env: { memory: machine.memory } });
    return exports.residual as Residual;
  } catch {
    return undefined;
  }
}

/** Answers by the machine's tables; without `residual` the interpreter does the rest. */
export function tableAnswerer(
  machine: Machine,
  { raw }: Question,
  residual: Residual | undefined,
  mode: EvaluatorMode,
): Answerer {
  const queue = machine.queueAddress();
  const keep = raw ? 1 : 0;
  return {
    mode,
    records(records, results, count) {
      const queued = machine.lookupRecords(records, results, count);
      if (queued === 0) return;
      if (residual) residual(records, RECORD_SIZE, records, RECORD_SIZE, results, queue, queued);
      else machine.resolveRecords(records, results, queued, keep);
    },
    columns(headers, rows, results, count, fetch) {
      const queued = machine.lookupColumn(headers, rows, results, count);
      if (queued === 0) return;
      fetch(queued);
      if (residual) {
        // Where a record would begin if its row came right behind its header.
        const records = rows - HEADER_SIZE;
        residual(headers, HEADER_SIZE, records, ROW_SIZE, results, queue, queued);
      } else {
        machine.resolveColumns(headers, rows, results, queued, keep);
      }
    },
  };
}
