// The module's ABI. The host puts a program at INPUT and calls `loadFilter`; has records somewhere in
// memory, at RECORDS or beyond what is taken, and calls `decide` or `run`; finds words where it asked
// for them. Larger jobs go by table: `makeTables`, then for each batch `lookupRecords`, whose queue
// `resolveRecords` or the module made by `encode` answers. All addresses are bytes; see layout.ts.
import { decideBatch, runAll, runBatch } from "./batch";
import { residuals as residualCount } from "./chain";
import { decode } from "./decode";
import { emit, mayAllowWithData } from "./emit";
import * as L from "./layout";
import * as lookup from "./lookup";
import { swapWords } from "./record";
import * as tables from "./tables";
import { countBatch, markBatch, traceResult as tracedWord, trace as traceFilter } from "./trace";
import * as check from "./verify";
import * as W from "./workspace";

export const INPUT: u32 = L.INPUT;
export const TRACE: u32 = L.TRACE;
export const MARKS: u32 = L.MARKS;
export const WORDS: u32 = L.WORDS;
export const RECORDS: u32 = L.RECORDS;
export const RESULTS: u32 = L.RESULTS;
export const MAX_INSTRUCTIONS: u32 = L.MAX_INSTRUCTIONS;
export const MAX_RECORDS: u32 = L.MAX_RECORDS;

let filters: u32 = 0;
let slots: u32 = 0;
let chain: u32 = 0;

/** Makes room. Must be the first call; false if there is no memory. */
export function init(): bool {
  return L.reserve();
}

/** Would the kernel load the program at INPUT as the only filter? 0, or a reason. */
export function verify(length: u32): u32 {
  return check.verify(length);
}

/** The instruction that the last refusal is about. */
export function failedPc(): u32 {
  return check.failedPc;
}

/** Length of the accepted program at INPUT after the kernel's translation. */
export function translatedLength(length: u32): u32 {
  return check.translatedLength(length);
}

/** Adds the program at INPUT to the stack, on top. 0, or the reason why the kernel would not. */
export function loadFilter(length: u32): u32 {
  const reason = check.verify(length);
  if (reason != check.OK) return reason;
  const translated = check.translatedLength(length);
  // linux kernel/seccomp.c `seccomp_attach_filter`: each filter that is there already costs 4 more.
  if (chain + translated > L.MAX_CHAIN) return check.CHAIN_TOO_LONG;
  const at = L.SLOTS + slots * L.SLOT_SIZE;
  decode(at, length);
  store<u32>(L.FILTERS + filters * 4, at);
  filters++;
  slots += length;
  store<u32>(L.FILTERS + filters * 4, L.SLOTS + slots * L.SLOT_SIZE);
  chain += translated + L.CHAIN_PENALTY;
  return check.OK;
}

/** Empties the stack. */
export function reset(): void {
  filters = 0;
  slots = 0;
  chain = 0;
}

/** Sum of the chain so far, with the cost of each filter for those to come. */
export function chainLength(): u32 {
  return chain;
}

/** Brings `count` big-endian records at RECORDS into the order that loads expect. */
export function swap(count: u32): void {
  if (count <= L.MAX_RECORDS) swapWords(L.RECORDS, count);
}

/** Words of the whole stack for `count` records; `raw` keeps the data of an ALLOW. */
export function decide(records: u32, results: u32, count: u32, raw: bool): void {
  decideBatch(records, results, count, filters, raw);
}

/** Words of one filter (0 = oldest) for `count` records. */
export function run(records: u32, results: u32, count: u32, filter: u32): void {
  if (filter < filters) runBatch(records, results, count, filter);
}

/** Words of every filter for the first record, at WORDS. */
export function words(): void {
  runAll(filters);
}

/** Traces one filter on the first record: number of steps at TRACE, 0 if there is no such filter. */
export function trace(filter: u32): u32 {
  return filter < filters ? traceFilter(filter) : 0;
}

/** What the traced filter returned. */
export function traceResult(): u32 {
  return tracedWord;
}

/** How many instructions of the whole stack are executed for `count` records. */
export function count(records: u32, counts: u32, count: u32): void {
  countBatch(records, counts, count, filters);
}

/** Adds what `count` records make the whole stack execute to MARKS, a byte for each instruction. */
export function mark(records: u32, count: u32): void {
  markBatch(records, count, filters);
}

/** Takes the room that tables need, which otherwise `makeTables` does. False if there is none. */
export function reserveTables(): bool {
  return W.reserve();
}

/**
 * Makes look-up tables of one filter, or of the whole stack (`filter` -1); `raw` keeps the data of an
 * ALLOW. False if there is nothing loaded or no memory. Memory may grow.
 */
export function makeTables(filter: i32, raw: bool): bool {
  if (filters == 0 || filter >= <i32>filters || !W.reserve()) return false;
  if (filter < 0) tables.build(0, filters, raw);
  else tables.build(<u32>filter, <u32>filter + 1, raw);
  return true;
}

/** How many residuals the tables have: 0 if headers decide everything. */
export function residuals(): u32 {
  return residualCount;
}

/** May a filter of the stack return an ALLOW with data, which `raw` keeps? */
export function allowsWithData(): bool {
  return filters > 0 && mayAllowWithData(0, filters);
}

/** Tells look-ups which architecture most records are of. */
export function prefer(arch: u32): void {
  tables.prefer(arch);
}

/** Looks up `count` records; how many are queued, for they need more than their header. */
export function lookupRecords(records: u32, results: u32, count: u32): u32 {
  return count <= L.MAX_RECORDS ? lookup.lookupRecords(records, results, count) : 0;
}

/** The same by a column of headers; the others of a record's words are in `rows`. */
export function lookupColumn(headers: u32, rows: u32, results: u32, count: u32): u32 {
  return count <= L.MAX_RECORDS ? lookup.lookupColumn(headers, rows, results, count) : 0;
}

/** Interprets the `queued` records of the last look-up. */
export function resolveRecords(records: u32, results: u32, queued: u32, raw: bool): void {
  lookup.resolveRecords(records, results, queued, raw);
}

/** The same where the records are columns. */
export function resolveColumns(
  headers: u32,
  rows: u32,
  results: u32,
  queued: u32,
  raw: bool,
): void {
  lookup.resolveColumns(headers, rows, results, queued, raw);
}

/** The word for the record at `record`, by table. */
export function decideOne(record: u32, raw: bool): u32 {
  return lookup.decideOne(record, raw);
}

/** Encodes the module for the tables last made; its length at `codeAddress`, 0 if it cannot be. */
export function encode(filter: i32, raw: bool): u32 {
  return filter < 0 ? emit(0, filters, raw) : emit(<u32>filter, <u32>filter + 1, raw);
}

export function codeAddress(): u32 {
  return W.base + W.CODE;
}

export function queueAddress(): u32 {
  return W.base + W.QUEUE;
}
