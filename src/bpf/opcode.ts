/**
 * Classic BPF's opcode fields (linux include/uapi/linux/bpf_common.h, filter.h).
 *
 * ```
 * bit   7       5 4    3 2     0
 *      |  mode   | size | class |     loads and stores
 *      |    op     | src | class |    ALU and JMP: op in bits 4-7, src in bit 3
 * ```
 */
export const BPF_LD = 0x00;
export const BPF_LDX = 0x01;
export const BPF_ST = 0x02;
export const BPF_STX = 0x03;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_RET = 0x06;
export const BPF_MISC = 0x07;

export const BPF_W = 0x00;
export const BPF_H = 0x08;
export const BPF_B = 0x10;

export const BPF_IMM = 0x00;
export const BPF_ABS = 0x20;
export const BPF_IND = 0x40;
export const BPF_MEM = 0x60;
export const BPF_LEN = 0x80;
export const BPF_MSH = 0xa0;

export const BPF_ADD = 0x00;
export const BPF_SUB = 0x10;
export const BPF_MUL = 0x20;
export const BPF_DIV = 0x30;
export const BPF_OR = 0x40;
export const BPF_AND = 0x50;
export const BPF_LSH = 0x60;
export const BPF_RSH = 0x70;
export const BPF_NEG = 0x80;
export const BPF_MOD = 0x90;
export const BPF_XOR = 0xa0;

export const BPF_JA = 0x00;
export const BPF_JEQ = 0x10;
export const BPF_JGT = 0x20;
export const BPF_JGE = 0x30;
export const BPF_JSET = 0x40;

export const BPF_K = 0x00;
export const BPF_X = 0x08;
export const BPF_A = 0x10;

export const BPF_TAX = 0x00;
export const BPF_TXA = 0x80;

/** Whole opcodes that compiled filters consist of. */
export const LD_W_ABS = BPF_LD | BPF_W | BPF_ABS;
export const AND_K = BPF_ALU | BPF_AND | BPF_K;
export const JA = BPF_JMP | BPF_JA;
export const JEQ_K = BPF_JMP | BPF_JEQ | BPF_K;
export const JGT_K = BPF_JMP | BPF_JGT | BPF_K;
export const JGE_K = BPF_JMP | BPF_JGE | BPF_K;
export const JSET_K = BPF_JMP | BPF_JSET | BPF_K;
export const RET_K = BPF_RET | BPF_K;

/** Number of 32-bit scratch words M[0]..M[15]. */
export const BPF_MEMWORDS = 16;

/** The 41 opcodes that seccomp accepts (linux kernel/seccomp.c `seccomp_check_filter`), by name. */
export const SECCOMP_OPCODES: ReadonlyMap<number, string> = new Map([
  [0x20, "ld abs"],
  [0x80, "ld len"],
  [0x81, "ldx len"],
  [0x00, "ld imm"],
  [0x01, "ldx imm"],
  [0x60, "ld mem"],
  [0x61, "ldx mem"],
  [0x02, "st"],
  [0x03, "stx"],
  [0x04, "add k"],
  [0x0c, "add x"],
  [0x14, "sub k"],
  [0x1c, "sub x"],
  [0x24, "mul k"],
  [0x2c, "mul x"],
  [0x34, "div k"],
  [0x3c, "div x"],
  [0x44, "or k"],
  [0x4c, "or x"],
  [0x54, "and k"],
  [0x5c, "and x"],
  [0x64, "lsh k"],
  [0x6c, "lsh x"],
  [0x74, "rsh k"],
  [0x7c, "rsh x"],
  [0x84, "neg"],
  [0xa4, "xor k"],
  [0xac, "xor x"],
  [0x05, "ja"],
  [0x15, "jeq k"],
  [0x1d, "jeq x"],
  [0x25, "jgt k"],
  [0x2d, "jgt x"],
  [0x35, "jge k"],
  [0x3d, "jge x"],
  [0x45, "jset k"],
  [0x4d, "jset x"],
  [0x06, "ret k"],
  [0x16, "ret a"],
  [0x07, "tax"],
  [0x87, "txa"],
]);

/**
 * What socket filters may use besides, and seccomp refuses (linux net/core/filter.c
 * `chk_code_allowed`).
 */
export const SOCKET_ONLY_OPCODES: ReadonlyMap<number, string> = new Map([
  [0x28, "ldh abs"],
  [0x30, "ldb abs"],
  [0x40, "ld ind"],
  [0x48, "ldh ind"],
  [0x50, "ldb ind"],
  [0xb1, "ldxb msh"],
  [0x94, "mod k"],
  [0x9c, "mod x"],
]);

/** The name of an opcode (`jeq k`), or `undefined` for one that no classic BPF program may have. */
export function opcodeName(code: number): string | undefined {
  return SECCOMP_OPCODES.get(code) ?? SOCKET_ONLY_OPCODES.get(code);
}

/** Whether `code` is a conditional jump, with K or X as its operand. */
export function isConditionalJump(code: number): boolean {
  return (code & 0x07) === BPF_JMP && (code & 0xf0) !== BPF_JA && (code & 0xf0) <= BPF_JSET;
}

/** Whether `code` ends the program: `ret k` or `ret a`. */
export function isReturn(code: number): boolean {
  return code === (BPF_RET | BPF_K) || code === (BPF_RET | BPF_A);
}
