// Which call numbers and architectures can a stack tell apart? Only the constants that it compares
// them with matter: between two neighbours all numbers are one class, and take the same way.
import * as L from "./layout";
import * as op from "./opcode";
import * as W from "./workspace";

// What A may hold at an instruction, as bits.
const NR: u8 = 1;
const ARCH: u8 = 2;
const OTHER: u8 = 4;

/** Bit 30 of a number marks x32 calls; bit 31 is a sign. Both are tested as bits. */
const X32_BIT: u32 = 0x40000000;
const SIGN_BIT: u32 = 0x80000000;
/** Numbers that get a class each where a filter calculates with them. */
const SINGLE: u32 = 1024;

/** How many classes there are; the last one ends at 0xffffffff. */
export let count: u32 = 0;
/** How many intervals of architecture tokens. */
export let archs: u32 = 0;

let constants: u32 = 0;
let archConstants: u32 = 0;
let calculates: bool = false;
let archCalculates: bool = false;

/** The first number of a class. */
export function low(c: u32): u32 {
  return load<u32>(W.base + W.LOW + c * 4);
}
/** The last one. */
export function high(c: u32): u32 {
  return c + 1 == count ? 0xffffffff : load<u32>(W.base + W.LOW + c * 4, 4) - 1;
}
/** The first token of an interval. */
export function archLow(i: u32): u32 {
  return load<u32>(W.base + W.ARCH_CONSTANTS + i * 4);
}
/** The last one. */
export function archHigh(i: u32): u32 {
  return i + 1 == archs ? 0xffffffff : load<u32>(W.base + W.ARCH_CONSTANTS + i * 4, 4) - 1;
}

function add(first: u32): void {
  if (constants < 2 * W.MAX_CONSTANTS) {
    store<u32>(W.base + W.CONSTANTS + constants * 4, first);
    constants++;
  }
}

/** Adds the beginning of an interval of tokens, in order; too many are counted, not kept. */
function addArch(first: u32): void {
  const list: usize = W.base + W.ARCH_CONSTANTS;
  let at: u32 = 0;
  while (at < archConstants && load<u32>(list + at * 4) < first) at++;
  if (at < archConstants && load<u32>(list + at * 4) == first) return;
  if (archConstants >= W.MAX_ARCHS) {
    archConstants = W.MAX_ARCHS + 1;
    return;
  }
  memory.copy(list + (at + 1) * 4, list + at * 4, (archConstants - at) * 4);
  store<u32>(list + at * 4, first);
  archConstants++;
}

/** Adds the constant of a comparison to the boundaries of what A may hold. */
function compare(kind: u8, code: u32, k: u32): void {
  const operation = code & op.OPERATION;
  const point = operation == 0x10;
  const above = operation == 0x20;
  const bits = operation == 0x40;
  if (kind & NR) {
    if (bits) {
      if ((k & ~(X32_BIT | SIGN_BIT)) != 0) calculates = true;
    } else {
      if (!above) add(k);
      if ((point || above) && k != 0xffffffff) add(k + 1);
    }
  }
  if (kind & ARCH) {
    if (bits) {
      archCalculates = true;
    } else if (archConstants <= W.MAX_ARCHS) {
      if (!above) addArch(k);
      if ((point || above) && k != 0xffffffff) addArch(k + 1);
    }
  }
}

function mark(slot: u32, kind: u8): void {
  const at = W.base + W.KINDS + (slot - L.SLOTS) / L.SLOT_SIZE;
  store<u8>(at, load<u8>(at) | kind);
}

/** Follows what A may hold through one filter, forward only, and collects its constants. */
function scan(first: u32, end: u32): void {
  mark(first, OTHER);
  for (let slot = first; slot < end; slot += L.SLOT_SIZE) {
    const kind = load<u8>(W.base + W.KINDS + (slot - L.SLOTS) / L.SLOT_SIZE);
    if (kind == 0) continue;
    const code: u32 = load<u16>(slot, L.SLOT_CODE);
    const next = slot + L.SLOT_SIZE;
    const k = load<u32>(slot, L.SLOT_K);
    if (code == op.LD_ABS) {
      mark(next, k == 0 ? NR : k == 4 ? ARCH : OTHER);
    } else if (code == op.JA) {
      mark(load<u32>(slot, L.SLOT_JT), kind);
    } else if ((code & op.CLASS) == op.CLASS_JMP) {
      if (code & op.SOURCE_X) use(kind);
      else compare(kind, code, k);
      mark(load<u32>(slot, L.SLOT_JT), kind);
      mark(load<u16>(slot) == op.OP_JEQ_RUN ? next : load<u32>(slot, L.SLOT_JF), kind);
    } else if (code == op.RET_K) {
    } else if (code == op.RET_A) {
      use(kind);
    } else if ((code & op.CLASS) == op.CLASS_ALU || code == op.TAX || code == op.ST) {
      use(kind);
      mark(next, (code & op.CLASS) == op.CLASS_ALU ? OTHER : kind);
    } else if (code == op.STX || (code & op.CLASS) == 1) {
      mark(next, kind);
    } else {
      mark(next, OTHER);
    }
  }
}

