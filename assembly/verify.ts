import * as L from "./layout";
import * as op from "./opcode";
import { DATA_SIZE } from "./record";

// Why a program is refused. The host knows these numbers by name.
export const OK: u32 = 0;
export const EMPTY: u32 = 1;
export const TOO_LONG: u32 = 2;
export const UNKNOWN_OPCODE: u32 = 3;
export const DIVISION_BY_ZERO: u32 = 4;
export const SHIFT_TOO_LARGE: u32 = 5;
export const SCRATCH_INDEX: u32 = 6;
export const JUMP_OUT_OF_BOUNDS: u32 = 7;
export const UNKNOWN_ANCILLARY: u32 = 8;
export const NO_RETURN_AT_END: u32 = 9;
export const SCRATCH_UNINITIALIZED: u32 = 10;
export const NOT_FOR_SECCOMP: u32 = 11;
export const LOAD_OUT_OF_BOUNDS: u32 = 12;
export const LOAD_UNALIGNED: u32 = 13;
export const CHAIN_TOO_LONG: u32 = 14;

/** First ancillary load of socket filters, SKF_AD_OFF. */
const ANCILLARY: u32 = 0xfffff000;

/** Where the last refusal happened; meaningless for those that concern no instruction. */
export let failedPc: u32 = 0;

function code(pc: u32): u16 {
  return load<u16>(L.INPUT + pc * L.INSTRUCTION_SIZE);
}
function jt(pc: u32): u32 {
  return load<u8>(L.INPUT + pc * L.INSTRUCTION_SIZE, 2);
}
function jf(pc: u32): u32 {
  return load<u8>(L.INPUT + pc * L.INSTRUCTION_SIZE, 3);
}
function operand(pc: u32): u32 {
  return load<u32>(L.INPUT + pc * L.INSTRUCTION_SIZE, 4);
}

function isConditional(code: u16): bool {
  switch (code) {
    case op.JEQ_K:
    case op.JEQ_X:
    case op.JGT_K:
    case op.JGT_X:
    case op.JGE_K:
    case op.JGE_X:
    case op.JSET_K:
    case op.JSET_X:
      return true;
    default:
      return false;
  }
}

function forSeccomp(code: u16): bool {
  switch (code) {
    case op.LD_ABS:
    case op.LD_LEN:
    case op.LDX_LEN:
    case op.LD_IMM:
    case op.LDX_IMM:
    case op.LD_MEM:
    case op.LDX_MEM:
    case op.ST:
    case op.STX:
    case op.ADD_K:
    case op.ADD_X:
    case op.SUB_K:
    case op.SUB_X:
    case op.MUL_K:
    case op.MUL_X:
    case op.DIV_K:
    case op.DIV_X:
    case op.OR_K:
    case op.OR_X:
    case op.AND_K:
    case op.AND_X:
    case op.LSH_K:
    case op.LSH_X:
    case op.RSH_K:
    case op.RSH_X:
    case op.NEG:
    case op.XOR_K:
    case op.XOR_X:
    case op.JA:
    case op.RET_K:
    case op.RET_A:
    case op.TAX:
    case op.TXA:
      return true;
    default:
      return isConditional(code);
  }
}

function forSockets(code: u16): bool {
  switch (code) {
    case op.LDH_ABS:
    case op.LDB_ABS:
    case op.LD_IND:
    case op.LDH_IND:
    case op.LDB_IND:
    case op.LDXB_MSH:
    case op.MOD_K:
    case op.MOD_X:
      return true;
    default:
      return forSeccomp(code);
  }
}

function refuse(reason: u32, pc: u32): u32 {
  failedPc = pc;
  return reason;
}

