// The WebAssembly module that answers queued records of the tables last made:
//
//   import  env.memory
//   export  residual(headers, headerStride, records, recordStride, results, queue, count)
//
// For each of the queue's u32 record numbers, the marked cell at its place among the results is
// replaced by the stack's word. Words 0 and 1 of a record come from its header, the others from
// its record, so columns are served by other strides.
import { ACTION_FULL, ALLOW } from "./batch";
import * as out from "./bytes";
import * as chain from "./chain";
import { BLOCK_LOCALS, emitBlocks } from "./emit-blocks";
import { emitSelect, emitShared, SELECT_LOCALS } from "./emit-select";
import { addShape, isShared, resetShapes, sharedLabel } from "./emit-shapes";
import { RESIDUAL } from "./follow";
import * as L from "./layout";
import * as op from "./opcode";
import { RESIDUAL_MASK } from "./tables";
import * as w from "./wasm";
import * as W from "./workspace";

// The driver's parameters and locals.
const HEADERS: u32 = 0;
const HEADER_STRIDE: u32 = 1;
const RECORDS: u32 = 2;
const RECORD_STRIDE: u32 = 3;
const RESULTS: u32 = 4;
const QUEUE: u32 = 5;
const COUNT: u32 = 6;
const RESULT: u32 = 7;
const HEADER: u32 = 8;
const RECORD: u32 = 9;
const NEWER: u32 = 10;
const OLDER: u32 = 11;
const LIST: u32 = 12;
const FIRST_FREE: u32 = 13;

// How a residual's first instruction is encoded: not known yet, by selects, or as an entry of its
// filter's function: function and number of the entry.
const UNKNOWN: u32 = 0;
const SELECTS: u32 = 1;
const CALLS: u32 = 2;
const ENTRY_BITS: u32 = 12;

/** Items of chains that are worth being encoded. */
const MAX_ITEMS: u32 = 16384;

function plan(slot: u32): usize {
  return W.base + W.CLASS_OF_SLOT + ((slot - L.SLOTS) / L.SLOT_SIZE) * 4;
}

/** Decides how each residual is encoded; false if there are too many. */
function planAll(firstFilter: u32, endFilter: u32): bool {
  let items: u32 = 0;
  const start = plan(L.filterStart(firstFilter));
  memory.fill(start, 0, plan(L.filterEnd(endFilter - 1)) - start);
  for (let id: u32 = 0; id < chain.residuals; id++) {
    for (let link = chain.chainOf(id); link != chain.NONE; link = chain.rest(link)) {
      if (++items > MAX_ITEMS) return false;
      const item = chain.item(link);
      if ((item & RESIDUAL) == 0 || load<u32>(plan(<u32>item)) != UNKNOWN) continue;
      const before = out.position();
      const selects = emitSelect(<u32>item, FIRST_FREE);
      out.rewind(before);
      store<u32>(plan(<u32>item), selects ? SELECTS : CALLS);
    }
  }
  return true;
}

/** The slot of a residual that is one short way, or 0. */
function onlySlot(id: u32): u32 {
  const link = chain.chainOf(id);
  const item = chain.item(link);
  if ((item & RESIDUAL) == 0 || chain.rest(link) != chain.NONE) return 0;
  return load<u32>(plan(<u32>item)) == SELECTS ? <u32>item : 0;
}

/** Finds out which residuals have the same code. */
function planShapes(): void {
  const before = out.position();
  resetShapes();
  for (let id: u32 = 0; id < chain.residuals; id++) addShape(id, onlySlot(id), FIRST_FREE);
  out.rewind(before);
}

/** Numbers the entries of a filter and lists them; how many there are. */
function listEntries(filter: u32, func: u32): u32 {
  const end = L.filterEnd(filter);
  let entries: u32 = 0;
  for (let slot = L.filterStart(filter); slot < end; slot += L.SLOT_SIZE) {
    if (load<u32>(plan(slot)) < CALLS) continue;
    store<u32>(W.base + W.ENTRIES + entries * 4, slot);
    store<u32>(plan(slot), (func << ENTRY_BITS) | entries);
    entries++;
  }
  return entries;
}

