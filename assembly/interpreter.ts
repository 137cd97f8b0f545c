import * as L from "./layout";
import * as op from "./opcode";

/**
 * Runs one pre-decoded program on one record and returns its word. Jumps go forward only and every
 * program ends in a return, both checked by the verifier, so this ends.
 */
export function interpret(pc: usize, record: usize): u32 {
  let a: u32 = 0;
  let x: u32 = 0;
  while (true) {
    const k = load<u32>(pc, L.SLOT_K);
    switch (load<u16>(pc)) {
      case op.OP_JEQ_RUN: {
        const last = <usize>load<u32>(pc, L.SLOT_JF);
        while (load<u32>(pc, L.SLOT_K) != a) {
          if (pc == last) break;
          pc += L.SLOT_SIZE;
        }
        // The loop ends on a hit or on the last jump, which decides for itself.
        pc = load<u32>(pc, L.SLOT_K) == a ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      }
      case op.OP_JEQ_K:
        pc = a == k ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      case op.OP_LD_ABS:
        a = load<u32>(record + k);
        break;
      case op.OP_RET_K:
        return k;
      case op.OP_JGE_K:
        pc = a >= k ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      case op.OP_JGT_K:
        pc = a > k ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      case op.OP_AND_K:
        a &= k;
        break;
      case op.OP_JA:
        pc = load<u32>(pc, L.SLOT_JT);
        continue;
      case op.OP_JSET_K:
        pc = (a & k) != 0 ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      case op.OP_JEQ_X:
        pc = a == x ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      case op.OP_JGT_X:
        pc = a > x ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      case op.OP_JGE_X:
        pc = a >= x ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      case op.OP_JSET_X:
        pc = (a & x) != 0 ? load<u32>(pc, L.SLOT_JT) : load<u32>(pc, L.SLOT_JF);
        continue;
      case op.OP_LD_IMM:
        a = k;
        break;
      case op.OP_LDX_IMM:
        x = k;
        break;
      case op.OP_LD_MEM:
        a = load<u32>(k);
        break;
      case op.OP_LDX_MEM:
        x = load<u32>(k);
        break;
      case op.OP_ST:
        store<u32>(k, a);
        break;
      case op.OP_STX:
        store<u32>(k, x);
        break;
      case op.OP_ADD_K:
        a += k;
        break;
      case op.OP_ADD_X:
        a += x;
        break;
      case op.OP_SUB_K:
        a -= k;
        break;
      case op.OP_SUB_X:
        a -= x;
        break;
      case op.OP_MUL_K:
        a *= k;
        break;
      case op.OP_MUL_X:
        a *= x;
        break;
      case op.OP_DIV_K:
        a /= k;
        break;
      case op.OP_DIV_X:
        // The kernel's guard: division by zero ends the program with 0, which is KILL_THREAD.
        if (x == 0) return 0;
        a /= x;
        break;
      case op.OP_OR_K:
        a |= k;
        break;
      case op.OP_OR_X:
        a |= x;
        break;
      case op.OP_AND_X:
        a &= x;
        break;
      case op.OP_LSH_K:
        a <<= k;
        break;
      case op.OP_LSH_X:
        a <<= x & 31;
        break;
      case op.OP_RSH_K:
        a >>>= k;
        break;
      case op.OP_RSH_X:
        a >>>= x & 31;
        break;
      case op.OP_NEG:
        a = 0 - a;
        break;
      case op.OP_XOR_K:
        a ^= k;
        break;
      case op.OP_XOR_X:
        a ^= x;
        break;
      case op.OP_RET_A:
        return a;
      case op.OP_TAX:
        x = a;
        break;
      case op.OP_TXA:
        a = x;
        break;
      default:
        // The decoder writes no other number. Kill rather than run on, should it ever.
        return 0x80000000;
    }
    pc += L.SLOT_SIZE;
  }
}