/** One instruction by itself (linux net/core/filter.c `bpf_check_classic`). */
function checkInstruction(pc: u32, length: u32): u32 {
  const c = code(pc);
  const k = operand(pc);
  if (!forSockets(c)) return UNKNOWN_OPCODE;
  switch (c) {
    case op.DIV_K:
    case op.MOD_K:
      return k == 0 ? DIVISION_BY_ZERO : OK;
    case op.LSH_K:
    case op.RSH_K:
      return k >= 32 ? SHIFT_TOO_LARGE : OK;
    case op.LD_MEM:
    case op.LDX_MEM:
    case op.ST:
    case op.STX:
      return k >= 16 ? SCRATCH_INDEX : OK;
    case op.JA:
      return k >= length - pc - 1 ? JUMP_OUT_OF_BOUNDS : OK;
    case op.LD_ABS:
    case op.LDH_ABS:
    case op.LDB_ABS: {
      // The ancillary loads that sockets know are those of words 0 to 15 above SKF_AD_OFF.
      const known = k < ANCILLARY || (k - ANCILLARY < 64 && (k & 3) == 0);
      return known ? OK : UNKNOWN_ANCILLARY;
    }
    default:
      if (!isConditional(c)) return OK;
      return pc + jt(pc) + 1 >= length || pc + jf(pc) + 1 >= length ? JUMP_OUT_OF_BOUNDS : OK;
  }
}

/**
 * No scratch word may be read before it was written, on any path (`check_load_and_stores`). RET leaves
 * the set as it is: code after it inherits it, as in the kernel.
 */
function checkScratch(length: u32): u32 {
  memory.fill(L.MASKS, 0xff, length * 2);
  let valid: u32 = 0;
  for (let pc: u32 = 0; pc < length; pc++) {
    const c = code(pc);
    valid &= load<u16>(L.MASKS + pc * 2);
    if (c == op.ST || c == op.STX) {
      valid |= 1 << operand(pc);
    } else if (c == op.LD_MEM || c == op.LDX_MEM) {
      if ((valid & (1 << operand(pc))) == 0) return refuse(SCRATCH_UNINITIALIZED, pc);
    } else if (c == op.JA) {
      narrow(pc + 1 + operand(pc), valid);
      valid = 0xffff;
    } else if (isConditional(c)) {
      narrow(pc + 1 + jt(pc), valid);
      narrow(pc + 1 + jf(pc), valid);
      valid = 0xffff;
    }
  }
  return OK;
}

function narrow(pc: u32, valid: u32): void {
  const mask = L.MASKS + pc * 2;
  store<u16>(mask, <u16>(load<u16>(mask) & valid));
}

/** What seccomp adds (linux kernel/seccomp.c `seccomp_check_filter`). */
function checkForSeccomp(pc: u32): u32 {
  const c = code(pc);
  if (!forSeccomp(c)) return NOT_FOR_SECCOMP;
  if (c != op.LD_ABS) return OK;
  const k = operand(pc);
  if (k >= DATA_SIZE) return LOAD_OUT_OF_BOUNDS;
  return (k & 3) != 0 ? LOAD_UNALIGNED : OK;
}

/** Would the kernel load the `length` instructions at INPUT? The checks are in the kernel's order. */
export function verify(length: u32): u32 {
  if (length == 0) return refuse(EMPTY, 0);
  if (length > L.MAX_INSTRUCTIONS) return refuse(TOO_LONG, 0);
  for (let pc: u32 = 0; pc < length; pc++) {
    const reason = checkInstruction(pc, length);
    if (reason != OK) return refuse(reason, pc);
  }
  const last = code(length - 1);
  if (last != op.RET_K && last != op.RET_A) return refuse(NO_RETURN_AT_END, length - 1);
  const scratch = checkScratch(length);
  if (scratch != OK) return scratch;
  for (let pc: u32 = 0; pc < length; pc++) {
    const reason = checkForSeccomp(pc);
    if (reason != OK) return refuse(reason, pc);
  }
  return OK;
}

/**
 * How long the accepted program at INPUT is as eBPF (linux net/core/filter.c `bpf_convert_filter`),
 * which is what the chain's limit counts.
 */
export function translatedLength(length: u32): u32 {
  let sum: u32 = 3; // clears A and X, moves the context
  for (let pc: u32 = 0; pc < length; pc++) {
    const c = code(pc);
    if (c == op.RET_K) {
      sum += 2;
    } else if (c == op.DIV_X) {
      sum += 5; // a guard of four against X == 0
    } else if (isConditional(c)) {
      // A jump that falls through on one side needs one instruction, if its test has an opposite.
      const set = c == op.JSET_K || c == op.JSET_X;
      sum += jf(pc) == 0 || (jt(pc) == 0 && !set) ? 1 : 2;
      // A constant that would sign-extend goes through a register.
      if ((c & 8) == 0 && operand(pc) >= 0x80000000) sum += 1;
    } else {
      sum += 1;
    }
  }
  return sum;
}