/** Leaves on the stack what one filter says. */
function emitItem(item: u64): void {
  if ((item & RESIDUAL) == 0) {
    w.constant(<u32>item);
    return;
  }
  const how = load<u32>(plan(<u32>item));
  if (how == SELECTS) {
    emitSelect(<u32>item, FIRST_FREE);
    return;
  }
  w.get(HEADER);
  w.get(RECORD);
  w.constant(how & ((1 << ENTRY_BITS) - 1));
  w.call(how >> ENTRY_BITS);
}

function pushAction(local: u32): void {
  w.get(local);
  w.constant(ACTION_FULL);
  out.byte(w.I32_AND);
}

/** Leaves on the stack what all filters of a residual say together. */
function emitChain(link: u32): bool {
  emitItem(chain.item(link));
  for (link = chain.rest(link); link != chain.NONE; link = chain.rest(link)) {
    if (!out.fits()) return false;
    w.set(NEWER);
    emitItem(chain.item(link));
    w.tee(OLDER);
    w.get(NEWER);
    pushAction(OLDER);
    pushAction(NEWER);
    out.byte(w.I32_LT_S);
    out.byte(w.SELECT);
  }
  return true;
}

/** May a filter return an ALLOW with data, which the kernel drops? */
export function mayAllowWithData(firstFilter: u32, endFilter: u32): bool {
  const end = L.filterEnd(endFilter - 1);
  for (let slot = L.filterStart(firstFilter); slot < end; slot += L.SLOT_SIZE) {
    const code = load<u16>(slot, L.SLOT_CODE);
    if (code == op.RET_A) return true;
    const k = load<u32>(slot, L.SLOT_K);
    if (code == op.RET_K && (k & ACTION_FULL) == ALLOW && k != ALLOW) return true;
  }
  return false;
}

/** Address of an element: base + index * stride. */
function element(base: u32, stride: u32): void {
  w.get(base);
  w.get(NEWER);
  w.get(stride);
  out.byte(w.I32_MUL);
  out.byte(w.I32_ADD);
}

/** Address of a word: base + index * 4. */
function word(base: u32, index: u32): void {
  w.get(index);
  w.constant(2);
  out.byte(w.I32_SHL);
  w.get(base);
  out.byte(w.I32_ADD);
}

function emitDriver(clamp: bool): bool {
  const size = out.openSize();
  out.two(1, FIRST_FREE - RESULT + SELECT_LOCALS);
  out.byte(w.I32);
  // The queue's end takes the count's place.
  word(QUEUE, COUNT);
  w.set(COUNT);
  w.open(w.BLOCK, w.VOID);
  w.open(w.LOOP, w.VOID);
  w.get(QUEUE);
  w.get(COUNT);
  out.byte(w.I32_EQ);
  w.branchIf(1);
  w.get(QUEUE);
  w.loadWord(0);
  w.set(NEWER);
  element(HEADERS, HEADER_STRIDE);
  w.set(HEADER);
  element(RECORDS, RECORD_STRIDE);
  w.set(RECORD);
  word(RESULTS, NEWER);
  w.tee(RESULT);
  w.open(w.BLOCK, w.I32);
  if (!emitDispatch()) return false;
  out.byte(w.END);
  if (clamp) {
    w.set(NEWER);
    w.constant(ALLOW);
    w.get(NEWER);
    pushAction(NEWER);
    w.constant(ALLOW);
    out.byte(w.I32_EQ);
    out.byte(w.SELECT);
  }
  w.storeWord(0);
  w.get(QUEUE);
  w.constant(4);
  out.byte(w.I32_ADD);
  w.set(QUEUE);
  w.branch(0);
  out.byte(w.END);
  out.byte(w.END);
  out.byte(w.END);
  out.closeSize(size);
  return true;
}

/** The label of a residual's code, given how many there are so far. */
function labelOf(id: u32, next: u32): u32 {
  return isShared(id) ? sharedLabel(id, next) : next;
}