/** Something is done with A that intervals do not survive. */
function use(kind: u8): void {
  if (kind & NR) calculates = true;
  if (kind & ARCH) archCalculates = true;
}

/** Sorts the constants, a byte of them at a time, back to where they were. */
function sort(): void {
  let from: u32 = W.base + W.CONSTANTS;
  let to: u32 = W.base + W.SORTED;
  const counts: u32 = W.base + W.COUNTS;
  for (let shift: u32 = 0; shift < 32; shift += 8) {
    memory.fill(counts, 0, 1024);
    for (let i: u32 = 0; i < constants; i++) {
      const at = counts + ((load<u32>(from + i * 4) >> shift) & 255) * 4;
      store<u32>(at, load<u32>(at) + 1);
    }
    let sum: u32 = 0;
    for (let i: u32 = 0; i < 1024; i += 4) {
      const n = load<u32>(counts + i);
      store<u32>(counts + i, sum);
      sum += n;
    }
    for (let i: u32 = 0; i < constants; i++) {
      const value = load<u32>(from + i * 4);
      const at = counts + ((value >> shift) & 255) * 4;
      const place = load<u32>(at);
      store<u32>(at, place + 1);
      store<u32>(to + place * 4, value);
    }
    const swapped = from;
    from = to;
    to = swapped;
  }
}

/** The class that a number falls into. */
export function find(nr: u32): u32 {
  let from: u32 = 0;
  let to = count;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (load<u32>(W.base + W.LOW + middle * 4) <= nr) from = middle;
    else to = middle;
  }
  return from;
}

/** Notes the class of each constant that may be compared with a number. */
function nameClasses(start: u32, end: u32): void {
  for (let slot = start; slot < end; slot += L.SLOT_SIZE) {
    const i = (slot - L.SLOTS) / L.SLOT_SIZE;
    if (load<u16>(slot, L.SLOT_CODE) != op.JEQ_K) continue;
    if ((load<u8>(W.base + W.KINDS + i) & NR) == 0) continue;
    store<u32>(W.base + W.CLASS_OF_SLOT + i * 4, find(load<u32>(slot, L.SLOT_K)));
  }
}

/** Finds the classes and intervals of some filters. False if there is no room for so many. */
export function findClasses(firstFilter: u32, endFilter: u32): bool {
  const start = L.filterStart(firstFilter);
  const end = L.filterEnd(endFilter - 1);
  constants = 0;
  archConstants = 0;
  calculates = false;
  archCalculates = false;
  memory.fill(W.base + W.KINDS + (start - L.SLOTS) / L.SLOT_SIZE, 0, (end - start) / L.SLOT_SIZE);
  add(0);
  add(X32_BIT);
  add(SIGN_BIT);
  addArch(0);
  for (let filter = firstFilter; filter < endFilter; filter++) {
    scan(L.filterStart(filter), L.filterEnd(filter));
  }
  if (archCalculates) {
    for (let i: u32 = 0; i < 4; i++) {
      const token = commonArch(i);
      addArch(token);
      addArch(token + 1);
    }
  }
  if (calculates) {
    for (let i: u32 = 0; i <= SINGLE; i++) {
      add(i);
      add(X32_BIT + i);
    }
  }
  if (constants >= 2 * W.MAX_CONSTANTS || archConstants > W.MAX_ARCHS) return false;
  sort();
  count = 0;
  for (let i: u32 = 0; i < constants; i++) {
    const value = load<u32>(W.base + W.CONSTANTS + i * 4);
    if (count > 0 && load<u32>(W.base + W.LOW + (count - 1) * 4) == value) continue;
    if (count == W.MAX_CLASSES) return false;
    store<u32>(W.base + W.LOW + count * 4, value);
    count++;
  }
  archs = archConstants;
  nameClasses(start, end);
  return true;
}

/** Tokens to try where a filter calculates with the token instead of comparing it. */
function commonArch(i: u32): u32 {
  switch (i) {
    case 0:
      return 0xc000003e; // x86_64, x32
    case 1:
      return 0x40000003; // i386
    case 2:
      return 0xc00000b7; // aarch64
    default:
      return 0x40000028; // arm
  }
}
