import { SeccompSimError } from "../errors.js";
import { once } from "../once.js";
import { ARCHITECTURES, type ArchName, type TableColumn } from "./architecture.js";
import { suggest } from "./suggest.js";
import {
  LIBSECCOMP_RELEASES,
  SYSCALL_COLUMNS,
  SYSCALL_DIFFS,
  SYSCALL_NAMES,
  SYSCALL_PSEUDOS,
  SYSCALL_SINCE,
} from "./syscalls.gen.js";

/** The libseccomp releases whose syscall tables are known, oldest first. */
export const LIBSECCOMP_TABLES: readonly string[] = LIBSECCOMP_RELEASES.split(" ");
const NEWEST = LIBSECCOMP_TABLES.length - 1;

/** A cell that differs in older releases. */
interface Diff {
  /** `*` = the release does not have the column. */
  readonly name: string;
  /** -1 = absent there. */
  readonly number: number;
  /** Digits: indexes into LIBSECCOMP_TABLES. */
  readonly releases: string;
}

/** The differences of each column. */
function parseDiffs(): ReadonlyMap<string, readonly Diff[]> {
  const byColumn = new Map<string, Diff[]>();
  for (const line of SYSCALL_DIFFS.trim().split("\n")) {
    const [name = "", column = "", value = "", releases = ""] = line.split(" ");
    const diff = { name, number: value === "-" ? -1 : Number(value), releases };
    const others = byColumn.get(column);
    if (others === undefined) byColumn.set(column, [diff]);
    else others.push(diff);
  }
  return byColumn;
}

const NO_DIFFS: readonly Diff[] = [];

function diffsOf(column: TableColumn): readonly Diff[] {
  return diffs().get(column) ?? NO_DIFFS;
}

function parseNumbers(text: string): number[] {
  return JSON.parse(`[${text}]`) as number[];
}

// The tables cost nothing to a program that never asks.
const names = once(() => SYSCALL_NAMES.split(" "));
const indexes = once(() => {
  const found = new Map<string, number>();
  names().forEach((name, index) => {
    found.set(name, index);
  });
  return found;
});
const pseudos = once(() => parseNumbers(SYSCALL_PSEUDOS));
const diffs = once(parseDiffs);

/** The calls of one column as a release has them, by number and by index of their names. */
interface Column {
  /** -1 = absent. */
  readonly numbers: Int32Array;
  readonly byNumber: () => ReadonlyMap<number, string>;
}

const columns = new Map<string, Column>();

function columnOf(release: number, name: TableColumn): Column {
  const key = `${release}${name}`;
  let column = columns.get(key);
  if (column === undefined) {
    const numbers = numbersIn(release, name);
    column = { numbers, byNumber: once(() => invert(numbers)) };
    columns.set(key, column);
  }
  return column;
}

function numbersIn(release: number, name: TableColumn): Int32Array {
  const { base, offsets } = SYSCALL_COLUMNS[name];
  const numbers = new Int32Array(parseNumbers(offsets));
  const newest = sinceDigit(release);
  for (let i = 0; i < numbers.length; i++) {
    const offset = numbers[i] as number;
    if (offset >= 0) numbers[i] = SYSCALL_SINCE.charCodeAt(i) <= newest ? base + offset : -1;
  }
  for (const diff of diffsOf(name)) {
    if (!diff.releases.includes(String(release))) continue;
    if (diff.name === "*") return numbers.fill(-1);
    numbers[indexes().get(diff.name) as number] = diff.number;
  }
  return numbers;
}

function invert(numbers: Int32Array): Map<number, string> {
  const byNumber = new Map<number, string>();
  numbers.forEach((nr, index) => {
    if (nr >= 0) byNumber.set(nr, names()[index] as string);
  });
  return byNumber;
}

/** What {@link SYSCALL_SINCE} has for names that came with that release. */
function sinceDigit(release: number): number {
  return 0x30 + release;
}

/** All 508 names that some architecture has, sorted. */
export function syscallNames(): readonly string[] {
  return names();
}

/** A name's place among {@link syscallNames}. */
export function syscallIndex(name: string): number | undefined {
  return indexes().get(name);
}