/** Goes to a residual's code by its number. */
function emitDispatch(): bool {
  const count = chain.residuals;
  let labels: u32 = 0;
  for (let id: u32 = 0; id < count; id++) {
    if (labelOf(id, labels) == labels) labels++;
  }
  for (let label: u32 = 0; label < labels; label++) {
    if (!out.fits()) return false;
    w.open(w.BLOCK, w.VOID);
  }
  w.get(RESULT);
  w.loadWord(0);
  w.constant(RESIDUAL_MASK);
  out.byte(w.I32_AND);
  w.tee(LIST);
  out.byte(w.BR_TABLE);
  out.unsigned(count - 1);
  let next: u32 = 0;
  for (let id: u32 = 0; id < count; id++) {
    if (!out.fits()) return false;
    const label = labelOf(id, next);
    out.unsigned(label);
    if (label == next) next++;
  }
  next = 0;
  for (let id: u32 = 0; id < count; id++) {
    if (labelOf(id, next) != next) continue;
    if (!out.fits()) return false;
    out.byte(w.END);
    if (!emitCode(id)) return false;
    if (++next < labels) w.branch(labels - next);
  }
  return true;
}

/** A residual's code, or that of all that share it. */
function emitCode(id: u32): bool {
  if (!isShared(id)) return emitChain(chain.chainOf(id));
  // From the residual's number to its list of constants.
  w.get(LIST);
  w.constant(W.SHARED_SIZE);
  out.byte(w.I32_MUL);
  w.set(LIST);
  return emitShared(onlySlot(id), id, FIRST_FREE);
}

function emitFilter(filter: u32, func: u32): bool {
  const entries = listEntries(filter, func);
  const size = out.openSize();
  out.two(1, BLOCK_LOCALS);
  out.byte(w.I32);
  if (!emitBlocks(L.filterStart(filter), L.filterEnd(filter), entries)) return false;
  out.byte(w.END);
  out.closeSize(size);
  return true;
}

/** Everything before the code: types, the import of memory, functions, the export. */
function emitHead(functions: u32): void {
  out.two(0x00, 0x61);
  out.two(0x73, 0x6d);
  out.two(1, 0);
  out.two(0, 0);
  let size = section(1);
  out.two(2, 0x60);
  out.byte(7);
  for (let i: u32 = 0; i < 7; i++) out.byte(w.I32);
  out.two(0, 0x60);
  out.byte(3);
  for (let i: u32 = 0; i < 3; i++) out.byte(w.I32);
  out.two(1, w.I32);
  out.closeSize(size);
  size = section(2);
  out.byte(1);
  name("env");
  name("memory");
  out.two(2, 0);
  out.byte(1);
  out.closeSize(size);
  size = section(3);
  out.unsigned(functions);
  out.byte(0);
  for (let i: u32 = 1; i < functions; i++) out.byte(1);
  out.closeSize(size);
  size = section(7);
  out.byte(1);
  name("residual");
  out.two(0, 0);
  out.closeSize(size);
}

function section(id: u32): u32 {
  out.byte(id);
  return out.openSize();
}

function name(text: string): void {
  out.byte(text.length);
  for (let i = 0; i < text.length; i++) out.byte(text.charCodeAt(i));
}

/**
 * Encodes the module for the tables made of some filters, and puts the constants in place that its code
 * reads from memory: so it has to be called for new tables even if the module is there already. Its
 * length, or 0 if it cannot be.
 */
export function emit(firstFilter: u32, endFilter: u32, raw: bool): u32 {
  out.begin();
  if (!planAll(firstFilter, endFilter)) return 0;
  planShapes();
  let functions: u32 = 1;
  for (let filter = firstFilter; filter < endFilter; filter++) {
    if (listEntries(filter, functions) > 0) functions++;
  }
  emitHead(functions);
  const code = section(10);
  out.unsigned(functions);
  if (!emitDriver(!raw && mayAllowWithData(firstFilter, endFilter))) return 0;
  let func: u32 = 1;
  for (let filter = firstFilter; filter < endFilter; filter++) {
    if (listEntries(filter, func) == 0) continue;
    if (!emitFilter(filter, func)) return 0;
    func++;
  }
  out.closeSize(code);
  return out.length();
}
