import type { ArchName } from "../abi/architecture.js";
import { macroWord, SECCOMP_DATA_FIELDS } from "./c-constants.js";
import { clip, Tokens } from "./c-tokens.js";
import { wordOf } from "./filter-words.js";
import type { Instruction } from "./instruction.js";

const FIELDS = ["code", "jt", "jf", "k"] as const;
const LIMITS = { code: 0xffff, jt: 0xff, jf: 0xff, k: 0xffffffff } as const;
const MACROS = { BPF_STMT: ["code", "k"], BPF_JUMP: ["code", "k", "jt", "jf"] } as const;
/** Nobody nests brackets deeper; hostile text would. */
const MAX_DEPTH = 32;

/**
 * Reads `struct sock_filter` initialisers: `{ 0x20, 0, 0, 0x00000004 },` as `tcpdump -dd` and others
 * print them, with the array's declaration around them or without; designated (`{ .code = 6, .k = 0 }`);
 * and BPF_STMT and BPF_JUMP with the constants of Linux's headers. Macros of the file's own are not
 * known: those need a preprocessor (`cc -E`).
 *
 * @param arch whose numbers `__NR_read` means
 */
export function readCArray(text: string, file: string, arch?: ArchName): Instruction[] {
  const tokens = new Tokens(text, file);
  const wrapped = skipDeclaration(tokens);
  const instructions: Instruction[] = [];
  for (;;) {
    const { text: next } = tokens.peek();
    if (next === "" || next === "}") break;
    instructions.push(element(tokens, arch));
    if (!tokens.accept(",")) break;
  }
  if (wrapped) {
    tokens.expect("}", 'after the last instruction (or "," before a further one)');
    tokens.accept(";");
  }
  if (tokens.peek().text !== "") {
    const what = wrapped
      ? "the file should end, after its one array"
      : '"," and an instruction are expected';
    throw tokens.unexpected(what);
  }
  if (instructions.length === 0) {
    throw tokens.error("empty-filter", "the array has no instructions", tokens.peek());
  }
  return instructions;
}

/** Whether `text` looks like a C array: JSON never has a digit, `{`, `.` or a bare word after `{`. */
export function looksLikeCArray(text: string): boolean {
  const tokens = new Tokens(text, "");
  const { text: first } = tokens.take();
  if (first === "{") {
    const { text: second } = tokens.take();
    if (second === "{") return !tokens.accept('"');
    return second === "." || /^\d/.test(second) || /^BPF_/.test(second);
  }
  if (/^(BPF_STMT|BPF_JUMP)$/.test(first)) return tokens.accept("(");
  return /^(static|const|struct)$/.test(first) && /\bsock_filter\b/.test(text.slice(0, 1 << 16));
}

/** Skips `static struct sock_filter name[] =`; whether the array's own brace was opened. */
function skipDeclaration(tokens: Tokens): boolean {
  const first = tokens.peek();
  if (/^[A-Za-z_]/.test(first.text) && !Object.hasOwn(MACROS, first.text)) {
    for (let token = tokens.take(); token.text !== "="; token = tokens.take()) {
      if (token.text !== "" && /^[\w[\]*]+$/.test(token.text)) continue;
      throw tokens.unexpected('a declaration and "=" are expected', token);
    }
    tokens.expect("{", "to begin the array");
    return true;
  }
  if (first.text !== "{") return false;
  tokens.take();
  const { text } = tokens.peek();
  if (text === "{" || Object.hasOwn(MACROS, text)) return true;
  tokens.rewind(first);
  return false;
}

function element(tokens: Tokens, arch: ArchName | undefined): Instruction {
  const begin = tokens.peek();
  if (Object.hasOwn(MACROS, begin.text)) {
    const name = tokens.take().text as keyof typeof MACROS;
    tokens.expect("(", `after ${name}`);
    const fields: Partial<Record<(typeof FIELDS)[number], number>> = {};
    MACROS[name].forEach((field, index) => {
      if (index > 0) tokens.expect(",", `before ${name}'s ${field}`);
      fields[field] = value(tokens, field, arch);
    });
    tokens.expect(")", `after ${name}'s ${MACROS[name].length} arguments`);
    return { code: 0, jt: 0, jf: 0, k: 0, ...fields };
  }
  if (!tokens.accept("{")) {
    throw tokens.unexpected("{ code, jt, jf, k }, BPF_STMT or BPF_JUMP is expected");
  }
  const fields = { code: 0, jt: 0, jf: 0, k: 0 };
  const seen = new Set<string>();
  for (let index = 0; index < 4 && tokens.peek().text !== "}"; index++) {
    const field = tokens.peek().text === "." ? designator(tokens) : FIELDS[index];
    if (field === undefined) break;
    if (seen.has(field)) {
      throw tokens.error("bad-c-array", `${field} has a value already`, tokens.peek());
    }
    seen.add(field);
    fields[field] = value(tokens, field, arch);
    if (!tokens.accept(",")) break;
  }
  tokens.expect("}", "after an instruction's four fields");
  if (seen.size === 0) throw tokens.error("bad-c-array", "an instruction without fields", begin);
  return fields;
}

