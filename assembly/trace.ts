import * as L from "./layout";
import * as op from "./opcode";
import { calculate, test } from "./step";

/** The word that the traced program returned. */
export let traceResult: u32 = 0;

/**
 * Runs a filter on the first record like the interpreter, slower: one instruction at a time by its
 * original opcode, writing pc, A and X as they are before it. Returns the number of steps.
 */
export function trace(filter: u32): u32 {
  return walk(L.filterStart(filter), L.RECORDS, L.TRACE, 0);
}

/** How many instructions each record makes the first `filters` filters execute, all together. */
export function countBatch(record: usize, counts: usize, count: u32, filters: u32): void {
  const end: usize = record + count * L.RECORD_SIZE;
  for (; record < end; record += L.RECORD_SIZE, counts += 4) {
    let executed: u32 = 0;
    for (let filter: u32 = 0; filter < filters; filter++) {
      executed += walk(L.filterStart(filter), record, 0, 0);
    }
    store<u32>(counts, executed);
  }
}

/** What a mark says of its instruction: it ran, and as a conditional jump went either way. */
const EXECUTED: u8 = 1;
const TAKEN: u8 = 2;
const NOT_TAKEN: u8 = 4;

/** Adds what the first `filters` filters execute for each record to their marks, a byte for each slot. */
export function markBatch(record: usize, count: u32, filters: u32): void {
  const end: usize = record + count * L.RECORD_SIZE;
  for (; record < end; record += L.RECORD_SIZE) {
    for (let filter: u32 = 0; filter < filters; filter++) {
      const first = L.filterStart(filter);
      walk(first, record, 0, L.MARKS + (first - L.SLOTS) / L.SLOT_SIZE);
    }
  }
}

/** Steps through a filter from its first slot; writes steps to `to` and adds to `marks`, unless those are 0. */
function walk(first: u32, record: usize, to: usize, marks: usize): u32 {
  let slot: u32 = first;
  let step: u32 = 0;
  let a: u32 = 0;
  let x: u32 = 0;
  while (true) {
    if (to != 0) {
      store<u32>(to, (slot - first) / L.SLOT_SIZE);
      store<u32>(to, a, 4);
      store<u32>(to, x, 8);
      to += L.TRACE_STEP_SIZE;
    }
    step++;
    const mark: usize = marks + (slot - first) / L.SLOT_SIZE;
    if (marks != 0) store<u8>(mark, load<u8>(mark) | EXECUTED);
    const code = load<u16>(slot, L.SLOT_CODE);
    const k = load<u32>(slot, L.SLOT_K);
    let next = slot + L.SLOT_SIZE;
    if (code == op.RET_K || code == op.RET_A) {
      traceResult = code == op.RET_K ? k : a;
      return step;
    }
    if (code == op.JA) {
      next = load<u32>(slot, L.SLOT_JT);
    } else if ((code & op.CLASS) == op.CLASS_JMP) {
      const taken = test(code, a, (code & op.SOURCE_X) != 0 ? x : k);
      if (marks != 0) store<u8>(mark, load<u8>(mark) | (taken ? TAKEN : NOT_TAKEN));
      if (taken) next = load<u32>(slot, L.SLOT_JT);
      // In a run the false side is the next slot, and jf holds the run's end.
      else if (load<u16>(slot) != op.OP_JEQ_RUN) next = load<u32>(slot, L.SLOT_JF);
    } else if ((code & op.CLASS) == op.CLASS_ALU) {
      if (code == op.DIV_X && x == 0) {
        traceResult = 0;
        return step;
      }
      a = calculate(code, a, (code & op.SOURCE_X) != 0 ? x : k);
    } else if (code == op.LD_ABS) {
      a = load<u32>(record + k);
    } else if (code == op.LD_IMM || code == op.LD_LEN) {
      a = k;
    } else if (code == op.LDX_IMM || code == op.LDX_LEN) {
      x = k;
    } else if (code == op.LD_MEM) {
      a = load<u32>(k);
    } else if (code == op.LDX_MEM) {
      x = load<u32>(k);
    } else if (code == op.ST) {
      store<u32>(k, a);
    } else if (code == op.STX) {
      store<u32>(k, x);
    } else if (code == op.TAX) {
      x = a;
    } else {
      a = x;
    }
    slot = next;
  }
}
