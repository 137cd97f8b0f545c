// Batches by table. One pass looks every record's header up and stores its cell; records that the
// cells do not decide go to a queue, for a second pass over those alone.
import { ACTION_FULL, ALLOW } from "./batch";
import * as chain from "./chain";
import { RESIDUAL } from "./follow";
import { interpret } from "./interpreter";
import * as L from "./layout";
import * as tables from "./tables";
import * as W from "./workspace";

const HEADER_SIZE: u32 = L.RECORD_SIZE - L.ROW_SIZE;

/** Queues a record if its cell is marked; how many are queued then. */
function enqueue(cell: u32, record: u32, queued: u32): u32 {
  store<u32>(W.base + W.QUEUE + queued * 4, record);
  return queued + <u32>((cell & tables.mark) != 0);
}

/** Queues those of four records whose stored cells are marked. */
function enqueueMarked(results: usize, record: u32, queued: u32): u32 {
  queued = enqueue(load<u32>(results), record, queued);
  queued = enqueue(load<u32>(results, 4), record + 1, queued);
  queued = enqueue(load<u32>(results, 8), record + 2, queued);
  return enqueue(load<u32>(results, 12), record + 3, queued);
}

/** Looks up records one by one. */
function lookupEach(
  headers: usize,
  stride: u32,
  results: usize,
  record: u32,
  count: u32,
  queued: u32,
): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const cell = tables.find(load<u64>(headers));
    store<u32>(results, cell);
    queued = enqueue(cell, record + i, queued);
    headers += stride;
    results += 4;
  }
  return queued;
}

/**
 * Stores the cells of `count` records, whose headers lie 64 bytes apart, and queues those that are
 * marked. Returns how many.
 *
 * Four at a time where all four are in the leading window, which is what batches are mostly made of:
 * its size is a power of two, so one comparison of their distances' OR tells.
 */
export function lookupRecords(headers: usize, results: usize, count: u32): u32 {
  const first = tables.leader;
  const size = <u64>tables.leaderCount;
  const mark = tables.mark;
  const end = results + (count & ~3) * 4;
  const start = results;
  let queued: u32 = 0;
  for (; results < end; headers += 4 * L.RECORD_SIZE, results += 16) {
    const d0 = load<u64>(headers) - first;
    const d1 = load<u64>(headers, L.RECORD_SIZE) - first;
    const d2 = load<u64>(headers, 2 * L.RECORD_SIZE) - first;
    const d3 = load<u64>(headers, 3 * L.RECORD_SIZE) - first;
    if ((d0 | d1 | d2 | d3) < size) {
      const c0 = load<u32>((<usize>d0) << 2, L.CELLS);
      const c1 = load<u32>((<usize>d1) << 2, L.CELLS);
      const c2 = load<u32>((<usize>d2) << 2, L.CELLS);
      const c3 = load<u32>((<usize>d3) << 2, L.CELLS);
      store<u32>(results, c0);
      store<u32>(results, c1, 4);
      store<u32>(results, c2, 8);
      store<u32>(results, c3, 12);
      if (((c0 | c1 | c2 | c3) & mark) != 0) {
        queued = enqueueMarked(results, <u32>(results - start) >> 2, queued);
      }
    } else {
      const record = <u32>(results - start) >> 2;
      queued = lookupEach(headers, L.RECORD_SIZE, results, record, 4, queued);
    }
  }
  return lookupEach(headers, L.RECORD_SIZE, results, count & ~3, count & 3, queued);
}

/** The same for headers that lie side by side, as a column. */
export function lookupColumn(headers: usize, results: usize, count: u32): u32 {
  const first = tables.leader;
  const size = <u64>tables.leaderCount;
  const mark = tables.mark;
  const end = results + (count & ~3) * 4;
  const start = results;
  let queued: u32 = 0;
  for (; results < end; headers += 4 * HEADER_SIZE, results += 16) {
    const d0 = load<u64>(headers) - first;
    const d1 = load<u64>(headers, HEADER_SIZE) - first;
    const d2 = load<u64>(headers, 2 * HEADER_SIZE) - first;
    const d3 = load<u64>(headers, 3 * HEADER_SIZE) - first;
    if ((d0 | d1 | d2 | d3) < size) {
      const c0 = load<u32>((<usize>d0) << 2, L.CELLS);
      const c1 = load<u32>((<usize>d1) << 2, L.CELLS);
      const c2 = load<u32>((<usize>d2) << 2, L.CELLS);
      const c3 = load<u32>((<usize>d3) << 2, L.CELLS);
      store<u32>(results, c0);
      store<u32>(results, c1, 4);
      store<u32>(results, c2, 8);
      store<u32>(results, c3, 12);
      if (((c0 | c1 | c2 | c3) & mark) != 0) {
        queued = enqueueMarked(results, <u32>(results - start) >> 2, queued);
      }
    } else {
      const record = <u32>(results - start) >> 2;
      queued = lookupEach(headers, HEADER_SIZE, results, record, 4, queued);
    }
  }
  return lookupEach(headers, HEADER_SIZE, results, count & ~3, count & 3, queued);
}

/** What the filters of a residual say together about a record. */
function runResidual(residual: u32, record: usize, raw: bool): u32 {
  let link = chain.chainOf(residual);
  let item = chain.item(link);
  let word = item & RESIDUAL ? interpret(<u32>item, record) : <u32>item;
  for (link = chain.rest(link); link != chain.NONE; link = chain.rest(link)) {
    item = chain.item(link);
    word = chain.combine(word, item & RESIDUAL ? interpret(<u32>item, record) : <u32>item);
  }
  return !raw && (word & ACTION_FULL) == ALLOW ? ALLOW : word;
}

/** The word for one record. */
export function decideOne(record: usize, raw: bool): u32 {
  const cell = tables.find(load<u64>(record));
  if ((cell & tables.mark) == 0) return cell;
  return runResidual(cell & tables.RESIDUAL_MASK, record, raw);
}

/** Interprets the queued records; their results hold the marked cells. */
export function resolveRecords(records: usize, results: usize, queued: u32, raw: bool): void {
  for (let q: u32 = 0; q < queued; q++) {
    const i = load<u32>(W.base + W.QUEUE + q * 4);
    const result = results + i * 4;
    const residual = load<u32>(result) & tables.RESIDUAL_MASK;
    store<u32>(result, runResidual(residual, records + i * L.RECORD_SIZE, raw));
  }
}

/** The same for columns: headers, and rows of what follows them in a record. */
export function resolveColumns(
  headers: usize,
  rows: usize,
  results: usize,
  queued: u32,
  raw: bool,
): void {
  const record: usize = W.base + W.GATHERED;
  for (let q: u32 = 0; q < queued; q++) {
    const i = load<u32>(W.base + W.QUEUE + q * 4);
    const result = results + i * 4;
    store<u64>(record, load<u64>(headers + i * 8));
    memory.copy(record + 8, rows + i * L.ROW_SIZE, L.ROW_SIZE);
    const residual = load<u32>(result) & tables.RESIDUAL_MASK;
    store<u32>(result, runResidual(residual, record, raw));
  }
}
