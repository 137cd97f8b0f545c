// The answers of a stack by architecture and call number, laid out for look-ups:
//
//   cell      the stack's word; with MARK set, the number of a residual
//   row       the intervals of numbers of one or more architectures: first number, cell
//   window    a dense table of cells for neighbouring numbers of one architecture
//
// A header is the u64 that a record begins with: nr | arch << 32.
import { analyse } from "./analysis";
import { ACTION_FULL, ALLOW } from "./batch";
import * as chain from "./chain";
import * as classes from "./classes";
import { budget, setBudget, spend } from "./follow";
import * as L from "./layout";
import * as W from "./workspace";

/** Low bits of a marked cell: the residual's number. */
export const RESIDUAL_MASK: u32 = 0xfff;
/** What stands there where the leading window ends: no residual, the answer is to be found elsewhere. */
export const OUTSIDE: u32 = 0xfff;
/** What an analysis may cost: some ten milliseconds at worst. */
const BUDGET: i32 = 4_000_000;

// A row's entry: first number, cell (before `encode` a word or a residual), which of the two it is.
const CELL: usize = 4;
const IS_RESIDUAL: usize = 8;
// A window: u64 first header, size, address of its cells.
const WINDOW_ARCH: usize = 4;
const WINDOW_COUNT: usize = 8;
const WINDOW_CELLS: usize = 12;

const X86_64: u32 = 0xc000003e;
const AARCH64: u32 = 0xc00000b7;
/** Numbers that a window spans at least. */
const MIN_WINDOW: u32 = 512;
/** The last numbers of all are no place for a window; rows know them, too. */
const LAST_WINDOW: u32 = 0xffff0000;
/** Boundaries further apart than this are not of one window. */
const MAX_GAP: u32 = 512;

/** The bit that marks residuals. No word in a cell has it. */
export let mark: u32 = 0;
/** Ones where a header counts: the architecture's half may not matter. */
let headerMask: u64 = 0;
/** The first header of the window that batches look into first, whose cells are at CELLS. */
export let leader: u64 = 0;
/** How many it spans: a power of two, or 0 if there is none. */
export let leaderCount: u32 = 0;
let windows: u32 = 0;
let rows: u32 = 0;

let archs: u32 = 0;
let entries: u32 = 0;
let cells: u32 = 0;

function windowFirst(i: u32): u64 {
  return load<u64>(W.base + W.WINDOWS + i * W.WINDOW_SIZE);
}
function windowCount(i: u32): u32 {
  return load<u32>(W.base + W.WINDOWS + i * W.WINDOW_SIZE, WINDOW_COUNT);
}
function windowCells(i: u32): u32 {
  return load<u32>(W.base + W.WINDOWS + i * W.WINDOW_SIZE, WINDOW_CELLS);
}
function entry(i: u32): usize {
  return W.base + W.ROW_ENTRIES + i * W.ROW_ENTRY_SIZE;
}
function rowStart(row: u32): u32 {
  return load<u32>(W.base + W.ROWS + row * 8);
}
function rowEnd(row: u32): u32 {
  return load<u32>(W.base + W.ROWS + row * 8, 4);
}
function rowOf(arch: u32): u32 {
  return load<u32>(W.base + W.ARCHS + arch * 8, 4);
}

/** Appends an interval to the row in the making, unless it goes on like the one before. */
function append(start: u32, low: u32, value: u32, isResidual: u32): void {
  if (entries > start) {
    const last = entry(entries - 1);
    if (load<u32>(last, CELL) == value && load<u32>(last, IS_RESIDUAL) == isResidual) return;
  }
  if (entries == W.MAX_ROW_ENTRIES) return;
  const it = entry(entries++);
  store<u32>(it, low);
  store<u32>(it, value, CELL);
  store<u32>(it, isResidual, IS_RESIDUAL);
}

/** Makes a row of what was folded; the same as an earlier one if they are equal. */
function addRow(folded: bool, raw: bool): u32 {
  const start = entries;
  if (!folded || W.MAX_ROW_ENTRIES - start < classes.count) {
    append(start, 0, chain.stackResidual(), 1);
  } else {
    for (let c: u32 = 0; c < classes.count; c++) {
      const answer = load<u64>(W.base + W.FOLDED + c * 8);
      if (answer & chain.CHAIN) {
        append(start, classes.low(c), chain.number(<u32>answer), 1);
      } else {
        const word = <u32>answer;
        const allows = !raw && (word & ACTION_FULL) == ALLOW;
        append(start, classes.low(c), allows ? ALLOW : word, 0);
      }
    }
  }
  const size = entries - start;
  for (let row: u32 = 0; row < rows; row++) {
    if (rowEnd(row) - rowStart(row) != size) continue;
    const bytes = size * W.ROW_ENTRY_SIZE;
    if (memory.compare(entry(rowStart(row)), entry(start), bytes) == 0) {
      entries = start;
      return row;
    }
  }
  store<u32>(W.base + W.ROWS + rows * 8, start);
  store<u32>(W.base + W.ROWS + rows * 8, entries, 4);
  return rows++;
}

/** Asks every filter about one interval of tokens; false if that would cost too much. */
function foldFilters(firstFilter: u32, endFilter: u32, arch: u32): bool {
  const low = classes.archLow(arch);
  const high = classes.archHigh(arch);
  for (let filter = firstFilter; filter < endFilter; filter++) {
    if (budget <= 0) return false;
    analyse(L.filterStart(filter), L.filterEnd(filter), low, high);
    spend(<i32>classes.count);
    for (let c: u32 = 0; c < classes.count; c++) {
      const at: usize = W.base + W.FOLDED + c * 8;
      const item = load<u64>(W.base + W.ITEM + c * 8);
      store<u64>(at, chain.fold(filter, item, load<u64>(at), filter == firstFilter));
    }
  }
  return true;
}

