import * as classes from "./classes";
import * as L from "./layout";
import * as op from "./opcode";
import { calculate, test } from "./step";

// What a filter says about a class: a word, or with RESIDUAL set the address of the slot to go on
// from, where A, X and memory hold nothing that matters.
export const RESIDUAL: u64 = 1 << 32;

/** Steps that the analysis may still take before it contents itself with less. */
export let budget: i32 = 0;

export function setBudget(steps: i32): void {
  budget = steps;
}
export function spend(steps: i32): void {
  budget -= steps;
}

/**
 * Runs a filter from `slot` for the calls of class `c` on a token interval, with everything known but
 * the instruction pointer and the arguments. Where those are needed the way ends, and if by then X or
 * memory hold something the answer is to begin anew, at `start`.
 */
export function follow(start: u32, slot: u32, c: u32, archLow: u32, archHigh: u32, a: u32): u64 {
  const low = classes.low(c);
  const single = low == classes.high(c);
  let x: u32 = 0;
  let stored = false;
  const whole: u64 = RESIDUAL | <u64>start;
  while (budget > 0) {
    budget--;
    const code: u32 = load<u16>(slot, L.SLOT_CODE);
    const k = load<u32>(slot, L.SLOT_K);
    let next = slot + L.SLOT_SIZE;
    if (code == op.RET_K) return k;
    if (code == op.RET_A) return a;
    const operand = (code & op.SOURCE_X) != 0 ? x : k;
    if (code == op.JA) {
      next = load<u32>(slot, L.SLOT_JT);
    } else if ((code & op.CLASS) == op.CLASS_JMP) {
      if (test(code, a, operand)) next = load<u32>(slot, L.SLOT_JT);
      else if (load<u16>(slot) != op.OP_JEQ_RUN) next = load<u32>(slot, L.SLOT_JF);
    } else if ((code & op.CLASS) == op.CLASS_ALU) {
      if (code == op.DIV_X && x == 0) return 0;
      a = calculate(code, a, operand);
    } else if (code == op.LD_ABS) {
      if (k == 0) {
        if (!single) return whole;
        a = low;
      } else if (k == 4) {
        if (archLow != archHigh) return whole;
        a = archLow;
      } else {
        return x != 0 || stored ? whole : RESIDUAL | <u64>slot;
      }
    } else if (code == op.LD_IMM || code == op.LD_LEN) {
      a = k;
    } else if (code == op.LDX_IMM || code == op.LDX_LEN) {
      x = k;
    } else if (code == op.LD_MEM) {
      a = load<u32>(k);
    } else if (code == op.LDX_MEM) {
      x = load<u32>(k);
    } else if (code == op.ST || code == op.STX) {
      store<u32>(k, code == op.ST ? a : x);
      stored = true;
    } else if (code == op.TAX) {
      x = a;
    } else {
      a = x;
    }
    slot = next;
  }
  return whole;
}
