import type { ArchName } from "../abi/architecture.js";
import type { SeccompSimError } from "../errors.js";
import { archWord, syscallWord, verdictWord, type WordResult, wordOf } from "./filter-words.js";
import type { Endian } from "./instruction.js";
import { BPF_MEMWORDS, BPF_X } from "./opcode.js";

/** Where a jump goes: a label, or `+N` instructions further than the next. */
export interface JumpTarget {
  readonly label: string;
  readonly offset: number | undefined;
  readonly column: number;
}

/** An instruction but for its jump offsets. */
export interface Operation {
  readonly code: number;
  readonly k: number;
  /** Targets when true and when false; `undefined` is the next instruction. */
  readonly jump?: readonly (JumpTarget | undefined)[] | undefined;
}

/** What operands are read with. Columns count from 0. */
export interface Reader {
  readonly arch: ArchName | undefined;
  readonly endian: Endian;
  error(code: string, message: string, column: number, hint?: string): SeccompSimError;
}

const PLAIN: Readonly<Record<string, number>> = { neg: 0x84, tax: 0x07, txa: 0x87 };
const ALU: Readonly<Record<string, number>> = {
  add: 0x04,
  sub: 0x14,
  mul: 0x24,
  div: 0x34,
  or: 0x44,
  and: 0x54,
  lsh: 0x64,
  rsh: 0x74,
  mod: 0x94,
  xor: 0xa4,
};
/** Opcode, and whether the labels change places: BPF has no "not equal". */
const JUMPS: Readonly<Record<string, readonly [number, boolean]>> = {
  jeq: [0x15, false],
  jne: [0x15, true],
  jneq: [0x15, true],
  jgt: [0x25, false],
  jle: [0x25, true],
  jge: [0x35, false],
  jlt: [0x35, true],
  jset: [0x45, false],
};
const LOADS = ["ld", "ldh", "ldb", "ldx", "ldxb"];

export const MNEMONICS: readonly string[] = [
  ...LOADS,
  "st",
  "stx",
  ...Object.keys(ALU),
  ...Object.keys(PLAIN),
  ...Object.keys(JUMPS),
  "ja",
  "jmp",
  "ret",
];

interface Operand {
  readonly text: string;
  readonly column: number;
}

/** Reads an instruction's operands; `undefined` for a mnemonic that there is not. */
export function operationOf(
  name: string,
  operands: string,
  column: number,
  reader: Reader,
): Operation | undefined {
  const list = split(operands, column);
  const own = <T>(table: Readonly<Record<string, T>>): T | undefined =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  const end = { text: "", column: column + operands.length };
  const count = (least: number, most: number, usage: string): Operand => {
    if (list.length >= least && list.length <= most) return list[0] ?? end;
    const extra = list[most] ?? end;
    throw reader.error("bad-operands", `${name} is written ${usage}`, extra.column);
  };
  const plain = own(PLAIN);
  if (plain !== undefined) {
    count(0, 0, `${name}, without operands`);
    return { code: plain, k: 0 };
  }
  const alu = own(ALU);
  if (alu !== undefined) {
    const operand = count(1, 1, `${name} #NUMBER or ${name} x`);
    return isX(operand) ? { code: alu | BPF_X, k: 0 } : { code: alu, k: number(operand, reader) };
  }
  const jump = own(JUMPS);
  if (jump !== undefined) {
    const operand = count(
      2,
      3,
      `${name} #NUMBER, LABEL_TRUE, LABEL_FALSE; the last may be left out`,
    );
    const targets = list.slice(1).map((one) => target(one, reader));
    const [when, otherwise] = targets;
    return {
      code: isX(operand) ? jump[0] | BPF_X : jump[0],
      k: isX(operand) ? 0 : constant(operand, reader),
      jump: jump[1] ? [otherwise, when] : [when, otherwise],
    };
  }
  if (name === "ja" || name === "jmp") {
    return { code: 0x05, k: 0, jump: [target(count(1, 1, `${name} LABEL`), reader)] };
  }
  if (name === "st" || name === "stx") {
    const operand = count(1, 1, `${name} M[0]`);
    const k = scratch(operand, reader);
    if (k === undefined) throw bad(operand, `${name} is written ${name} M[0]`, reader);
    return { code: name === "st" ? 0x02 : 0x03, k };
  }
  if (name === "ret") return ret(count(1, 1, "ret ALLOW, ret #NUMBER or ret a"), reader);
  if (LOADS.includes(name)) return load(name, count(1, 1, LOAD_USAGE), reader);
  return undefined;
}

const LOAD_USAGE = "with one operand: nr, arch, ip.lo, args[0].lo, [OFFSET], #NUMBER, M[0] or len";