/** Chooses the mark and turns the rows' answers into cells. */
function encode(): void {
  let best: u32 = 0xffffffff;
  for (let bit: u32 = 15; bit < 35; bit++) {
    // Bits 15 to 31, then 12 to 14: whatever no word uses, or the fewest do.
    const candidate: u32 = 1 << (bit < 32 ? bit : bit - 20);
    let uses: u32 = 0;
    for (let i: u32 = 0; i < entries; i++) {
      if (load<u32>(entry(i), IS_RESIDUAL) == 0 && load<u32>(entry(i), CELL) & candidate) uses++;
    }
    if (uses < best) {
      best = uses;
      mark = candidate;
    }
    if (best == 0) break;
  }
  for (let i: u32 = 0; i < entries; i++) {
    const value = load<u32>(entry(i), CELL);
    if (load<u32>(entry(i), IS_RESIDUAL) != 0) store<u32>(entry(i), mark | value, CELL);
    else if (value & mark) store<u32>(entry(i), mark | chain.wordResidual(value), CELL);
  }
}

/** Fills the cells of a window from a row. */
function addWindow(row: u32, arch: u32, first: u32, count: u32): void {
  if (windows == W.MAX_WINDOWS || cells + count > W.MAX_CELLS) return;
  const it: usize = W.base + W.WINDOWS + windows++ * W.WINDOW_SIZE;
  let cell: u32 = W.base + W.CELLS + cells * 4;
  store<u32>(it, first);
  store<u32>(it, arch, WINDOW_ARCH);
  store<u32>(it, count, WINDOW_COUNT);
  store<u32>(it, cell, WINDOW_CELLS);
  cells += count;
  const end = rowEnd(row);
  let i = rowStart(row);
  for (let nr = first; nr < first + count; nr++, cell += 4) {
    while (i + 1 < end && load<u32>(entry(i + 1)) <= nr) i++;
    store<u32>(cell, load<u32>(entry(i), CELL));
  }
}

/** Lays windows over the places where a row changes often. */
function addWindows(row: u32, arch: u32): void {
  const end = rowEnd(row);
  let i = rowStart(row) + 1;
  while (i < end) {
    const boundary = load<u32>(entry(i));
    const first: u32 = boundary < MIN_WINDOW ? 0 : boundary & ~63;
    let last = boundary;
    for (i++; i < end; i++) {
      const next = load<u32>(entry(i));
      if (next - last > MAX_GAP || next - first >= L.MAX_WINDOW) break;
      last = next;
    }
    let count = MIN_WINDOW;
    while (count < last - first) count *= 2;
    if (first < LAST_WINDOW) addWindow(row, arch, first, count);
  }
}

/** Lays the windows of all architectures that have a row of their own. */
function layWindows(): void {
  if (rows == 1) {
    headerMask = 0xffffffff;
    addWindows(0, 0);
    return;
  }
  headerMask = u64.MAX_VALUE;
  for (let i: u32 = 0; i < archs; i++) {
    const token = classes.archLow(i);
    if (token == classes.archHigh(i)) addWindows(rowOf(i), token);
  }
}

/** Puts the window that batches look into first in its place, for an architecture if there is one. */
export function prefer(token: u32): void {
  const anyArch = headerMask != u64.MAX_VALUE;
  for (let i: u32 = 0; i < windows; i++) {
    const arch = <u32>(windowFirst(i) >> 32);
    if (!anyArch && arch != token) continue;
    lead(i);
    if (anyArch) leader |= (<u64>token) << 32;
    return;
  }
}

function lead(window: u32): void {
  leader = windowFirst(window);
  leaderCount = windowCount(window);
  memory.copy(L.CELLS, windowCells(window), leaderCount * 4);
  store<u32>(L.CELLS + leaderCount * 4, mark | OUTSIDE);
}

/** Makes the tables of some of the loaded filters. */
export function build(firstFilter: u32, endFilter: u32, raw: bool): void {
  setBudget(BUDGET);
  chain.resetChains(firstFilter, endFilter);
  const fine = classes.findClasses(firstFilter, endFilter);
  entries = rows = windows = cells = 0;
  archs = fine ? classes.archs : 1;
  for (let i: u32 = 0; i < archs; i++) {
    const folded = fine && foldFilters(firstFilter, endFilter, i);
    store<u32>(W.base + W.ARCHS + i * 8, fine ? classes.archLow(i) : 0);
    store<u32>(W.base + W.ARCHS + i * 8, addRow(folded, raw), 4);
  }
  encode();
  layWindows();
  leader = 0;
  leaderCount = 0;
  store<u32>(L.CELLS, mark | OUTSIDE);
  if (windows == 0) return;
  lead(0);
  // Until the host knows better.
  prefer(AARCH64);
  prefer(X86_64);
}

/** The cell of a header, wherever it lies. */
export function find(header: u64): u32 {
  header &= headerMask;
  for (let i: u32 = 0; i < windows; i++) {
    const distance = header - windowFirst(i);
    if (distance < <u64>windowCount(i)) return load<u32>(windowCells(i) + <u32>distance * 4);
  }
  const token = <u32>(header >> 32);
  let i: u32 = archs - 1;
  while (i > 0 && load<u32>(W.base + W.ARCHS + i * 8) > token) i--;
  const row = rowOf(i);
  let from = rowStart(row);
  let to = rowEnd(row);
  const nr = <u32>header;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (load<u32>(entry(middle)) <= nr) from = middle;
    else to = middle;
  }
  return load<u32>(entry(from), CELL);
}
