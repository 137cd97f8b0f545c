import type { Instruction } from "../../src/bpf/instruction.js";
import type { SeccompData } from "../../src/seccomp/record.js";

/** The instructions by their manual names, `X` for those that take it as their operand. */
const CODES = {
  ld: 0x20,
  ldLen: 0x80,
  ldxLen: 0x81,
  ldImm: 0x00,
  ldxImm: 0x01,
  ldMem: 0x60,
  ldxMem: 0x61,
  st: 0x02,
  stx: 0x03,
  add: 0x04,
  addX: 0x0c,
  sub: 0x14,
  subX: 0x1c,
  mul: 0x24,
  mulX: 0x2c,
  div: 0x34,
  divX: 0x3c,
  or: 0x44,
  orX: 0x4c,
  and: 0x54,
  andX: 0x5c,
  lsh: 0x64,
  lshX: 0x6c,
  rsh: 0x74,
  rshX: 0x7c,
  neg: 0x84,
  xor: 0xa4,
  xorX: 0xac,
  retA: 0x16,
  ret: 0x06,
  ja: 0x05,
  tax: 0x07,
  txa: 0x87,
} as const;

const JUMPS = {
  jeq: 0x15,
  jeqX: 0x1d,
  jgt: 0x25,
  jgtX: 0x2d,
  jge: 0x35,
  jgeX: 0x3d,
  jset: 0x45,
  jsetX: 0x4d,
} as const;

type Name = keyof typeof CODES;
type JumpName = keyof typeof JUMPS;

/** `i("ld", 16)`: an instruction without jump offsets. */
export function i(name: Name, k = 0): Instruction {
  return { code: CODES[name], jt: 0, jf: 0, k };
}

/** `j("jeq", 5, 0, 1)`: a conditional jump. */
export function j(name: JumpName, k: number, jt: number, jf: number): Instruction {
  return { code: JUMPS[name], jt, jf, k };
}

/** An instruction from its raw fields, for those that no program should have. */
export function raw(code: number, k = 0, jt = 0, jf = 0): Instruction {
  return { code, jt, jf, k };
}

/** A record of which only some fields matter. */
export function record(fields: Partial<SeccompData> = {}): SeccompData {
  return { nr: 0, arch: 0xc000003e, ip: 0n, args: [], ...fields };
}
