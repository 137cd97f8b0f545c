import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { ARCH_SPELLINGS, archByName } from "../abi/names.js";
import { suggest } from "../abi/suggest.js";
import { SeccompSimError, type Warning } from "../errors.js";
import { MNEMONICS, type Operation, operationOf, type Reader } from "./assembler-operands.js";
import { disassemble } from "./disassemble.js";
import type { Endian, Instruction } from "./instruction.js";

export interface AssembleOptions {
  /** For messages. */
  readonly file?: string;
  /** Whose system calls and errors names mean, where the text has no `.arch`. */
  readonly arch?: ArchName | undefined;
  /** Which half of a 64-bit field is `.lo`, where no architecture tells; little if absent. */
  readonly endian?: Endian | undefined;
}

export interface Assembled {
  readonly instructions: readonly Instruction[];
  /** The byte order of the machine that the text is for. */
  readonly endian: Endian;
  readonly warnings: readonly Warning[];
}

/** A line of a listing: mark of an executed line, number, the four fields, and what they do. */
const LISTED = /^[> ]{0,2}\d{4,10}:[ \t]+0x[0-9a-f]{2}/i;
const LISTED_LINE =
  /^([> ]{0,2})(\d{4,10}):[ \t]+0x([0-9a-f]{2,4})[ \t]+0x([0-9a-f]{2})[ \t]+0x([0-9a-f]{2})[ \t]+0x([0-9a-f]{8})(?:[ \t]+(.*))?$/i;
const LABEL = /^[ \t]*([A-Za-z_][\w.]*):/;
const MAX_WARNINGS = 20;

interface Pending {
  readonly operation: Operation;
  readonly line: number;
}

/**
 * Turns text into a program, one instruction per line:
 *
 * ```
 * .arch x86_64
 *         ld arch
 *         jeq #ARCH_X86_64, next, kill    ; true, false; a label left out is the next instruction
 * next:   ld nr
 *         jeq #getpid, kill
 *         ret ALLOW
 * kill:   ret ERRNO(EPERM)
 * ```
 *
 * The mnemonics are those of the kernel's bpf_asm (linux Documentation/networking/filter.rst). Lines of
 * a listing stand for exactly the fields they show, so that `assemble(disassemble(program))` is the
 * program again, even where the kernel would refuse it; the statement behind the fields is a comment,
 * with a warning where it says something else.
 */
export function assemble(text: string, options: AssembleOptions = {}): Assembled {
  return new Assembler(options).assemble(text);
}

class Assembler {
  readonly #file: string;
  #arch: ArchName | undefined;
  #endian: Endian;
  readonly #code: (Instruction | Pending)[] = [];
  readonly #labels = new Map<string, { pc: number; line: number }>();
  readonly #statements: { pc: number; line: number; column: number; text: string }[] = [];

  constructor({ file = "<asm>", arch, endian }: AssembleOptions) {
    this.#file = file;
    this.#arch = arch;
    this.#endian = arch === undefined ? (endian ?? "little") : ARCHITECTURES[arch].endian;
  }

  assemble(text: string): Assembled {
    text.split(/\r?\n/).forEach((line, index) => {
      this.#line(line, index + 1);
    });
    if (this.#code.length === 0) {
      throw new SeccompSimError("empty-filter", `${this.#file} has no instructions`);
    }
    const instructions = this.#code.map((one, pc) => ("code" in one ? one : this.#link(one, pc)));
    return { instructions, endian: this.#endian, warnings: this.#check(instructions) };
  }

  #line(text: string, line: number): void {
    const listed = LISTED_LINE.exec(text.trimEnd());
    if (listed !== null) {
      this.#listed(listed, line);
      return;
    }
    if (/^[> ]{0,2}\d{4,}:/.test(text)) {
      const hint = "0001: 0x15 0x00 0x08 0xc000003e stands for opcode, jt, jf and k";
      throw this.#error("bad-listing", "this line lacks fields of a listing", line, 0, hint);
    }
    // A comment ends the line; `#` begins numbers.
    const rest = text.replace(/(;|\/\/).*$/, "");
    let at = 0;
    for (let match = LABEL.exec(rest); match !== null; match = LABEL.exec(rest.slice(at))) {
      this.#label(match[1] ?? "", line, at + match[0].indexOf(match[1] ?? ""));
      at += match[0].length;
    }
    const statement = rest.slice(at).trimEnd();
    const column = at + (statement.length - statement.trimStart().length);
    if (statement.trim() !== "") this.#statement(statement.trim(), line, column);
  }

