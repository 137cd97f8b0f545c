// The encoder for any program: jumps go forward only, so every target is the end of a block, opened at
// the start; the innermost block ends at the nearest target. A, X and M are locals.
import { byte, fits, unsigned } from "./bytes";
import * as L from "./layout";
import * as op from "./opcode";
import * as w from "./wasm";
import * as W from "./workspace";

// Parameters of a filter's function, and its locals.
export const HEADER: u32 = 0;
export const RECORD: u32 = 1;
const ENTRY: u32 = 2;
const A: u32 = 3;
const X: u32 = 4;
const M: u32 = 5;
/** How many locals there are beside the parameters: A, X and M[0] to M[15]. */
export const BLOCK_LOCALS: u32 = 18;

// Marks of a slot: whether it can be reached, whether it is the target of a jump or an entry, and then
// which one in their order.
const REACHED: u32 = 1 << 31;
const TARGET: u32 = 1 << 30;
const RANK: u32 = TARGET - 1;

let closed: u32 = 0;

function label(slot: u32): usize {
  return W.base + W.LABELS + ((slot - L.SLOTS) / L.SLOT_SIZE) * 4;
}
function mark(slot: u32, bits: u32): void {
  store<u32>(label(slot), load<u32>(label(slot)) | bits);
}
function entrySlot(i: u32): u32 {
  return load<u32>(W.base + W.ENTRIES + i * 4);
}
function falseTarget(slot: u32): u32 {
  return load<u16>(slot) == op.OP_JEQ_RUN ? slot + L.SLOT_SIZE : load<u32>(slot, L.SLOT_JF);
}

/** Marks what can be reached from the entries; returns how many targets there are. */
function reach(start: u32, end: u32, entries: u32): u32 {
  memory.fill(label(start), 0, ((end - start) / L.SLOT_SIZE) * 4);
  for (let i: u32 = 0; i < entries; i++) mark(entrySlot(i), REACHED | TARGET);
  let targets: u32 = 0;
  for (let slot = start; slot < end; slot += L.SLOT_SIZE) {
    const known = load<u32>(label(slot));
    if ((known & REACHED) == 0) continue;
    if (known & TARGET) store<u32>(label(slot), known | targets++);
    const code: u32 = load<u16>(slot, L.SLOT_CODE);
    const next = slot + L.SLOT_SIZE;
    if (code == op.RET_K || code == op.RET_A) continue;
    if ((code & op.CLASS) != op.CLASS_JMP) {
      mark(next, REACHED);
      continue;
    }
    const jt = load<u32>(slot, L.SLOT_JT);
    mark(jt, jt == next ? REACHED : REACHED | TARGET);
    if (code == op.JA) continue;
    const jf = falseTarget(slot);
    mark(jf, jf == next ? REACHED : REACHED | TARGET);
  }
  return targets;
}

function depth(slot: u32): u32 {
  return (load<u32>(label(slot)) & RANK) - closed;
}

/** A comparison of A, which leaves its outcome on the stack. */
function compare(slot: u32, code: u32): void {
  w.get(A);
  operand(slot, code);
  const operation = code & op.OPERATION;
  if (operation == 0x10) byte(w.I32_EQ);
  else if (operation == 0x20) byte(w.I32_GT_U);
  else if (operation == 0x30) byte(w.I32_GE_U);
  else byte(w.I32_AND);
}

function operand(slot: u32, code: u32): void {
  if (code & op.SOURCE_X) w.get(X);
  else w.constant(load<u32>(slot, L.SLOT_K));
}

function jump(slot: u32, code: u32): void {
  const next = slot + L.SLOT_SIZE;
  const jt = load<u32>(slot, L.SLOT_JT);
  const jf = code == op.JA ? jt : falseTarget(slot);
  if (jt == jf) {
    if (jt != next) w.branch(depth(jt));
    return;
  }
  compare(slot, code);
  if (jt == next) {
    byte(w.I32_EQZ);
    w.branchIf(depth(jf));
    return;
  }
  w.branchIf(depth(jt));
  if (jf != next) w.branch(depth(jf));
}

/** The instruction that does to two numbers what an ALU opcode means. */
export function arithmetic(code: u32): u32 {
  switch (code & op.OPERATION) {
    case 0x00:
      return w.I32_ADD;
    case 0x10:
      return w.I32_SUB;
    case 0x20:
      return w.I32_MUL;
    case 0x30:
      return w.I32_DIV_U;
    case 0x40:
      return w.I32_OR;
    case 0x50:
      return w.I32_AND;
    case 0x60:
      return w.I32_SHL; // takes the amount modulo 32, as the kernel does
    case 0x70:
      return w.I32_SHR_U;
    default:
      return w.I32_XOR;
  }
}

function calculate(slot: u32, code: u32): void {
  if (code == op.NEG) {
    w.constant(0);
    w.get(A);
    byte(w.I32_SUB);
  } else {
    if (code == op.DIV_X) {
      w.get(X);
      byte(w.I32_EQZ);
      w.open(w.IF, w.VOID);
      w.constant(0);
      byte(w.RETURN);
      byte(w.END);
    }
    w.get(A);
    operand(slot, code);
    byte(arithmetic(code));
  }
  w.set(A);
}

/** Loads, stores and copies between registers. */
function transfer(slot: u32, code: u32): void {
  const k = load<u32>(slot, L.SLOT_K);
  if (code == op.ST || code == op.STX) {
    w.get(code == op.ST ? A : X);
    w.set(M + (k - L.SCRATCH) / 4);
    return;
  }
  if (code == op.LD_ABS) {
    w.get(k < 8 ? HEADER : RECORD);
    w.loadWord(k);
  } else if (code == op.LD_MEM || code == op.LDX_MEM) {
    w.get(M + (k - L.SCRATCH) / 4);
  } else if (code == op.TAX || code == op.TXA) {
    w.get(code == op.TAX ? A : X);
  } else {
    w.constant(k);
  }
  const toX = code == op.TAX || (code & op.CLASS) == 1;
  w.set(toX ? X : A);
}

/**
 * Encodes a function's code (without its locals and the last `end`) that enters the filter at the
 * `entries` slots in ENTRIES, by the number in its last parameter. False if there is no room.
 */
export function emitBlocks(start: u32, end: u32, entries: u32): bool {
  const targets = reach(start, end, entries);
  closed = 0;
  for (let i: u32 = 0; i < targets; i++) {
    if (!fits()) return false;
    w.open(w.BLOCK, w.VOID);
  }
  w.get(ENTRY);
  byte(w.BR_TABLE);
  unsigned(entries - 1);
  for (let i: u32 = 0; i < entries; i++) {
    if (!fits()) return false;
    unsigned(depth(entrySlot(i)));
  }
  for (let slot = start; slot < end; slot += L.SLOT_SIZE) {
    const known = load<u32>(label(slot));
    if ((known & REACHED) == 0) continue;
    if (!fits()) return false;
    if (known & TARGET) {
      byte(w.END);
      closed++;
    }
    const code: u32 = load<u16>(slot, L.SLOT_CODE);
    if (code == op.RET_K || code == op.RET_A) {
      if (code == op.RET_K) w.constant(load<u32>(slot, L.SLOT_K));
      else w.get(A);
      byte(w.RETURN);
    } else if ((code & op.CLASS) == op.CLASS_JMP) {
      jump(slot, code);
    } else if ((code & op.CLASS) == op.CLASS_ALU) {
      calculate(slot, code);
    } else {
      transfer(slot, code);
    }
  }
  // No way leads here: the program ends in a return.
  byte(w.UNREACHABLE);
  return true;
}
