import * as L from "./layout";
import * as op from "./opcode";
import { DATA_SIZE } from "./record";

/** The dense number of an opcode that the verifier has accepted. */
function dense(code: u16): u16 {
  switch (code) {
    case op.LD_ABS:
      return op.OP_LD_ABS;
    case op.LD_IMM:
    case op.LD_LEN:
      return op.OP_LD_IMM;
    case op.LDX_IMM:
    case op.LDX_LEN:
      return op.OP_LDX_IMM;
    case op.LD_MEM:
      return op.OP_LD_MEM;
    case op.LDX_MEM:
      return op.OP_LDX_MEM;
    case op.ST:
      return op.OP_ST;
    case op.STX:
      return op.OP_STX;
    case op.ADD_K:
      return op.OP_ADD_K;
    case op.ADD_X:
      return op.OP_ADD_X;
    case op.SUB_K:
      return op.OP_SUB_K;
    case op.SUB_X:
      return op.OP_SUB_X;
    case op.MUL_K:
      return op.OP_MUL_K;
    case op.MUL_X:
      return op.OP_MUL_X;
    case op.DIV_K:
      return op.OP_DIV_K;
    case op.DIV_X:
      return op.OP_DIV_X;
    case op.OR_K:
      return op.OP_OR_K;
    case op.OR_X:
      return op.OP_OR_X;
    case op.AND_K:
      return op.OP_AND_K;
    case op.AND_X:
      return op.OP_AND_X;
    case op.LSH_K:
      return op.OP_LSH_K;
    case op.LSH_X:
      return op.OP_LSH_X;
    case op.RSH_K:
      return op.OP_RSH_K;
    case op.RSH_X:
      return op.OP_RSH_X;
    case op.NEG:
      return op.OP_NEG;
    case op.XOR_K:
      return op.OP_XOR_K;
    case op.XOR_X:
      return op.OP_XOR_X;
    case op.JA:
      return op.OP_JA;
    case op.JEQ_K:
      return op.OP_JEQ_K;
    case op.JEQ_X:
      return op.OP_JEQ_X;
    case op.JGT_K:
      return op.OP_JGT_K;
    case op.JGT_X:
      return op.OP_JGT_X;
    case op.JGE_K:
      return op.OP_JGE_K;
    case op.JGE_X:
      return op.OP_JGE_X;
    case op.JSET_K:
      return op.OP_JSET_K;
    case op.JSET_X:
      return op.OP_JSET_X;
    case op.RET_A:
      return op.OP_RET_A;
    case op.TAX:
      return op.OP_TAX;
    case op.TXA:
      return op.OP_TXA;
    default:
      return op.OP_RET_K;
  }
}

/** Writes the slots of the accepted program at INPUT to `slots`. */
export function decode(slots: u32, length: u32): void {
  for (let pc: u32 = 0; pc < length; pc++) {
    const from = L.INPUT + pc * L.INSTRUCTION_SIZE;
    const slot = slots + pc * L.SLOT_SIZE;
    const next = slot + L.SLOT_SIZE;
    const code = load<u16>(from);
    let k = load<u32>(from, 4);
    store<u16>(slot, dense(code));
    store<u16>(slot, code, L.SLOT_CODE);
    store<u32>(slot, next, L.SLOT_JT);
    store<u32>(slot, next, L.SLOT_JF);
    if (code == op.JA) {
      store<u32>(slot, next + k * L.SLOT_SIZE, L.SLOT_JT);
    } else if ((code & 7) == 5) {
      store<u32>(slot, next + load<u8>(from, 2) * L.SLOT_SIZE, L.SLOT_JT);
      store<u32>(slot, next + load<u8>(from, 3) * L.SLOT_SIZE, L.SLOT_JF);
    } else if (code == op.LD_LEN || code == op.LDX_LEN) {
      k = DATA_SIZE;
    } else if (code == op.LD_MEM || code == op.LDX_MEM || code == op.ST || code == op.STX) {
      k = L.SCRATCH + k * 4;
    }
    store<u32>(slot, k, L.SLOT_K);
  }
  markRuns(slots, length);
}

/** Joins each `jeq k` to a `jeq k` right after it that its false side falls into. */
function markRuns(slots: u32, length: u32): void {
  for (let pc = <i32>length - 2; pc >= 0; pc--) {
    const slot = slots + <u32>pc * L.SLOT_SIZE;
    const next = slot + L.SLOT_SIZE;
    if (load<u16>(slot) != op.OP_JEQ_K || load<u32>(slot, L.SLOT_JF) != next) continue;
    const following = load<u16>(next);
    if (following == op.OP_JEQ_K) {
      store<u16>(slot, op.OP_JEQ_RUN);
      store<u32>(slot, next, L.SLOT_JF);
    } else if (following == op.OP_JEQ_RUN) {
      store<u16>(slot, op.OP_JEQ_RUN);
      store<u32>(slot, load<u32>(next, L.SLOT_JF), L.SLOT_JF);
    }
  }
}
