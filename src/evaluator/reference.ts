import type { Endian, Instruction } from "../bpf/instruction.js";
import {
  BPF_ADD,
  BPF_ALU,
  BPF_AND,
  BPF_DIV,
  BPF_IMM,
  BPF_JA,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JMP,
  BPF_JSET,
  BPF_LD,
  BPF_LDX,
  BPF_LEN,
  BPF_LSH,
  BPF_MEM,
  BPF_MISC,
  BPF_MUL,
  BPF_NEG,
  BPF_OR,
  BPF_RET,
  BPF_RSH,
  BPF_ST,
  BPF_STX,
  BPF_SUB,
  BPF_TAX,
  BPF_X,
  BPF_XOR,
} from "../bpf/opcode.js";
import { RECORD_SIZE } from "../seccomp/record.js";

/**
 * A second interpreter, written to be read rather than to be fast: field by field from the opcode, on
 * the record's bytes as they are. It shares nothing with the WebAssembly machine, so that each checks
 * the other. Takes accepted programs; on others it throws a RangeError instead of running wild.
 *
 * @returns the word that the program returns, unsigned
 */
export function runReference(
  program: readonly Instruction[],
  record: Uint8Array,
  endian: Endian,
): number {
  const data = new DataView(record.buffer, record.byteOffset, RECORD_SIZE);
  const memory: (number | undefined)[] = new Array(16).fill(undefined);
  let A = 0;
  let X = 0;
  let pc = 0;
  for (;;) {
    const instruction = program[pc];
    if (instruction === undefined) throw new RangeError(`ran off the program at ${pc}`);
    const { code, jt, jf, k } = instruction;
    pc++;
    switch (code & 0x07) {
      case BPF_LD:
        A = load(code, k, data, endian, memory);
        break;
      case BPF_LDX:
        X = load(code, k, data, endian, memory);
        break;
      case BPF_ST:
        memory[scratch(k)] = A;
        break;
      case BPF_STX:
        memory[scratch(k)] = X;
        break;
      case BPF_ALU: {
        const operand = (code & BPF_X) !== 0 ? X : k;
        // The kernel guards a division by X: zero ends the program with 0.
        if ((code & 0xf0) === BPF_DIV && operand === 0) return 0;
        A = calculate(code & 0xf0, A, operand);
        break;
      }
      case BPF_JMP: {
        const op = code & 0xf0;
        if (op === BPF_JA) pc += k;
        else pc += compare(op, A, (code & BPF_X) !== 0 ? X : k) ? jt : jf;
        break;
      }
      case BPF_RET:
        return (code & 0x18) === 0x10 ? A : k;
      case BPF_MISC:
        if ((code & 0xf8) === BPF_TAX) X = A;
        else A = X;
        break;
    }
  }
}

function scratch(k: number): number {
  if (k > 15) throw new RangeError(`there is no M[${k}]`);
  return k;
}

function load(
  code: number,
  k: number,
  data: DataView,
  endian: Endian,
  memory: readonly (number | undefined)[],
): number {
  switch (code & 0xe0) {
    case BPF_IMM:
      return k;
    case BPF_LEN:
      return RECORD_SIZE;
    case BPF_MEM: {
      const value = memory[scratch(k)];
      if (value === undefined) throw new RangeError(`M[${k}] was never written`);
      return value;
    }
    default:
      return data.getUint32(k, endian === "little");
  }
}

function calculate(op: number, a: number, b: number): number {
  switch (op) {
    case BPF_ADD:
      return (a + b) >>> 0;
    case BPF_SUB:
      return (a - b) >>> 0;
    case BPF_MUL:
      return Math.imul(a, b) >>> 0;
    case BPF_DIV:
      return Math.floor(a / b);
    case BPF_OR:
      return (a | b) >>> 0;
    case BPF_AND:
      return (a & b) >>> 0;
    case BPF_LSH:
      return (a << (b & 31)) >>> 0;
    case BPF_RSH:
      return a >>> (b & 31);
    case BPF_NEG:
      return -a >>> 0;
    case BPF_XOR:
      return (a ^ b) >>> 0;
    default:
      throw new RangeError(`there is no ALU operation ${op}`);
  }
}

function compare(op: number, a: number, b: number): boolean {
  switch (op) {
    case BPF_JEQ:
      return a === b;
    case BPF_JGT:
      return a > b;
    case BPF_JGE:
      return a >= b;
    case BPF_JSET:
      return (a & b) !== 0;
    default:
      throw new RangeError(`there is no jump ${op}`);
  }
}
