import type { ArchName } from "../abi/architecture.js";
import { SeccompSimError } from "../errors.js";
import { type Assembled, assemble, looksLikeAssembly } from "./assemble.js";
import { looksLikeCArray, readCArray } from "./c-array.js";
import { clip } from "./c-tokens.js";
import { disassemble } from "./disassemble.js";
import type { Endian, Instruction } from "./instruction.js";

/** How a filter stands in a text: a listing or assembler text, a C array, numbers. */
export type FilterText = "asm" | "c" | "decimal";

export interface FilterTextOptions {
  /** Whose system calls names mean. */
  readonly arch?: ArchName | undefined;
  /** The byte order to assume where the text does not tell. */
  readonly endian?: Endian | undefined;
}

/** The form of a filter's text, by its content; `undefined` for a profile, and for anything else. */
export function detectFilterText(text: string): FilterText | undefined {
  if (looksLikeDecimal(text)) return "decimal";
  if (looksLikeCArray(text)) return "c";
  return looksLikeAssembly(text) ? "asm" : undefined;
}

/** Reads a filter's text. */
export function readFilterText(
  text: string,
  file: string,
  form: FilterText,
  options: FilterTextOptions = {},
): Assembled {
  if (form === "asm") return assemble(text, { file, ...options });
  const instructions =
    form === "c" ? readCArray(text, file, options.arch) : readDecimal(text, file);
  return { instructions, endian: options.endian ?? "little", warnings: [] };
}

/** Writes a filter as text; `json` is an array of `{"code","jt","jf","k"}`. */
export function formatFilter(
  instructions: readonly Instruction[],
  form: FilterText | "json",
): string {
  switch (form) {
    case "asm":
      return joined(disassemble(instructions));
    case "c":
      return joined(
        instructions.map(
          ({ code, jt, jf, k }) =>
            `{ 0x${code.toString(16).padStart(2, "0")}, ${jt}, ${jf}, 0x${k.toString(16).padStart(8, "0")} },`,
        ),
      );
    case "decimal":
      return joined([
        String(instructions.length),
        ...instructions.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`),
      ]);
    case "json":
      return `[\n${instructions
        .map(({ code, jt, jf, k }) => `  ${JSON.stringify({ code, jt, jf, k })}`)
        .join(",\n")}\n]\n`;
  }
}

/** The numbers that `tcpdump -ddd` prints: how many instructions, then `code jt jf k` of each. */
export function readDecimal(text: string, file: string): Instruction[] {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line, at: index + 1 }));
  const [head, ...rows] = lines.filter(({ line }) => line.trim() !== "");
  const complain = (message: string, at: number, column = 1, hint?: string) =>
    new SeccompSimError("bad-decimal", message, { place: { file, line: at, column }, hint });
  const count = Number(/^\s*(\d{1,7})\s*$/.exec(head?.line ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(count)) {
    throw complain("the first line should be the number of instructions", head?.at ?? 1);
  }
  if (count === 0) throw new SeccompSimError("empty-filter", `${file} has no instructions`);
  const instructions = rows.map(({ line, at }) => {
    const words = [...line.matchAll(/\S+/g)];
    if (words.length !== 4) {
      throw complain(`a line has code, jt, jf and k, but this one has ${words.length} words`, at);
    }
    const [code = 0, jt = 0, jf = 0, k = 0] = words.map(({ 0: word, index }, which) => {
      const limit = [0xffff, 0xff, 0xff, 0xffffffff][which] ?? 0;
      const value = /^\d{1,20}$/.test(word) ? Number(word) : Number.NaN;
      if (value <= limit) return value;
      const name = ["code", "jt", "jf", "k"][which];
      throw complain(`${name} is a number from 0 to ${limit}, not ${clip(word)}`, at, index + 1);
    });
    return { code, jt, jf, k };
  });
  if (instructions.length !== count) {
    const message = `the first line promises ${count} instructions, but ${instructions.length} follow`;
    throw complain(message, head?.at ?? 1, 1, "the text is cut off, or the count was not kept");
  }
  return instructions;
}

function looksLikeDecimal(text: string): boolean {
  return /^\s*\d+[ \t]*\r?\n\s*\d+[ \t]+\d/.test(text.slice(0, 4096));
}

function joined(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
