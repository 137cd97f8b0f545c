// What does a filter say about every class of call numbers on one interval of architectures?
//
// All classes start at the first instruction, as one set, and one pass over the program moves sets
// along its jumps (forward only). `jeq k` takes one class out of a set, `jgt` and `jge` divide it, and
// what falls through moves on as a whole: so a chain of comparisons costs one step for each. A set
// ends at a return, or where the instruction pointer or an argument is loaded.
import * as classes from "./classes";
import { budget, follow, RESIDUAL, spend } from "./follow";
import * as L from "./layout";
import * as op from "./opcode";
import { calculate, test } from "./step";
import * as W from "./workspace";

// A set, and what A holds for all its classes:
//
//   byte 0      4       8      12      16     20
//        | kind | value | head | count | next |      next: another set at the same instruction
const VALUE: usize = 4;
const HEAD: usize = 8;
const COUNT: usize = 12;
const FOLLOWING: usize = 16;

const CONSTANT: u32 = 0;
const NUMBER: u32 = 1;
const TOKEN: u32 = 2;

const NONE: u32 = 0xffffffff;
/** Sets at one instruction that differ in A. */
const MAX_SETS_HERE: u32 = 8;

let sets: u32 = 0;
let free: u32 = NONE;
let first: u32 = 0;
let archLow: u32 = 0;
let archHigh: u32 = 0;

function address(set: u32): u32 {
  return W.base + W.SETS + set * W.SET_SIZE;
}
function at(slot: u32): u32 {
  return W.base + W.SETS_AT + ((slot - first) / L.SLOT_SIZE) * 4;
}
function next(c: u32): u32 {
  return load<u32>(W.base + W.NEXT + c * 4);
}
function setNext(c: u32, to: u32): void {
  store<u32>(W.base + W.NEXT + c * 4, to);
}
function setPrevious(c: u32, to: u32): void {
  store<u32>(W.base + W.PREVIOUS + c * 4, to);
}
function setOf(c: u32): u32 {
  return load<u32>(W.base + W.SET_OF + c * 4);
}
function move(c: u32, set: u32): void {
  store<u32>(W.base + W.SET_OF + c * 4, set);
}
function say(c: u32, item: u64): void {
  store<u64>(W.base + W.ITEM + c * 8, item);
}

/** A new empty set; NONE if there are too many. */
function create(kind: u32, value: u32): u32 {
  let set = free;
  if (set != NONE) free = load<u32>(address(set), FOLLOWING);
  else if (sets == W.MAX_SETS) return NONE;
  else set = sets++;
  const it = address(set);
  store<u32>(it, kind);
  store<u32>(it, value, VALUE);
  store<u32>(it, NONE, HEAD);
  store<u32>(it, 0, COUNT);
  return set;
}

function release(set: u32): void {
  store<u32>(address(set), free, FOLLOWING);
  free = set;
}

function push(set: u32, c: u32): void {
  const it = address(set);
  const head = load<u32>(it, HEAD);
  setNext(c, head);
  setPrevious(c, NONE);
  if (head != NONE) setPrevious(head, c);
  store<u32>(it, c, HEAD);
  store<u32>(it, load<u32>(it, COUNT) + 1, COUNT);
  move(c, set);
}

function remove(set: u32, c: u32): void {
  const it = address(set);
  const after = next(c);
  const before = load<u32>(W.base + W.PREVIOUS + c * 4);
  if (before == NONE) store<u32>(it, after, HEAD);
  else setNext(before, after);
  if (after != NONE) setPrevious(after, before);
  store<u32>(it, load<u32>(it, COUNT) - 1, COUNT);
}

/** Gives a set up: its classes keep the answer that they began with. */
function drop(set: u32): void {
  let c = load<u32>(address(set), HEAD);
  while (c != NONE) {
    move(c, NONE);
    c = next(c);
  }
  release(set);
}

/** Puts the classes of `set` into `into`, which must hold more. */
function pour(set: u32, into: u32): void {
  let c = load<u32>(address(set), HEAD);
  while (c != NONE) {
    const after = next(c);
    push(into, c);
    spend(1);
    c = after;
  }
  release(set);
}

/** Lets a set arrive at an instruction. */
function arrive(set: u32, slot: u32): void {
  const it = address(set);
  const count = load<u32>(it, COUNT);
  if (count == 0) {
    release(set);
    return;
  }
  const kind = load<u32>(it);
  const value = load<u32>(it, VALUE);
  const here = at(slot);
  let link = here;
  let length: u32 = 0;
  while (load<u32>(link) != NONE) {
    const other = load<u32>(link);
    const that = address(other);
    if (load<u32>(that) == kind && load<u32>(that, VALUE) == value) {
      if (load<u32>(that, COUNT) >= count) {
        pour(set, other);
      } else {
        store<u32>(it, load<u32>(that, FOLLOWING), FOLLOWING);
        store<u32>(link, set);
        pour(other, set);
      }
      return;
    }
    link = that + <u32>FOLLOWING;
    length++;
  }
  if (length == MAX_SETS_HERE) {
    drop(set);
    return;
  }
  store<u32>(it, load<u32>(here), FOLLOWING);
  store<u32>(here, set);
}

/** Ends a set with the same answer for all its classes. */
function finish(set: u32, item: u64): void {
  let c = load<u32>(address(set), HEAD);
  while (c != NONE) {
    say(c, item);
    move(c, NONE);
    c = next(c);
  }
  spend(<i32>load<u32>(address(set), COUNT));
  release(set);
}

