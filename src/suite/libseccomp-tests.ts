import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { parsePattern } from "../abi/call-pattern.js";
import { servedArchs } from "../abi/compat.js";
import { ARCH_NAMES } from "../abi/names.js";
import { suggest } from "../abi/suggest.js";
import { suggestSyscall, tableHasArch } from "../abi/syscalls.js";
import type { Endian } from "../bpf/instruction.js";
import { multiplexed, resolverOf, SYSCALL_UNKNOWN } from "../compiler/libseccomp/names.js";
import { type Place, placed, SeccompSimError } from "../errors.js";
import type { LibseccompVersion } from "../target.js";

/** A row of a table of kind `bpf-sim`. */
export interface TestRow {
  readonly place: Place;
  readonly test: string;
  readonly archs: Cell;
  readonly syscall: Cell;
  readonly args: readonly Cell[];
  readonly result: Cell;
}

interface Cell {
  readonly text: string;
  readonly place: Place;
}

export interface TestTable {
  readonly rows: readonly TestRow[];
  /** Kinds of tests that are no table of calls, and how many lines each has. */
  readonly others: ReadonlyMap<string, number>;
}

const COLUMNS = 10;
const KINDS = ["bpf-sim", "bpf-sim-fuzz", "bpf-valgrind", "basic", "live"];

/** Lines beyond this are no table that people wrote. */
const MAX_LINES = 100_000;

/**
 * Reads a `*.tests` file of libseccomp (tests/regression): `test type: KIND` opens a section, `#` a comment;
 * rows of `bpf-sim` are `TEST ARCHES SYSCALL ARG0 … ARG5 RESULT`.
 *
 * Throws SeccompSimError with line and column for what is no such file.
 */
export function readTests(text: string, file: string): TestTable {
  const lines = text.split(/\r?\n/);
  if (lines.length > MAX_LINES) {
    throw new SeccompSimError("too-large", `${file} has more than ${MAX_LINES} lines`);
  }
  const rows: TestRow[] = [];
  const others = new Map<string, number>();
  let kind: string | undefined;
  lines.forEach((line, i) => {
    const cells = [...line.matchAll(/\S+/g)].map((word): Cell => {
      return { text: word[0], place: { file, line: i + 1, column: word.index + 1 } };
    });
    const [first] = cells;
    if (first === undefined || first.text.startsWith("#")) return;
    const opened = /^\s*test type:\s*(\S*)\s*$/.exec(line)?.[1];
    if (opened !== undefined) {
      if (!KINDS.includes(opened)) throw wrong(cells.at(-1) ?? first, "kind of tests", KINDS);
      kind = opened;
    } else if (kind === undefined) {
      throw bad("expected a line `test type: KIND` before the first row", first.place);
    } else if (kind === "bpf-sim") {
      rows.push(rowOf(cells));
    } else {
      others.set(kind, (others.get(kind) ?? 0) + 1);
    }
  });
  return { rows, others };
}

function rowOf(cells: readonly Cell[]): TestRow {
  const [test, archs, syscall, ...rest] = cells;
  const extra = cells[COLUMNS];
  if (extra !== undefined) throw bad(`a row has ${COLUMNS} columns`, extra.place);
  const [result] = rest.slice(6);
  if (!test || !archs || !syscall || !result) {
    const message = `a row has ${COLUMNS} columns, TEST ARCHES SYSCALL ARG0 to ARG5 RESULT; this has ${cells.length}`;
    throw bad(message, (cells.at(-1) as Cell).place);
  }
  return { place: test.place, test: test.text, archs, syscall, args: rest.slice(0, 6), result };
}

/** A case that a row becomes, for one architecture. */
export interface ImportedCase {
  readonly row: TestRow;
  readonly arch: ArchName;
  /** The machine whose kernel takes such calls: the native one, where it does. */
  readonly host: ArchName;
  readonly call: string;
  readonly expect: string;
}

/** Where a table is tried: the machine's architecture, and the release that knows architectures and names. */
export interface TestBed {
  readonly native: ArchName;
  readonly release: LibseccompVersion;
}

/**
 * The cases of a row; none where it is not for the native architecture, or for architectures of another
 * byte order than the filter's.
 */
export function casesOfRow(row: TestRow, bed: TestBed, endian: Endian): readonly ImportedCase[] {
  const { native } = bed;
  const expect = resultWord(row.result);
  return archsOf(row.archs, bed)
    .filter((arch) => ARCHITECTURES[arch].endian === endian)
    .map((arch) => {
      const host = servedArchs(native).includes(arch) ? native : arch === "x32" ? "x86_64" : arch;
      const numbers = numbersOf(row.syscall, arch, bed.release);
      return { row, arch, host, call: callText(row, arch, host, numbers), expect };
    });
}

/** The architectures that a row names. Of a kind are those that the release has. */
export function archsOf({ text, place }: Cell, bed: TestBed): readonly ArchName[] {
  const named = new Set<ArchName>();
  const avoided = new Set<ArchName>();
  for (const word of text.split(",")) {
    const [, sign = "", name = ""] = /^([+-]?)(.*)$/.exec(word) ?? [];
    const kind = Object.hasOwn(KINDS_OF_ARCH, name) ? KINDS_OF_ARCH[name] : undefined;
    const own = ARCH_NAMES.find((one) => one === name);
    if (kind === undefined && own === undefined) {
      throw wrong({ text: name, place }, "architecture", [
        ...ARCH_NAMES,
        ...Object.keys(KINDS_OF_ARCH),
      ]);
    }
    const meant = kind
      ? ARCH_NAMES.filter((arch) => kind(arch) && tableHasArch(bed.release, arch))
      : ARCH_NAMES.filter((arch) => arch === own);
    for (const arch of meant) {
      if (sign === "-") avoided.add(arch);
      else if (sign === "+" || arch === bed.native) named.add(arch);
    }
  }
  const left = [...named].filter((arch) => !avoided.has(arch));
  const foreign = left.find((arch) => !tableHasArch(bed.release, arch));
  if (foreign === undefined) return left;
  throw bad(`libseccomp ${bed.release} has no architecture ${foreign}`, place);
}

