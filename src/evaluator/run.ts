import type { Endian } from "../bpf/instruction.js";
import {
  type Columns,
  countColumns,
  fromColumns,
  HEADER_SIZE,
  ROW_SIZE,
} from "../seccomp/columns.js";
import { ARCH_OFFSET, RECORD_SIZE, recordCount, requireRoom } from "../seccomp/record.js";
import type { Answerer, Question } from "./jit.js";
import type { Machine } from "./module.js";
import type { Tiers } from "./tier.js";

/** In batches from this size on it matters which architecture is looked up first. */
const SAMPLED = 256;

/** Answers records of 64 bytes. */
export function runRecords(
  machine: Machine,
  tiers: Tiers,
  question: Question,
  endian: Endian,
  bytes: Uint8Array,
  out: Uint32Array,
): void {
  const total = recordCount(bytes);
  requireRoom(total, out);
  const answerer = choose(tiers, question, endian, bytes, RECORD_SIZE);
  eachRecords(machine, endian, bytes, out, (records, results, count) => {
    answerer.records(records, results, count);
  });
}

/** Counts the instructions that the whole stack executes for each record. */
export function countRecords(
  machine: Machine,
  endian: Endian,
  bytes: Uint8Array,
  out: Uint32Array,
): void {
  requireRoom(recordCount(bytes), out);
  eachRecords(machine, endian, bytes, out, (records, results, count) => {
    machine.count(records, results, count);
  });
}

/**
 * Adds what each filter executes for the records to its marks, one byte for each instruction: 1 it ran, 2
 * it jumped by its true side, 4 by its false one.
 */
export function markRecords(
  machine: Machine,
  endian: Endian,
  bytes: Uint8Array,
  marks: readonly Uint8Array[],
): void {
  recordCount(bytes);
  const { buffer } = machine.memory;
  const all = new Uint8Array(buffer, machine.MARKS, sizeOf(marks)).fill(0);
  // There are no words to be copied out.
  const none = new Uint32Array(buffer, machine.RESULTS, 0);
  eachRecords(machine, endian, bytes, none, (records, _, count) => machine.mark(records, count));
  let at = 0;
  for (const one of marks) {
    for (let pc = 0; pc < one.length; pc++, at++) one[pc] = (one[pc] ?? 0) | (all[at] ?? 0);
  }
}

function sizeOf(marks: readonly Uint8Array[]): number {
  return marks.reduce((sum, { length }) => sum + length, 0);
}

/**
 * Takes records in chunks that stay in the cache. Those of another memory are copied in, those of the
 * machine's own (in its byte order) taken where they lie; results likewise.
 */
function eachRecords(
  machine: Machine,
  endian: Endian,
  bytes: Uint8Array,
  out: Uint32Array,
  answer: (records: number, results: number, count: number) => void,
): void {
  const total = bytes.length / RECORD_SIZE;
  const { buffer } = machine.memory;
  if (endian === "little" && bytes.buffer === buffer) {
    const { byteOffset } = bytes;
    eachChunk(machine, total, out, (done, count, results) => {
      answer(byteOffset + done * RECORD_SIZE, results, count);
    });
    return;
  }
  const at = machine.RECORDS;
  const limit = machine.MAX_RECORDS;
  const staged = new Uint8Array(buffer, at, limit * RECORD_SIZE);
  eachChunk(machine, total, out, (done, count, results) => {
    staged.set(bytes.subarray(done * RECORD_SIZE, (done + count) * RECORD_SIZE));
    if (endian === "big") machine.swap(count);
    answer(at, results, count);
  });
}

/** The same for columns: foreign rows are copied only where the header does not decide. */
export function runColumns(
  machine: Machine,
  tiers: Tiers,
  question: Question,
  endian: Endian,
  columns: Columns,
  out: Uint32Array,
): void {
  const total = countColumns(columns);
  requireRoom(total, out);
  const { headers, rows } = columns;
  const answerer = choose(tiers, question, endian, headers, HEADER_SIZE);
  const { buffer } = machine.memory;
  const inPlace = headers.buffer === buffer && rows.buffer === buffer;
  const at = machine.RECORDS;
  const limit = machine.MAX_RECORDS;
  const staged = new Uint8Array(buffer, at, limit * RECORD_SIZE);
  const rowsAt = at + limit * HEADER_SIZE;
  eachChunk(machine, total, out, (done, count, results) => {
    const chunk = {
      headers: headers.subarray(done * HEADER_SIZE, (done + count) * HEADER_SIZE),
      rows: rows.subarray(done * ROW_SIZE, (done + count) * ROW_SIZE),
    };
    if (!answerer.columns || endian === "big") {
      fromColumns(chunk, staged);
      if (endian === "big") machine.swap(count);
      answerer.records(at, results, count);
    } else if (inPlace) {
      const { headers, rows } = chunk;
      answerer.columns(headers.byteOffset, rows.byteOffset, results, count, nothingToFetch);
    } else {
      staged.set(chunk.headers);
      answerer.columns(at, rowsAt, results, count, (queued) => {
        fetchRows(machine, chunk.rows, staged.subarray(limit * HEADER_SIZE), queued);
      });
    }
  });
}

function nothingToFetch(): void {}

/** Copies the rows that the queue names, one by one if they are few. */
function fetchRows(machine: Machine, rows: Uint8Array, into: Uint8Array, queued: number): void {
  if (queued * 8 > rows.length / ROW_SIZE) {
    into.set(rows);
    return;
  }
  const queue = new Uint32Array(machine.memory.buffer, machine.queueAddress(), queued);
  for (const record of queue) {
    const at = record * ROW_SIZE;
    into.set(rows.subarray(at, at + ROW_SIZE), at);
  }
}

/** Chooses what answers the records whose headers lie `stride` bytes apart. */
function choose(
  tiers: Tiers,
  question: Question,
  endian: Endian,
  headers: Uint8Array,
  stride: number,
): Answerer {
  const total = headers.length / stride;
  const answerer = tiers.choose(question, total);
  if (answerer.mode === "interpreter" || total < SAMPLED) return answerer;
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength);
  const little = endian === "little";
  const last = headers.length - stride;
  const middle = Math.floor(total / 2) * stride;
  const arch = view.getUint32(last + ARCH_OFFSET, little);
  // Three of one architecture speak for the others; a mixed batch leaves things as they are.
  if (
    arch === view.getUint32(ARCH_OFFSET, little) &&
    arch === view.getUint32(middle + ARCH_OFFSET, little)
  ) {
    tiers.prefer(arch);
  }
  return answerer;
}

/** Calls `answer` for one chunk after another; results that lie elsewhere are copied out. */
function eachChunk(
  machine: Machine,
  total: number,
  out: Uint32Array,
  answer: (done: number, count: number, results: number) => void,
): void {
  const { buffer } = machine.memory;
  const limit = machine.MAX_RECORDS;
  if (out.buffer === buffer) {
    const { byteOffset } = out;
    for (let done = 0; done < total; done += limit) {
      answer(done, Math.min(limit, total - done), byteOffset + done * 4);
    }
    return;
  }
  const at = machine.RESULTS;
  const staged = new Uint32Array(buffer, at, Math.min(limit, total));
  for (let done = 0; done < total; done += limit) {
    const count = Math.min(limit, total - done);
    answer(done, count, at);
    out.set(count === staged.length ? staged : staged.subarray(0, count), done);
  }
}
