import { SeccompSimError } from "../errors.js";
import { ARCHITECTURES, type ArchName, type TableColumn } from "./architecture.js";
import { suggest } from "./suggest.js";
import {
  LIBSECCOMP_RELEASES,
  SYSCALL_COLUMNS,
  SYSCALL_DIFFS,
  SYSCALL_TABLE,
} from "./syscalls.gen.js";

/** The libseccomp releases whose syscall tables are known, oldest first. */
export const LIBSECCOMP_TABLES: readonly string[] = LIBSECCOMP_RELEASES.split(" ");

interface Row {
  readonly pseudo: number;
  /** Index into LIBSECCOMP_TABLES. */
  readonly since: number;
  /** Offsets from each column's base in base 36; "" = as in the like column, "-" = absent. */
  readonly cells: readonly string[];
}

interface Column {
  readonly index: number;
  /** The column whose offset an empty cell repeats. */
  readonly like: string | undefined;
  readonly base: number;
}

function parseColumns(): ReadonlyMap<string, Column> {
  const fields = SYSCALL_COLUMNS.split(" ").map((text) => text.split(":"));
  return new Map(
    fields.map(([name = "", like, base], index): [string, Column] => [
      name,
      { index, like: like === "" ? undefined : like, base: Number(base) },
    ]),
  );
}

/** Cells stay text until they are asked for: most never are. */
function parseTable(): Map<string, Row> {
  const table = new Map<string, Row>();
  for (const line of SYSCALL_TABLE.trim().split("\n")) {
    const [name = "", pseudo = "", since = "", cells = ""] = line.split(" ");
    table.set(name, {
      pseudo: 0 - Number.parseInt(pseudo, 36),
      since: Number(since),
      cells: cells.split(","),
    });
  }
  return table;
}

/** The real number in a column; `undefined` where the architecture lacks the call. */
function numberIn({ cells }: Row, column: TableColumn): number | undefined {
  const { base } = columns().get(column) as Column;
  let from = columns().get(column);
  while (from !== undefined) {
    const text = cells[from.index] ?? "";
    if (text === "-") return undefined;
    if (text !== "") return base + Number.parseInt(text, 36);
    from = from.like === undefined ? undefined : columns().get(from.like);
  }
  return undefined;
}

interface Diffs {
  /** `release column name` → number there; `undefined` = absent there. */
  readonly cells: ReadonlyMap<string, number | undefined>;
  /** `release column` of columns that the release does not have. */
  readonly missing: ReadonlySet<string>;
}

function parseDiffs(): Diffs {
  const cells = new Map<string, number | undefined>();
  const missing = new Set<string>();
  for (const line of SYSCALL_DIFFS.trim().split("\n")) {
    const [name = "", column = "", value = "", releases = ""] = line.split(" ");
    for (const release of releases) {
      if (name === "*") missing.add(`${release} ${column}`);
      else cells.set(`${release} ${column} ${name}`, value === "-" ? undefined : Number(value));
    }
  }
  return { cells, missing };
}

/** Computes on first use: the tables cost nothing to a program that never asks. */
function lazy<T>(compute: () => T): () => T {
  let value: { readonly it: T } | undefined;
  return () => {
    value ??= { it: compute() };
    return value.it;
  };
}

const columns = lazy(parseColumns);
const table = lazy(parseTable);
const diffs = lazy(parseDiffs);
const names = lazy(() => [...table().keys()]);
const byNumber = new Map<TableColumn, Map<number, string>>();

function columnNames(column: TableColumn): Map<number, string> {
  let found = byNumber.get(column);
  if (found === undefined) {
    found = new Map();
    for (const [name, row] of table()) {
      const nr = numberIn(row, column);
      if (nr !== undefined) found.set(nr, name);
    }
    byNumber.set(column, found);
  }
  return found;
}

/** All 508 names that some architecture has, sorted. */
export function syscallNames(): readonly string[] {
  return names();
}

/**
 * The number as it stands in `seccomp_data.nr`; `undefined` where the architecture lacks the call.
 * Always the real (direct) number, never libseccomp's pseudo number of a multiplexed call.
 *
 * `syscallNumber("x86_64", "mount")` is 165, `syscallNumber("mips", "mount")` 4021.
 */
export function syscallNumber(arch: ArchName, name: string): number | undefined {
  const row = table().get(name);
  return row === undefined ? undefined : numberIn(row, ARCHITECTURES[arch].column);
}

/** The name of a number in `seccomp_data.nr`, given signed or unsigned. */
export function syscallName(arch: ArchName, nr: number): string | undefined {
  return columnNames(ARCHITECTURES[arch].column).get(nr >>> 0);
}

/**
 * libseccomp's negative pseudo number (0 for calls that every architecture has, which need none), and
 * the first release from 2.5.0 on that knows the name.
 */
export function syscallRow(name: string): { pseudo: number; since: string } | undefined {
  const row = table().get(name);
  if (row === undefined) return undefined;
  return { pseudo: row.pseudo, since: LIBSECCOMP_TABLES[row.since] ?? "" };
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
  const release = releaseIndex(version);
  const row = table().get(name);
  return row !== undefined && row.since <= release;
}

/** Whether that libseccomp release has the architecture at all. */
export function tableHasArch(version: string, arch: ArchName): boolean {
  return !diffs().missing.has(`${releaseIndex(version)} ${ARCHITECTURES[arch].column}`);
}

/**
 * The number in the table of that libseccomp release; `undefined` where the release does not know
 * the name, the architecture, or the call there. Code and table are separate inputs: Debian 12's
 * libseccomp is 2.5.4 with the table of 2.5.5.
 */
export function tableNumber(version: string, arch: ArchName, name: string): number | undefined {
  const release = releaseIndex(version);
  const row = table().get(name);
  if (row === undefined || row.since > release) return undefined;
  const { column } = ARCHITECTURES[arch];
  if (diffs().missing.has(`${release} ${column}`)) return undefined;
  const key = `${release} ${column} ${name}`;
  return diffs().cells.has(key) ? diffs().cells.get(key) : numberIn(row, column);
}

/** The reverse of {@link tableNumber}. */
export function tableName(version: string, arch: ArchName, nr: number): string | undefined {
  // A cell that differs in an older release is rare: look it up by its current number first.
  const name = syscallName(arch, nr);
  if (name !== undefined && tableNumber(version, arch, name) === nr >>> 0) return name;
  const prefix = `${releaseIndex(version)} ${ARCHITECTURES[arch].column} `;
  for (const [key, value] of diffs().cells) {
    if (value === nr >>> 0 && key.startsWith(prefix)) return key.slice(prefix.length);
  }
  return undefined;
}