  #listed(match: RegExpExecArray, line: number): void {
    const [, mark = "", number = "", code = "", jt = "", jf = "", k = "", statement] = match;
    const pc = this.#code.length;
    if (Number(number) !== pc) {
      const hint = "a listing's jumps count instructions: none may be left out or moved";
      const message = `line ${number} of the listing stands where ${String(pc).padStart(4, "0")} belongs`;
      throw this.#error("listing-order", message, line, mark.length, hint);
    }
    const [a, b, c, d] = [code, jt, jf, k].map((field) => Number.parseInt(field, 16));
    this.#code.push({ code: a ?? 0, jt: b ?? 0, jf: c ?? 0, k: d ?? 0 });
    if (statement === undefined) return;
    this.#statements.push({
      pc,
      line,
      column: match[0].length - statement.length,
      text: statement,
    });
  }

  #label(name: string, line: number, column: number): void {
    const before = this.#labels.get(name);
    if (before !== undefined) {
      const message = `the label ${name} stands in line ${before.line}, too`;
      throw this.#error("duplicate-label", message, line, column);
    }
    this.#labels.set(name, { pc: this.#code.length, line });
  }

  #statement(text: string, line: number, column: number): void {
    const [word = ""] = /^\S+/.exec(text) ?? [];
    const behind = text.slice(word.length);
    const operands = behind.trim();
    const start = column + word.length + (behind.length - behind.trimStart().length);
    if (word.toLowerCase() === ".arch") {
      this.#setArch(operands, line, start);
      return;
    }
    const reader: Reader = {
      arch: this.#arch,
      endian: this.#endian,
      error: (code, message, offset, hint) => this.#error(code, message, line, offset, hint),
    };
    const operation = operationOf(word.toLowerCase(), operands, start, reader);
    if (operation === undefined) {
      const near = suggest(word, [...MNEMONICS, ".arch"]);
      const hint = near && `did you mean ${near}?`;
      throw this.#error("unknown-mnemonic", `"${word}" is no instruction`, line, column, hint);
    }
    this.#code.push(
      operation.jump === undefined ? { ...operation, jt: 0, jf: 0 } : { operation, line },
    );
  }

  #setArch(name: string, line: number, column: number): void {
    const found = archByName(name);
    if (found === undefined) {
      const near = suggest(name, ARCH_SPELLINGS);
      const message = `no architecture is called "${name}"`;
      throw this.#error("unknown-arch", message, line, column, near && `did you mean ${near}?`);
    }
    if (this.#code.length > 0) {
      const message = ".arch must stand before the first instruction";
      throw this.#error("late-directive", message, line, column);
    }
    this.#arch = found.name;
    this.#endian = found.endian;
  }

  /** Fills in jump offsets, once all labels are known. */
  #link({ operation, line }: Pending, pc: number): Instruction {
    const { code, k, jump } = operation;
    const offsets = (jump ?? []).map((target) => {
      if (target === undefined) return 0;
      const offset = target.offset ?? this.#distance(target.label, pc, line, target.column);
      if (code === 0x05 || offset <= 255) return offset;
      const message = `the jump spans ${offset} instructions; a conditional one reaches 255`;
      const hint = "jump to a ja that goes on from there";
      throw this.#error("jump-too-far", message, line, target.column, hint);
    });
    const [jt = 0, jf = 0] = offsets;
    return code === 0x05 ? { code, jt: 0, jf: 0, k: jt } : { code, jt, jf, k };
  }

  #distance(name: string, pc: number, line: number, column: number): number {
    const label = this.#labels.get(name);
    if (label === undefined) {
      const near = suggest(name, this.#labels.keys());
      const hint = near && `did you mean ${near}?`;
      throw this.#error("unknown-label", `there is no label ${name}`, line, column, hint);
    }
    if (label.pc <= pc) {
      const message = `${name} stands in line ${label.line}, before the jump: jumps only go forward`;
      throw this.#error("backward-jump", message, line, column);
    }
    if (label.pc >= this.#code.length) {
      const message = `no instruction follows the label ${name}`;
      throw this.#error("empty-label", message, line, column);
    }
    return label.pc - pc - 1;
  }

  /** The fields count; who changed only the words must hear of it. */
  #check(instructions: readonly Instruction[]): Warning[] {
    if (this.#statements.length === 0) return [];
    const options = [{ endian: "little" }, { endian: "big" }] as const;
    const listings = options.map((option) => disassemble(instructions, option));
    const differing = this.#statements.filter(
      ({ pc, text }) => !listings.some((listing) => listing[pc]?.endsWith(`  ${text}`)),
    );
    return differing.slice(0, MAX_WARNINGS).map(({ pc, line, column }) => ({
      code: "listing-text",
      message: `the fields of this line mean "${listings[0]?.[pc]?.slice(LISTED_LENGTH).trim()}"; the text behind them is not read`,
      place: { file: this.#file, line, column: column + 1 },
      hint: "change the fields, or write the line as an instruction",
    }));
  }

  #error(code: string, message: string, line: number, column: number, hint?: string) {
    const place = { file: this.#file, line, column: column + 1 };
    // A word of the user's may be as long as the file.
    const clipped = message.length > 300 ? `${message.slice(0, 300)}…` : message;
    return new SeccompSimError(code, clipped, { place, hint });
  }
}

const LISTED_LENGTH = "0000: 0x00 0x00 0x00 0x00000000".length;

/** Whether `text` looks like assembler text, by its first instruction. */
export function looksLikeAssembly(text: string): boolean {
  for (const line of text.slice(0, 64 * 1024).split("\n")) {
    const rest = line.replace(/(;|\/\/).*$/, "").trimEnd();
    if (rest.trim() === "") continue;
    if (LISTED.test(rest)) return true;
    const word = /^\s*(?:[A-Za-z_][\w.]*:\s*)?([.\w]+)?/.exec(rest);
    const name = word?.[1]?.toLowerCase();
    if (name !== undefined && name !== "") return name === ".arch" || MNEMONICS.includes(name);
    if (word?.[0].trim() === "") return false;
  }
  return false;
}