/**
 * The number as it stands in `seccomp_data.nr`; `undefined` where the architecture lacks the call.
 * Always the real (direct) number, never libseccomp's pseudo number of a multiplexed call.
 *
 * `syscallNumber("x86_64", "mount")` is 165, `syscallNumber("mips", "mount")` 4021.
 */
export function syscallNumber(arch: ArchName, name: string): number | undefined {
  return numberIn(NEWEST, arch, name);
}

/** The name of a number in `seccomp_data.nr`, given signed or unsigned. */
export function syscallName(arch: ArchName, nr: number): string | undefined {
  return columnOf(NEWEST, ARCHITECTURES[arch].column)
    .byNumber()
    .get(nr >>> 0);
}

/**
 * libseccomp's negative pseudo number (0 for calls that every architecture has, which need none), and
 * the first release from 2.5.0 on that knows the name.
 */
export function syscallRow(name: string): { pseudo: number; since: string } | undefined {
  const index = indexes().get(name);
  if (index === undefined) return undefined;
  const since = LIBSECCOMP_TABLES[Number(SYSCALL_SINCE[index])] ?? "";
  return { pseudo: pseudos()[index] as number, since };
}

/** The known name that the user most likely meant. */
export function suggestSyscall(name: string): string | undefined {
  return suggest(name, names());
}

function releaseIndex(version: string): number {
  const index = LIBSECCOMP_TABLES.indexOf(version);
  if (index >= 0) return index;
  throw new SeccompSimError("unknown-libseccomp", `no syscall table of libseccomp ${version}`, {
    hint: `known releases: ${LIBSECCOMP_TABLES.join(", ")}`,
  });
}

/** Whether that libseccomp release knows the name on any architecture. */
export function tableKnows(version: string, name: string): boolean {
  const index = indexes().get(name);
  return index !== undefined && !isLaterThan(version)(index);
}

/** Which names, by their indexes, came after that libseccomp release. */
export function isLaterThan(version: string): (index: number) => boolean {
  const newest = sinceDigit(releaseIndex(version));
  return (index) => SYSCALL_SINCE.charCodeAt(index) > newest;
}

/** Whether that libseccomp release has the architecture at all. */
export function tableHasArch(version: string, arch: ArchName): boolean {
  const release = String(releaseIndex(version));
  const { column } = ARCHITECTURES[arch];
  return !diffsOf(column).some((diff) => diff.name === "*" && diff.releases.includes(release));
}

function numberIn(release: number, arch: ArchName, name: string): number | undefined {
  const index = indexes().get(name);
  if (index === undefined) return undefined;
  const nr = columnOf(release, ARCHITECTURES[arch].column).numbers[index] as number;
  return nr < 0 ? undefined : nr;
}

/**
 * The number in the table of that libseccomp release; `undefined` where the release does not know
 * the name, the architecture, or the call there. Code and table are separate inputs: Debian 12's
 * libseccomp is 2.5.4 with the table of 2.5.5.
 */
export function tableNumber(version: string, arch: ArchName, name: string): number | undefined {
  return numberIn(releaseIndex(version), arch, name);
}

/** The reverse of {@link tableNumber}. */
export function tableName(version: string, arch: ArchName, nr: number): string | undefined {
  return columnOf(releaseIndex(version), ARCHITECTURES[arch].column)
    .byNumber()
    .get(nr >>> 0);
}

/**
 * All numbers in the table of that release, in the order of {@link syscallNames}. Where it lacks a
 * call, the pseudo number stands for it; -1 where it does not know the name.
 */
export function tableNumbers(version: string, arch: ArchName): Int32Array {
  const release = releaseIndex(version);
  const numbers = columnOf(release, ARCHITECTURES[arch].column).numbers.slice();
  const instead = pseudos();
  const newest = sinceDigit(release);
  for (let i = 0; i < numbers.length; i++) {
    if ((numbers[i] as number) >= 0 || SYSCALL_SINCE.charCodeAt(i) > newest) continue;
    numbers[i] = instead[i] as number;
  }
  return numbers;
}
