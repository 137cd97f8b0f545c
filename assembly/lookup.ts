// Batches by table. One pass looks every record's header up and stores its cell; records that the
// cells do not decide go to a queue, for a second pass over those alone.
import { ACTION_FULL, ALLOW } from "./batch";
import * as chain from "./chain";
import { RESIDUAL } from "./follow";
import { interpret } from "./interpreter";
import * as L from "./layout";
import * as tables from "./tables";
import * as W from "./workspace";

/** A record's first 8 bytes, as a column has them side by side. */
class Header {
  nr: u32;
  arch: u32;
}

/** A whole record. */
class Data extends Header {
  ip: u64;
  arg0: u64;
  arg1: u64;
  arg2: u64;
  arg3: u64;
  arg4: u64;
  arg5: u64;
}

/** Stores the cells of two neighbours, given the leading window; the bits of both. */
function lookupPair<T>(header: usize, result: usize, first: u64, size: u64): u32 {
  const one = load<u32>((<usize>min(load<u64>(header) - first, size)) << 2, L.CELLS);
  store<u32>(result, one);
  const two = load<u32>((<usize>min(load<u64>(header, offsetof<T>()) - first, size)) << 2, L.CELLS);
  store<u32>(result, two, 4);
  return one | two;
}

/** Queues those of two neighbours that are marked, given how many are queued. Returns how many then. */
function enqueuePair(queue: usize, queued: u32, record: u32, result: usize, mark: u32): u32 {
  store<u32>(queue + queued * 4, record);
  queued += <u32>((load<u32>(result) & mark) != 0);
  store<u32>(queue + queued * 4, record + 1);
  return queued + <u32>((load<u32>(result, 4) & mark) != 0);
}

/** Queues the marked ones of groups, listed by their results. Returns how many. */
function enqueue(results: usize, apart: u32, list: usize, last: usize): u32 {
  const queue: usize = W.base + W.QUEUE;
  const mark = tables.mark;
  const lane: usize = apart * 4;
  let queued: u32 = 0;
  for (; list < last; list += 4) {
    const result: usize = load<u32>(list);
    const record = <u32>(result - results) >> 2;
    queued = enqueuePair(queue, queued, record, result, mark);
    queued = enqueuePair(queue, queued, record + apart, result + lane, mark);
    queued = enqueuePair(queue, queued, record + 2 * apart, result + 2 * lane, mark);
    queued = enqueuePair(queue, queued, record + 3 * apart, result + 3 * lane, mark);
  }
  return queued;
}

/** Looks elsewhere for what lies outside of the leading window. Returns how many stay in the queue. */
function lookElsewhere(headers: usize, stride: u32, results: usize, queued: u32): u32 {
  const queue: usize = W.base + W.QUEUE;
  const mark = tables.mark;
  const outside = mark | tables.OUTSIDE;
  let left: u32 = 0;
  for (let q: u32 = 0; q < queued; q++) {
    const record = load<u32>(queue + q * 4);
    const result = results + record * 4;
    let cell = load<u32>(result);
    if (cell == outside) {
      cell = tables.find(load<u64>(headers + record * stride));
      store<u32>(result, cell);
    }
    store<u32>(queue + left * 4, record);
    left += <u32>((cell & mark) != 0);
  }
  return left;
}

/**
 * Stores the cells of `count` records, and queues those that are marked. Returns how many.
 *
 * The loop takes groups of four pairs of neighbours and has no branch that depends on a record: one that
 * is predicted wrongly waits for memory. Records are large, so the pairs come from four stretches: the
 * processor fetches each of them ahead, which it does not do beyond the end of a page.
 */
function lookup<T>(headers: usize, results: usize, count: u32): u32 {
  const first = tables.leader;
  const size = <u64>tables.leaderCount;
  const mark = tables.mark;
  const list: usize = W.base + W.GROUPS;
  const groups = count >> 3;
  const isColumn = offsetof<T>() == offsetof<Header>();
  // From one pair of a group to the next, and from group to group, in records.
  const apart: u32 = isColumn ? 2 : 2 * groups;
  const step: usize = isColumn ? 8 : 2;
  const stride: usize = apart * offsetof<T>();
  const lane: usize = apart * 4;
  const end = results + groups * step * 4;
  let last = list;
  let header = headers;
  let result = results;
  for (; result < end; result += step * 4, header += step * offsetof<T>()) {
    const bits =
      lookupPair<T>(header, result, first, size) |
      lookupPair<T>(header + stride, result + lane, first, size) |
      lookupPair<T>(header + 2 * stride, result + 2 * lane, first, size) |
      lookupPair<T>(header + 3 * stride, result + 3 * lane, first, size);
    store<u32>(last, <u32>result);
    last += (<usize>((bits & mark) != 0)) << 2;
  }
  let queued = enqueue(results, apart, list, last);
  for (let i = groups * 8; i < count; i++) {
    const header = load<u64>(headers + i * offsetof<T>());
    const cell = load<u32>((<usize>min(header - first, size)) << 2, L.CELLS);
    store<u32>(results + i * 4, cell);
    store<u32>(W.base + W.QUEUE + queued * 4, i);
    queued += <u32>((cell & mark) != 0);
  }
  return lookElsewhere(headers, offsetof<T>(), results, queued);
}

/** Looks up records that lie one after another. */
export function lookupRecords(records: usize, results: usize, count: u32): u32 {
  return lookup<Data>(records, results, count);
}

/** Looks up a column of headers; `rows` is where what follows them lies. */
export function lookupColumn(headers: usize, rows: usize, results: usize, count: u32): u32 {
  const queued = lookup<Header>(headers, results, count);
  // The rows to come are far apart. Touched all at once they are on their way together.
  let touched: u32 = 0;
  for (let q: u32 = 0; q < queued; q++) {
    const row = rows + load<u32>(W.base + W.QUEUE + q * 4) * L.ROW_SIZE;
    touched |= load<u32>(row) | load<u32>(row, L.ROW_SIZE - 4);
  }
  store<u32>(W.base + W.GATHERED, touched);
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
  const header = load<u64>(record);
  const distance = header - tables.leader;
  const led = distance < <u64>tables.leaderCount;
  const cell = led ? load<u32>((<usize>distance) << 2, L.CELLS) : tables.find(header);
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
