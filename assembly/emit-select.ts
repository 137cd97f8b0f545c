// The encoder for short ways: all comparisons are made, none is jumped over, and from the last to the
// first each selects between the answers behind its two sides. That takes a few cycles more than the
// shortest way and saves the mispredicted jumps that arguments cause.
import { byte, position, rewind } from "./bytes";
import { arithmetic } from "./emit-blocks";
import * as L from "./layout";
import * as op from "./opcode";
import * as w from "./wasm";
import * as W from "./workspace";

/** Instructions that a way may have in all. */
const MAX_NODES: u32 = 40;
/** Locals that it uses. */
export const SELECT_LOCALS: u32 = 2 * MAX_NODES;

// A node: an instruction, the local that holds A before it, and what the filter returns from there,
// a word or a local.
const NODE_SIZE: u32 = 16;
const BEFORE: usize = 4;
const IS_LOCAL: usize = 8;
const ANSWER: usize = 12;

const UNKNOWN: u32 = 0xffffffff;

let nodes: u32 = 0;
let nextLocal: u32 = 0;
let shared: bool = false;
let constants: u32 = 0;
let list: u32 = 0;

function node(i: u32): usize {
  return W.base + W.NODES + i * NODE_SIZE;
}

/** Adds an instruction that can be reached with A in a local; false if there are too many. */
function visit(slot: u32, before: u32): bool {
  let i = nodes;
  while (i > 0 && load<u32>(node(i - 1)) >= slot) i--;
  const it = node(i);
  if (i < nodes && load<u32>(it) == slot) {
    if (load<u32>(it, BEFORE) != before) store<u32>(it, UNKNOWN, BEFORE);
    return true;
  }
  if (nodes == MAX_NODES) return false;
  memory.copy(it + NODE_SIZE, it, (nodes - i) * NODE_SIZE);
  store<u32>(it, slot);
  store<u32>(it, before, BEFORE);
  nodes++;
  return true;
}

function answerOf(slot: u32): usize {
  let i: u32 = 0;
  while (load<u32>(node(i)) != slot) i++;
  return node(i);
}

function falseTarget(slot: u32): u32 {
  return load<u16>(slot) == op.OP_JEQ_RUN ? slot + L.SLOT_SIZE : load<u32>(slot, L.SLOT_JF);
}

/** Encodes what loads and calculates A; false for what cannot be done this way. */
function advance(it: usize): bool {
  const slot = load<u32>(it);
  const before = load<u32>(it, BEFORE);
  const code: u32 = load<u16>(slot, L.SLOT_CODE);
  const k = load<u32>(slot, L.SLOT_K);
  const next = slot + L.SLOT_SIZE;
  if (code == op.RET_K) return true;
  if (code == op.JA) return visit(load<u32>(slot, L.SLOT_JT), before);
  if (code == op.LD_ABS) {
    w.get(k < 8 ? HEADER : RECORD);
    w.loadWord(k);
  } else if (code == op.LD_IMM || code == op.LD_LEN) {
    constant(k);
  } else {
    const classOf = code & op.CLASS;
    if ((code & op.SOURCE_X) != 0 || before == UNKNOWN) return false;
    if (classOf == op.CLASS_JMP) {
      return visit(load<u32>(slot, L.SLOT_JT), before) && visit(falseTarget(slot), before);
    }
    if (classOf != op.CLASS_ALU || code == op.NEG) return false;
    w.get(before);
    constant(k);
    byte(arithmetic(code));
  }
  w.set(nextLocal);
  return visit(next, nextLocal++);
}

/** A constant: as such, or by its place in the list. */
function constant(value: u32): void {
  if (!shared) {
    w.constant(value);
    return;
  }
  if (constants < W.MAX_SHARED) {
    store<u32>(list + constants * 4, value);
    w.get(LIST);
    w.loadWord(W.base + W.SHARED + constants * 4);
  }
  constants++;
}

function push(it: usize): void {
  if (load<u32>(it, IS_LOCAL) != 0) w.get(load<u32>(it, ANSWER));
  else constant(load<u32>(it, ANSWER));
}

function copyAnswer(it: usize, from: usize): void {
  store<u64>(it, load<u64>(from, IS_LOCAL), IS_LOCAL);
}

/** Encodes the choice that a conditional jump makes between its two answers. */
function choose(it: usize, slot: u32, code: u32): void {
  const yes = answerOf(load<u32>(slot, L.SLOT_JT));
  const no = answerOf(falseTarget(slot));
  const k = load<u32>(slot, L.SLOT_K);
  const operation = code & op.OPERATION;
  if (load<u64>(yes, IS_LOCAL) == load<u64>(no, IS_LOCAL) || (operation == 0x30 && k == 0)) {
    copyAnswer(it, yes);
    return;
  }
  push(yes);
  push(no);
  w.get(load<u32>(it, BEFORE));
  constant(k);
  if (operation == 0x10) byte(w.I32_EQ);
  else if (operation == 0x20) byte(w.I32_GT_U);
  else if (operation == 0x30) byte(w.I32_GE_U);
  else byte(w.I32_AND);
  byte(w.SELECT);
  w.set(nextLocal);
  store<u32>(it, 1, IS_LOCAL);
  store<u32>(it, nextLocal++, ANSWER);
}

// The driver's locals: the addresses of a record, and where a residual's constants are in SHARED.
const HEADER: u32 = 8;
const RECORD: u32 = 9;
const LIST: u32 = 12;

/**
 * Encodes the filter from `slot` on, leaving its word on the stack, with locals from `firstLocal`.
 * False, and nothing written, if it is not short and simple enough.
 */
export function emitSelect(slot: u32, firstLocal: u32): bool {
  const begin = position();
  nodes = 0;
  nextLocal = firstLocal;
  visit(slot, UNKNOWN);
  for (let i: u32 = 0; i < nodes; i++) {
    if (advance(node(i))) continue;
    rewind(begin);
    return false;
  }
  for (let i = nodes; i > 0; i--) {
    const it = node(i - 1);
    const at = load<u32>(it);
    const code: u32 = load<u16>(at, L.SLOT_CODE);
    if (code == op.RET_K) {
      store<u32>(it, 0, IS_LOCAL);
      store<u32>(it, load<u32>(at, L.SLOT_K), ANSWER);
    } else if ((code & op.CLASS) == op.CLASS_JMP && code != op.JA) {
      choose(it, at, code);
    } else {
      copyAnswer(it, answerOf(code == op.JA ? load<u32>(at, L.SLOT_JT) : at + L.SLOT_SIZE));
    }
  }
  push(node(0));
  return true;
}

/**
 * The same with the constants read from the residual's list in SHARED, which is filled: residuals that
 * differ in constants only have the same code.
 */
export function emitShared(slot: u32, residual: u32, firstLocal: u32): bool {
  const begin = position();
  shared = true;
  constants = 0;
  list = W.base + W.SHARED + residual * W.SHARED_SIZE;
  const possible = emitSelect(slot, firstLocal);
  shared = false;
  if (possible && constants > W.MAX_SHARED) rewind(begin);
  return possible && constants <= W.MAX_SHARED;
}