function load(name: string, operand: Operand, reader: Reader): Operation {
  const { text } = operand;
  const inX = name === "ldx";
  if (name === "ldxb") return { code: 0xb1, k: header(operand, reader) };
  if (name === "ld" || inX) {
    if (text.toLowerCase().replace(/^#/, "") === "len") return { code: inX ? 0x81 : 0x80, k: 0 };
    if (text.startsWith("#")) return { code: inX ? 0x01 : 0x00, k: number(operand, reader) };
    const k = scratch(operand, reader);
    if (k !== undefined) return { code: inX ? 0x61 : 0x60, k };
  }
  const at = /^\[\s*(x\s*\+\s*)?(\w+)\s*\]$/i.exec(text);
  const offset = at?.[2] === undefined ? undefined : wordOf(at[2]);
  if (offset !== undefined && !inX) {
    const size = name === "ldh" ? 0x08 : name === "ldb" ? 0x10 : 0;
    return { code: (at?.[1] === undefined ? 0x20 : 0x40) | size, k: offset };
  }
  if (name === "ld") return { code: 0x20, k: field(operand, reader) };
  const message = inX ? "ldx loads #NUMBER, M[0] or len" : `${name} loads [OFFSET] or [x + OFFSET]`;
  throw bad(operand, message, reader);
}

/** `ldxb 4*([14]&0xf)`: of socket filters only. */
function header(operand: Operand, reader: Reader): number {
  const match = /^4\s*\*\s*\(\s*\[\s*(\w+)\s*\]\s*&\s*0xf\s*\)$/i.exec(operand.text);
  const offset = match?.[1] === undefined ? undefined : wordOf(match[1]);
  if (offset === undefined) throw bad(operand, "ldxb is written ldxb 4*([OFFSET]&0xf)", reader);
  return offset;
}

/** A field of `struct seccomp_data` (linux include/uapi/linux/seccomp.h) as its offset. */
function field(operand: Operand, reader: Reader): number {
  const text = operand.text.toLowerCase().replaceAll(/\s/g, "");
  if (text === "nr" || text === "sys_number") return 0;
  if (text === "arch") return 4;
  const match = /^(?:ip|instruction_pointer|args\[([0-9]+)\])(\.lo|\.hi)?$/.exec(text);
  if (match === null) {
    throw bad(operand, `"${operand.text}" is nothing that ld could load`, reader, LOAD_HINT);
  }
  if (Number(match[1] ?? 0) > 5) throw bad(operand, "a call has args[0] to args[5]", reader);
  if (match[2] === undefined) {
    const hint = `write ${text}.lo or ${text}.hi`;
    throw bad(operand, `${text} has 64 bits, and ld loads 32 of them`, reader, hint);
  }
  const base = match[1] === undefined ? 8 : 16 + 8 * Number(match[1]);
  return base + ((match[2] === ".hi") === (reader.endian === "little") ? 4 : 0);
}

const LOAD_HINT =
  "it loads nr, arch, ip.lo, args[0].lo, args[0].hi, [OFFSET], #NUMBER, M[0] or len";

function ret(operand: Operand, reader: Reader): Operation {
  const { text } = operand;
  if (/^%?a$/i.test(text)) return { code: 0x16, k: 0 };
  const bare = text.replace(/^#\s*/, "");
  if (/^[-0-9]/.test(bare)) return { code: 0x06, k: number(operand, reader) };
  return { code: 0x06, k: resolve(verdictWord(bare, reader.arch), operand, reader) };
}

function target({ text, column }: Operand, reader: Reader): JumpTarget {
  const plus = /^\+([0-9]+)$/.exec(text)?.[1];
  const offset = plus === undefined ? undefined : Number(plus);
  if (offset !== undefined && offset <= 0xffffffff) return { label: text, offset, column };
  if (/^[A-Za-z_][\w.]*$/.test(text)) return { label: text, offset: undefined, column };
  const hint = "a jump goes to a label, or +N: N instructions further than the next";
  throw bad({ text, column }, `"${text}" is no label`, reader, hint);
}

function scratch(operand: Operand, reader: Reader): number | undefined {
  const index = /^(?:m|mem)\s*\[\s*([0-9]+)\s*\]$/i.exec(operand.text)?.[1];
  if (index === undefined) return undefined;
  if (Number(index) < BPF_MEMWORDS) return Number(index);
  throw bad(operand, `there are M[0] to M[${BPF_MEMWORDS - 1}]`, reader);
}

/** What A is compared with: a number, an architecture, a system call or an action. */
function constant(operand: Operand, reader: Reader): number {
  const text = operand.text.replace(/^#\s*/, "");
  if (/^(AUDIT_)?ARCH_/i.test(text)) return resolve(archWord(text), operand, reader);
  if (/^[a-z_]\w*$/i.test(text)) {
    const name = text.replace(/^__NR_/, "");
    return resolve(syscallWord(name, reader.arch), operand, reader);
  }
  return number(operand, reader);
}

function number(operand: Operand, reader: Reader): number {
  const text = operand.text.replace(/^#\s*/, "");
  const value = wordOf(text);
  if (value !== undefined) return value;
  const isNumber = /^-?[0-9]+$|^-?0x[0-9a-f]+$/i.test(text);
  const what = isNumber ? "does not fit in 32 bits" : "is no number";
  throw bad(operand, `${text === "" ? "nothing" : text} ${what}`, reader);
}

function resolve(result: WordResult, operand: Operand, reader: Reader): number {
  if ("value" in result) return result.value;
  throw bad(operand, result.problem, reader, result.hint);
}

function bad({ column }: Operand, message: string, reader: Reader, hint?: string): SeccompSimError {
  return reader.error("bad-operand", message, column, hint);
}

function isX({ text }: Operand): boolean {
  return /^%?x$/i.test(text);
}

/** Operands with their columns. */
function split(text: string, column: number): Operand[] {
  if (text === "") return [];
  let at = column;
  return text.split(",").map((part) => {
    const operand = { text: part.trim(), column: at + (part.length - part.trimStart().length) };
    at += part.length + 1;
    return operand;
  });
}
