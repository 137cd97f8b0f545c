import type { Endian } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import {
  type Columns,
  countColumns,
  fromColumns,
  HEADER_SIZE,
  ROW_SIZE,
} from "../seccomp/columns.js";
import { ARCH_OFFSET, RECORD_SIZE } from "../seccomp/record.js";
import type { Answerer, Question } from "./jit.js";
import type { Machine } from "./module.js";
import type { Tiers } from "./tier.js";

/** Records looked at to find the commonest architecture of a batch. */
const SAMPLES = 9;

/**
 * Answers records in chunks that stay in the cache. Those of another memory are copied in, those of the
 * machine's own (in its byte order) answered where they lie; results likewise.
 */
export function runRecords(
  machine: Machine,
  tiers: Tiers,
  question: Question,
  endian: Endian,
  bytes: Uint8Array,
  out: Uint32Array,
): void {
  const total = bytes.length / RECORD_SIZE;
  if (!Number.isInteger(total)) {
    throw new SeccompSimError(
      "truncated-record",
      `records take ${RECORD_SIZE} bytes each, and ${bytes.length % RECORD_SIZE} bytes are left over`,
    );
  }
  checkRoom(total, out);
  const answerer = choose(machine, tiers, question, endian, bytes, RECORD_SIZE);
  const { buffer } = machine.memory;
  const inPlace = endian === "little" && bytes.buffer === buffer;
  const at: number = machine.RECORDS.value;
  const limit: number = machine.MAX_RECORDS.value;
  const staged = new Uint8Array(buffer, at, limit * RECORD_SIZE);
  eachChunk(machine, total, out, (done, count, results) => {
    if (inPlace) {
      answerer.records(bytes.byteOffset + done * RECORD_SIZE, results, count);
      return;
    }
    staged.set(bytes.subarray(done * RECORD_SIZE, (done + count) * RECORD_SIZE));
    if (endian === "big") machine.swap(count);
    answerer.records(at, results, count);
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
  checkRoom(total, out);
  const { headers, rows } = columns;
  const answerer = choose(machine, tiers, question, endian, headers, HEADER_SIZE);
  const { buffer } = machine.memory;
  const inPlace = headers.buffer === buffer && rows.buffer === buffer;
  const at: number = machine.RECORDS.value;
  const limit: number = machine.MAX_RECORDS.value;
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

function checkRoom(total: number, out: Uint32Array): void {
  if (out.length < total) {
    throw new RangeError(`${total} records need ${total} results, there is room for ${out.length}`);
  }
}

/** Chooses what answers the records whose headers lie `stride` bytes apart. */
function choose(
  machine: Machine,
  tiers: Tiers,
  question: Question,
  endian: Endian,
  headers: Uint8Array,
  stride: number,
): Answerer {
  const total = headers.length / stride;
  const answerer = tiers.choose(question, total);
  if (answerer.mode !== "interpreter" && total >= SAMPLES) {
    machine.prefer(commonestArch(headers, stride, total, endian));
  }
  return answerer;
}

/** The architecture of most records, judged by a few. */
function commonestArch(headers: Uint8Array, stride: number, total: number, endian: Endian): number {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength);
  const step = Math.floor(total / SAMPLES) * stride;
  const counts = new Map<number, number>();
  let best = 0;
  let most = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const arch = view.getUint32(i * step + ARCH_OFFSET, endian === "little");
    const count = (counts.get(arch) ?? 0) + 1;
    counts.set(arch, count);
    if (count > most) {
      most = count;
      best = arch;
    }
  }
  return best;
}

/** Calls `answer` for one chunk after another; results that lie elsewhere are copied out. */
function eachChunk(
  machine: Machine,
  total: number,
  out: Uint32Array,
  answer: (done: number, count: number, results: number) => void,
): void {
  const { buffer } = machine.memory;
  const limit: number = machine.MAX_RECORDS.value;
  const at: number = machine.RESULTS.value;
  const inPlace = out.buffer === buffer;
  const staged = new Uint32Array(buffer, at, limit);
  for (let done = 0; done < total; done += limit) {
    const count = Math.min(limit, total - done);
    answer(done, count, inPlace ? out.byteOffset + done * 4 : at);
    if (!inPlace) out.set(count === limit ? staged : staged.subarray(0, count), done);
  }
}