const KINDS_OF_ARCH: Readonly<Record<string, (arch: ArchName) => boolean>> = {
  all: () => true,
  all_le: (arch) => ARCHITECTURES[arch].endian === "little",
  all_be: (arch) => ARCHITECTURES[arch].endian === "big",
  all_32: (arch) => ARCHITECTURES[arch].bits === 32,
  all_64: (arch) => ARCHITECTURES[arch].bits === 64,
};

/** By name where that means the same registers, else by number. */
function callText(
  row: TestRow,
  arch: ArchName,
  native: ArchName,
  { low, high }: NumberRange,
): string {
  const args = row.args.map(argumentText);
  while (args.at(-1) === undefined && args.length > 0) args.pop();
  const list = args.length === 0 ? "" : `(${args.map((arg) => arg ?? "0").join(", ")})`;
  const raw = `${low === high ? `#${low}` : `#${low}..${high}`}${list}`;
  const { text, place } = row.syscall;
  const whole = placed(place, () => parsePattern(raw, arch, native));
  try {
    const named = parsePattern(`${text}${list}`, arch, native);
    const same = (of: typeof whole): string =>
      [of.numbers, of.args].map((one) => show(one)).join(" ");
    if (same(named) === same(whole) && /^[a-z_]/.test(text)) return `${text}${list}`;
  } catch (error) {
    // The signature has no room for these arguments, or the name means a multiplexer here.
    if (!(error instanceof SeccompSimError)) throw error;
  }
  return raw;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one));
}

/** `N` is `undefined`: not given, 0. */
function argumentText({ text, place }: Cell): string | undefined {
  if (text === "N") return undefined;
  const [, low, high] = /^(0x[0-9a-f]+|\d+)(?:-(0x[0-9a-f]+|\d+))?$/i.exec(text) ?? [];
  const negative = /^-\d+$/.test(text) ? BigInt(text) : undefined;
  if (negative !== undefined) return `0x${BigInt.asUintN(64, negative).toString(16)}`;
  if (low === undefined) {
    throw bad("an argument is N, a number, or a range such as 0x10-0x20", place);
  }
  for (const bound of [low, high ?? low]) {
    if (BigInt(bound) >> 64n !== 0n) throw bad("an argument has at most 64 bits", place);
  }
  if (high === undefined) return plain(low);
  if (BigInt(low) > BigInt(high)) throw bad("the range ends before it begins", place);
  return `${plain(low)}..${plain(high)}`;
}

/** Leading zeros mean nothing there, octal here. */
function plain(number: string): string {
  return /^0x/i.test(number) ? number.toLowerCase() : BigInt(number).toString();
}

interface NumberRange {
  readonly low: number;
  readonly high: number;
}

function numbersOf(cell: Cell, arch: ArchName, release: string): NumberRange {
  const { text, place } = cell;
  const [, first = text, last] = /^(\w+)-(\w+)$/.exec(text) ?? [];
  const low = numberOf(first, cell, arch, release);
  const high = last === undefined ? low : numberOf(last, cell, arch, release);
  if (high < low) throw bad("the range ends before it begins", place);
  return { low, high };
}

/**
 * As libseccomp's `scmp_sys_resolver -t`: the multiplexer's number for every name that goes through one
 * there, even where it has a number of its own; else that, or the negative one of a name that it lacks.
 */
function numberOf(word: string, { place }: Cell, arch: ArchName, release: string): number {
  if (/^-?(0x[0-9a-f]+|\d+)$/i.test(word)) {
    const number = word.startsWith("-") ? -Number(word.slice(1)) : Number(word);
    if (number >= -0x80000000 && number <= 0xffffffff) return number;
    throw bad("a system call number has 32 bits", place);
  }
  const { mux, resolve } = resolverOf(release, arch);
  const number = resolve(word);
  if (number === SYSCALL_UNKNOWN) {
    const near = suggestSyscall(word);
    throw bad(`no architecture has a system call "${word.slice(0, 80)}"`, place, near);
  }
  const via = mux ? multiplexed(word)?.via : undefined;
  return via === undefined ? number : (ARCHITECTURES[arch][via] ?? number);
}

const RESULTS: Readonly<Record<string, string>> = {
  ALLOW: "allow",
  KILL: "kill_thread",
  KILL_THREAD: "kill_thread",
  KILL_PROCESS: "kill_process",
  TRAP: "trap",
  LOG: "log",
  NOTIFY: "notify",
  USER_NOTIF: "notify",
};

function resultWord(cell: Cell): string {
  const { text } = cell;
  if (Object.hasOwn(RESULTS, text)) return RESULTS[text] as string;
  const [, word = "", data = ""] = /^(ERRNO|TRACE)\((\d{1,5})\)$/.exec(text) ?? [];
  if (word !== "") return `${word.toLowerCase()}(${Number(data)})`;
  throw wrong(cell, "result", [...Object.keys(RESULTS), "ERRNO(n)", "TRACE(n)"]);
}

function wrong({ text, place }: Cell, what: string, words: readonly string[]): SeccompSimError {
  const near = suggest(text, words);
  const message = `"${text.slice(0, 80)}" is no ${what}; expected ${words.join(", ")}`;
  return bad(message, place, near);
}

function bad(message: string, place: Place, near?: string): SeccompSimError {
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  return new SeccompSimError("bad-tests", message, { place, hint });
}