function designator(tokens: Tokens): (typeof FIELDS)[number] {
  tokens.take();
  const token = tokens.take();
  const field = FIELDS.find((one) => one === token.text);
  if (field === undefined) throw tokens.unexpected("code, jt, jf or k is expected", token);
  tokens.expect("=", `after .${field}`);
  return field;
}

function value(tokens: Tokens, field: keyof typeof LIMITS, arch: ArchName | undefined): number {
  const begin = tokens.peek();
  const found = expression(tokens, arch, 0);
  if (found <= LIMITS[field]) return found;
  const message = `${found} does not fit in ${field}, which holds 0 to ${LIMITS[field]}`;
  throw tokens.error("bad-c-array", message, begin);
}

const PRECEDENCE: Readonly<Record<string, number>> = {
  "|": 1,
  "^": 2,
  "&": 3,
  "<<": 4,
  "+": 5,
  "-": 5,
};

/** Operators by precedence, in 32 bits, as the fields have. */
function expression(tokens: Tokens, arch: ArchName | undefined, depth: number, least = 1): number {
  let left = operand(tokens, arch, depth);
  for (;;) {
    const operator = tokens.peek().text;
    const precedence = Object.hasOwn(PRECEDENCE, operator) ? (PRECEDENCE[operator] ?? 0) : 0;
    if (precedence < least) return left;
    tokens.take();
    left = apply(operator, left, expression(tokens, arch, depth, precedence + 1));
  }
}

function apply(operator: string, a: number, b: number): number {
  switch (operator) {
    case "|":
      return (a | b) >>> 0;
    case "^":
      return (a ^ b) >>> 0;
    case "&":
      return (a & b) >>> 0;
    case "<<":
      return b > 31 ? 0 : (a << b) >>> 0;
    case "+":
      return (a + b) >>> 0;
    default:
      return (a - b) >>> 0;
  }
}

function operand(tokens: Tokens, arch: ArchName | undefined, depth: number): number {
  const token = tokens.take();
  const { text } = token;
  if (depth > MAX_DEPTH) throw tokens.error("bad-c-array", "brackets nest too deep", token);
  if (text === "(") {
    const found = expression(tokens, arch, depth + 1);
    tokens.expect(")", "to close the bracket");
    return found;
  }
  if (text === "-") return -operand(tokens, arch, depth + 1) >>> 0;
  if (text === "~") return ~operand(tokens, arch, depth + 1) >>> 0;
  if (/^\d/.test(text)) {
    const found = wordOf(text);
    if (found !== undefined) return found;
    throw tokens.error("bad-c-array", `${clip(text)} is no number of 32 bits`, token);
  }
  if (text === "offsetof") return fieldOffset(tokens);
  if (!/^[A-Za-z_]/.test(text)) throw tokens.unexpected("a number is expected", token);
  const found = macroWord(text, arch);
  if ("value" in found) return found.value;
  const hint = found.hint ?? "macros of the file's own need the preprocessor first: cc -E";
  throw tokens.error("bad-c-array", clip(found.problem), token, hint);
}

/** `offsetof(struct seccomp_data, args[1])`, with `+ 4` for the other half left to the caller. */
function fieldOffset(tokens: Tokens): number {
  for (const word of ["(", "struct", "seccomp_data", ","]) tokens.expect(word, "in offsetof");
  const token = tokens.take();
  const base = Object.hasOwn(SECCOMP_DATA_FIELDS, token.text)
    ? SECCOMP_DATA_FIELDS[token.text]
    : undefined;
  if (base === undefined) throw tokens.unexpected("a field of seccomp_data is expected", token);
  let offset = base;
  if (token.text === "args" && tokens.accept("[")) {
    const index = tokens.take();
    if (!/^[0-5]$/.test(index.text)) throw tokens.unexpected("0 to 5 is expected", index);
    offset += 8 * Number(index.text);
    tokens.expect("]", "after the argument's number");
  }
  tokens.expect(")", "after the field");
  return offset;
}