/** Ends a set class by class: something is calculated that a set cannot hold. */
function finishSingly(set: u32, slot: u32): void {
  const kind = load<u32>(address(set));
  let c = load<u32>(address(set), HEAD);
  while (c != NONE) {
    const low = classes.low(c);
    const known = kind == CONSTANT || (kind == NUMBER && low == classes.high(c));
    const a = kind == CONSTANT ? load<u32>(address(set), VALUE) : low;
    if (known) say(c, follow(first, slot, c, archLow, archHigh, a));
    move(c, NONE);
    c = next(c);
  }
  release(set);
}

/** What a comparison of all values from `low` to `high` finds: 1, 0, or 2 if they differ. */
function testAll(code: u32, low: u32, high: u32, k: u32): u32 {
  const atLow = test(code, low, k);
  if (low == high) return <u32>atLow;
  switch (code) {
    case op.JEQ_K:
      return k < low || k > high ? 0 : 2;
    case op.JSET_K: {
      // The bits above the highest one that changes are the same in all.
      const varying: u32 = 0xffffffff >>> clz(low ^ high);
      if ((low & k & ~varying) != 0) return 1;
      return (k & varying) != 0 ? 2 : 0;
    }
    default:
      return atLow == test(code, high, k) ? <u32>atLow : 2;
  }
}

/** Divides a set of numbers by a comparison, one class after another. */
function divide(set: u32, taken: u32, code: u32, k: u32): void {
  let c = load<u32>(address(set), HEAD);
  spend(<i32>load<u32>(address(set), COUNT));
  while (c != NONE) {
    const after = next(c);
    const found = testAll(code, classes.low(c), classes.high(c), k);
    if (found != 0) {
      remove(set, c);
      if (found == 1) push(taken, c);
      else move(c, NONE);
    }
    c = after;
  }
}

/** A conditional jump with a constant. */
function branch(set: u32, slot: u32, code: u32): void {
  const k = load<u32>(slot, L.SLOT_K);
  const jt = load<u32>(slot, L.SLOT_JT);
  const jf = load<u16>(slot) == op.OP_JEQ_RUN ? slot + L.SLOT_SIZE : load<u32>(slot, L.SLOT_JF);
  const kind = load<u32>(address(set));
  if (kind != NUMBER) {
    const value = load<u32>(address(set), VALUE);
    const found =
      kind == CONSTANT ? testAll(code, value, value, k) : testAll(code, archLow, archHigh, k);
    if (found == 2) drop(set);
    else arrive(set, found == 1 ? jt : jf);
    return;
  }
  if (jt == jf) {
    arrive(set, jt);
    return;
  }
  const taken = create(NUMBER, 0);
  if (taken == NONE) {
    drop(set);
    return;
  }
  if (code == op.JEQ_K) {
    const c = load<u32>(W.base + W.CLASS_OF_SLOT + ((slot - L.SLOTS) / L.SLOT_SIZE) * 4);
    if (setOf(c) == set) {
      remove(set, c);
      push(taken, c);
    }
  } else {
    divide(set, taken, code, k);
  }
  arrive(taken, jt);
  arrive(set, jf);
}

/** Moves a set by one instruction. */
function advance(set: u32, slot: u32): void {
  const it = address(set);
  const code: u32 = load<u16>(slot, L.SLOT_CODE);
  const k = load<u32>(slot, L.SLOT_K);
  const kind = load<u32>(it);
  spend(1);
  if (code == op.RET_K) {
    finish(set, k);
  } else if (code == op.JA) {
    arrive(set, load<u32>(slot, L.SLOT_JT));
  } else if (code == op.LD_ABS) {
    if (k > 4) {
      finish(set, RESIDUAL | <u64>slot);
    } else {
      const known = k == 4 && archLow == archHigh;
      store<u32>(it, known ? CONSTANT : k == 0 ? NUMBER : TOKEN);
      store<u32>(it, known ? archLow : 0, VALUE);
      arrive(set, slot + L.SLOT_SIZE);
    }
  } else if (code == op.LD_IMM || code == op.LD_LEN) {
    store<u32>(it, CONSTANT);
    store<u32>(it, k, VALUE);
    arrive(set, slot + L.SLOT_SIZE);
  } else if ((code & op.CLASS) == op.CLASS_JMP && (code & op.SOURCE_X) == 0) {
    branch(set, slot, code);
  } else if ((code & op.CLASS) == op.CLASS_ALU && (code & op.SOURCE_X) == 0 && kind == CONSTANT) {
    store<u32>(it, calculate(code, load<u32>(it, VALUE), k), VALUE);
    arrive(set, slot + L.SLOT_SIZE);
  } else {
    finishSingly(set, slot);
  }
}

/**
 * Writes what the filter with the slots from `start` to `end` says about each class, on the tokens from
 * `low` to `high`, to ITEM: a word, or a residual.
 */
export function analyse(start: u32, end: u32, low: u32, high: u32): void {
  first = start;
  archLow = low;
  archHigh = high;
  sets = 0;
  free = NONE;
  memory.fill(at(start), 0xff, ((end - start) / L.SLOT_SIZE + 1) * 4);
  // The filter from its beginning: right for every class that gets no better answer.
  const whole: u64 = RESIDUAL | <u64>start;
  const all = create(CONSTANT, 0);
  for (let c: u32 = classes.count; c > 0; c--) {
    say(c - 1, whole);
    push(all, c - 1);
  }
  spend(<i32>classes.count);
  arrive(all, start);
  for (let slot = start; slot < end; slot += L.SLOT_SIZE) {
    let set = load<u32>(at(slot));
    while (set != NONE && budget > 0) {
      const following = load<u32>(address(set), FOLLOWING);
      advance(set, slot);
      set = following;
    }
    if (budget <= 0) return;
  }
}
