import { archByAudit } from "../abi/names.js";
import { syscallSignature } from "../abi/signature.js";
import { syscallName } from "../abi/syscalls.js";
import { decodeVerdict, formatVerdict } from "../seccomp/verdict.js";
import { collectFacts, type Facts } from "./facts.js";
import type { Endian, Instruction } from "./instruction.js";
import { BPF_JEQ, BPF_X, isConditionalJump, JEQ_K, opcodeName, RET_K } from "./opcode.js";

export interface DisassembleOptions {
  /** Tells the halves of 64-bit fields apart where the program itself does not test for an architecture. */
  readonly endian?: Endian;
  /** The name of a call's number; without it, Linux's own tables. */
  readonly syscallName?: (arch: number, nr: number) => string | undefined;
  /** Instructions to mark with `>`: those that ran. */
  readonly executed?: ReadonlySet<number>;
}

const NO_FACTS: Facts = { word: undefined, arch: undefined, nr: undefined };

/**
 * A listing, one line per instruction:
 *
 * ```
 * 0000: 0x20 0x00 0x00 0x00000004  A = arch
 * 0001: 0x15 0x00 0x08 0xc000003e  if (A != ARCH_X86_64) goto 0010
 * ```
 *
 * Takes any program, also one that the kernel refuses.
 */
export function disassemble(
  instructions: readonly Instruction[],
  options: DisassembleOptions = {},
): string[] {
  const facts = collectFacts(instructions);
  // All architectures that a filter serves are of one kernel, which numbers errors in one way.
  const tested = instructions.find(({ code }, pc) => code === JEQ_K && facts[pc]?.word === 4);
  const arch = tested && archByAudit(tested.k)?.name;
  return instructions.map((instruction, pc) => {
    const { code, jt, jf, k } = instruction;
    const bytes = `${hex(code, 2)} ${hex(jt, 2)} ${hex(jf, 2)} ${hex(k, 8)}`;
    const mark = options.executed === undefined ? "" : options.executed.has(pc) ? "> " : "  ";
    const text =
      code === RET_K
        ? `return ${formatVerdict(decodeVerdict(k, arch))}`
        : statement(instruction, pc, facts[pc] ?? NO_FACTS, options);
    return `${mark}${line(pc)}: ${bytes}  ${text}`;
  });
}

const ALU_OPERATORS = ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "", "%=", "^="];
const JUMP_OPERATORS: Readonly<Record<number, readonly [string, string]>> = {
  16: ["==", "!="],
  32: [">", "<="],
  48: [">=", "<"],
};

function statement(
  instruction: Instruction,
  pc: number,
  facts: Facts,
  options: DisassembleOptions,
): string {
  const { code, k } = instruction;
  if (opcodeName(code) === undefined) return `unknown opcode ${hex(code, 2)}`;
  if (isConditionalJump(code)) return conditional(instruction, pc, facts, options);
  switch (code) {
    case 0x20:
      return load(k, facts, options);
    case 0x80:
      return "A = 64 # sizeof(struct seccomp_data)";
    case 0x81:
      return "X = 64 # sizeof(struct seccomp_data)";
    case 0x00:
      return `A = ${number(k)}`;
    case 0x01:
      return `X = ${number(k)}`;
    case 0x60:
      return `A = mem[${k}]`;
    case 0x61:
      return `X = mem[${k}]`;
    case 0x02:
      return `mem[${k}] = A`;
    case 0x03:
      return `mem[${k}] = X`;
    case 0x05:
      return `goto ${line(pc + 1 + k)}`;
    case 0x16:
      return "return A";
    case 0x07:
      return "X = A";
    case 0x87:
      return "A = X";
    case 0x84:
      return "A = -A";
    case 0x28:
    case 0x30:
      return `A = ${code === 0x28 ? "u16" : "u8"} at ${hex(k, 2)} # not for seccomp`;
    case 0x40:
    case 0x48:
    case 0x50:
      return `A = ${code === 0x40 ? "u32" : code === 0x48 ? "u16" : "u8"} at X + ${hex(k, 2)} # not for seccomp`;
    case 0xb1:
      return `X = 4 * (u8 at ${hex(k, 2)} & 0xf) # not for seccomp`;
  }
  const operator = ALU_OPERATORS[code >> 4] ?? "?";
  return `A ${operator} ${(code & BPF_X) !== 0 ? "X" : number(k)}`;
}

function conditional(
  instruction: Instruction,
  pc: number,
  facts: Facts,
  options: DisassembleOptions,
): string {
  const { code, jt, jf, k } = instruction;
  // Only equality picks a call or an architecture; order and bits (x32's bit 30) are about numbers.
  const named = (code & 0xf0) === BPF_JEQ;
  const plain = named ? constant(k, facts, options) : number(k);
  const operand = (code & BPF_X) !== 0 ? "X" : plain;
  const whenTrue = line(pc + 1 + jt);
  const whenFalse = line(pc + 1 + jf);
  const operators = JUMP_OPERATORS[code & 0xf0];
  const test = operators === undefined ? `A & ${operand}` : `A ${operators[0]} ${operand}`;
  const opposite = operators === undefined ? `!(A & ${operand})` : `A ${operators[1]} ${operand}`;
  if (jt === jf) return jt === 0 ? `if (${test}) goto ${whenTrue}` : `goto ${whenTrue}`;
  if (jt === 0) return `if (${opposite}) goto ${whenFalse}`;
  if (jf === 0) return `if (${test}) goto ${whenTrue}`;
  return `if (${test}) goto ${whenTrue} else goto ${whenFalse}`;
}

/** A constant that A is compared with, by what A holds. */
function constant(k: number, facts: Facts, options: DisassembleOptions): string {
  if (facts.word === 4) {
    const found = archByAudit(k);
    return found === undefined ? hex(k, 8) : `ARCH_${found.name.toUpperCase()}`;
  }
  if (facts.word === 0 && facts.arch !== undefined) {
    const name = (options.syscallName ?? nameOf)(facts.arch, k);
    if (name !== undefined) return name;
  }
  return number(k);
}

function nameOf(arch: number, nr: number): string | undefined {
  const found = archByAudit(arch, nr);
  return found === undefined ? undefined : syscallName(found.name, nr);
}

/** `ld [k]` as the field that it reads, arguments by the names of the call's signature. */
function load(k: number, facts: Facts, options: DisassembleOptions): string {
  if (k === 0) return "A = sys_number";
  if (k === 4) return "A = arch";
  if (k >= 64 || k % 4 !== 0) return `A = u32 at ${hex(k, 2)} # not in seccomp_data`;
  const { arch, nr } = facts;
  const found = arch === undefined ? undefined : archByAudit(arch, nr ?? 0);
  const little = (found?.endian ?? options.endian ?? "little") === "little";
  const high = (k % 8 !== 0) === little ? " >> 32" : "";
  if (k < 16) return `A = instruction_pointer${high}`;
  const index = (k - 16) >> 3;
  if (found !== undefined && arch !== undefined && nr !== undefined) {
    const call = (options.syscallName ?? nameOf)(arch, nr);
    const argument = call === undefined ? undefined : syscallSignature(call, found.name)?.[index];
    if (argument !== undefined) return `A = ${argument.name}${high} # args[${index}] of ${call}`;
  }
  return `A = args[${index}]${high}`;
}

function line(pc: number): string {
  return String(pc).padStart(4, "0");
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** Small numbers as they are, others in hex. */
function number(value: number): string {
  return value < 10 ? String(value) : `0x${value.toString(16)}`;
}
