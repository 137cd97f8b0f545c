// Batches by table. One pass looks every record's header up and stores its cell; records that the
// cells do not decide go to a queue, for a second pass over those alone.
import { ACTION_FULL, ALLOW } from "./batch";
import * as chain from "./chain";
import { RESIDUAL } from "./follow";
import { interpret } from "./interpreter";
import * as L from "./layout";
import * as tables from "./tables";
import * as W from "./workspace";

/** Looks up one record by itself; 1 if its cell is marked, whose place in the queue is `queued`. */
function lookupOne(header: usize, result: usize, record: u32, queued: u32): u32 {
  const cell = tables.find(load<u64>(header));
  store<u32>(result, cell);
  store<u32>(W.base + W.QUEUE + queued * 4, record);
  return <u32>((cell & tables.mark) != 0);
}

/**
 * Stores the cells of `count` records, whose headers lie 64 bytes apart, and queues those that are
 * marked. Returns how many.
 *
 * Four at a time where all four are in the first window, which is what batches are mostly made of:
 * its size is a power of two, so one comparison of their distances' OR tells.
 */
export function lookupRecords(headers: usize, results: usize, count: u32): u32 {
  const groups: u32 = tables.windows == 0 ? 0 : count & ~3;
  const first = tables.windowFirst(0);
  const size = <u64>tables.windowCount(0);
  const cells: usize = tables.windowCells(0);
  const mask = tables.headerMask;
  const mark = tables.mark;
  let queued: u32 = 0;
  let i: u32 = 0;
  for (; i < groups; i += 4) {
    const d0 = (load<u64>(headers) & mask) - first;
    const d1 = (load<u64>(headers, 64) & mask) - first;
    const d2 = (load<u64>(headers, 128) & mask) - first;
    const d3 = (load<u64>(headers, 192) & mask) - first;
    if ((d0 | d1 | d2 | d3) < size) {
      const c0 = load<u32>(cells + ((<usize>d0) << 2));
      const c1 = load<u32>(cells + ((<usize>d1) << 2));
      const c2 = load<u32>(cells + ((<usize>d2) << 2));
      const c3 = load<u32>(cells + ((<usize>d3) << 2));
      store<u32>(results, c0);
      store<u32>(results, c1, 4);
      store<u32>(results, c2, 8);
      store<u32>(results, c3, 12);
      if (((c0 | c1 | c2 | c3) & mark) != 0) {
        const queue: usize = W.base + W.QUEUE;
        store<u32>(queue + queued * 4, i);
        queued += <u32>((c0 & mark) != 0);
        store<u32>(queue + queued * 4, i + 1);
        queued += <u32>((c1 & mark) != 0);
        store<u32>(queue + queued * 4, i + 2);
        queued += <u32>((c2 & mark) != 0);
        store<u32>(queue + queued * 4, i + 3);
        queued += <u32>((c3 & mark) != 0);
      }
    } else {
      queued += lookupOne(headers, results, i, queued);
      queued += lookupOne(headers + 64, results + 4, i + 1, queued);
      queued += lookupOne(headers + 128, results + 8, i + 2, queued);
      queued += lookupOne(headers + 192, results + 12, i + 3, queued);
    }
    headers += 256;
    results += 16;
  }
  for (; i < count; i++) {
    queued += lookupOne(headers, results, i, queued);
    headers += 64;
    results += 4;
  }
  return queued;
}

/** The same for headers that lie side by side, as a column. */
export function lookupColumn(headers: usize, results: usize, count: u32): u32 {
  const groups: u32 = tables.windows == 0 ? 0 : count & ~3;
  const first = tables.windowFirst(0);
  const size = <u64>tables.windowCount(0);
  const cells: usize = tables.windowCells(0);
  const mask = tables.headerMask;
  const mark = tables.mark;
  let queued: u32 = 0;
  let i: u32 = 0;
  for (; i < groups; i += 4) {
    const d0 = (load<u64>(headers) & mask) - first;
    const d1 = (load<u64>(headers, 8) & mask) - first;
    const d2 = (load<u64>(headers, 16) & mask) - first;
    const d3 = (load<u64>(headers, 24) & mask) - first;
    if ((d0 | d1 | d2 | d3) < size) {
      const c0 = load<u32>(cells + ((<usize>d0) << 2));
      const c1 = load<u32>(cells + ((<usize>d1) << 2));
      const c2 = load<u32>(cells + ((<usize>d2) << 2));
      const c3 = load<u32>(cells + ((<usize>d3) << 2));
      store<u32>(results, c0);
      store<u32>(results, c1, 4);
      store<u32>(results, c2, 8);
      store<u32>(results, c3, 12);
      if (((c0 | c1 | c2 | c3) & mark) != 0) {
        const queue: usize = W.base + W.QUEUE;
        store<u32>(queue + queued * 4, i);
        queued += <u32>((c0 & mark) != 0);
        store<u32>(queue + queued * 4, i + 1);
        queued += <u32>((c1 & mark) != 0);
        store<u32>(queue + queued * 4, i + 2);
        queued += <u32>((c2 & mark) != 0);
        store<u32>(queue + queued * 4, i + 3);
        queued += <u32>((c3 & mark) != 0);
      }
    } else {
      queued += lookupOne(headers, results, i, queued);
      queued += lookupOne(headers + 8, results + 4, i + 1, queued);
      queued += lookupOne(headers + 16, results + 8, i + 2, queued);
      queued += lookupOne(headers + 24, results + 12, i + 3, queued);
    }
    headers += 32;
    results += 16;
  }
  for (; i < count; i++) {
    queued += lookupOne(headers, results, i, queued);
    headers += 8;
    results += 4;
  }
  return queued;
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
