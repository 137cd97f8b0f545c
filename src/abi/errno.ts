import { ARCHITECTURES, type ArchName, type TableColumn } from "./architecture.js";
import { constantValue, parseConstant } from "./constant-table.js";
import { ERRNO_DESCRIPTIONS, ERRNO_TABLE } from "./errno.gen.js";

/** Second names of the same number: found by name, never given for a number that has a first name. */
const ALIASES = new Set(["EWOULDBLOCK", "EDEADLOCK", "ECANCELLED", "EREFUSED", "ENOTSUP"]);

interface Names {
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

const perColumn = new Map<TableColumn, Names>();
const constants = ERRNO_TABLE.trim().split("\n");
let descriptions: Map<string, string> | undefined;

function namesOf(column: TableColumn): Names {
  const known = perColumn.get(column);
  if (known !== undefined) return known;
  const numbers = new Map<string, number>();
  const names = new Map<number, string>();
  const parsed = constants.map(parseConstant);
  for (const pass of [false, true]) {
    for (const constant of parsed) {
      const value = constantValue(constant, column);
      if (value === undefined || ALIASES.has(constant.name) !== pass) continue;
      const number = Number(value);
      numbers.set(constant.name, number);
      if (!names.has(number)) names.set(number, constant.name);
    }
  }
  // glibc's second name of EOPNOTSUPP; the kernel's header has none.
  const unsupported = numbers.get("EOPNOTSUPP");
  if (unsupported !== undefined && !numbers.has("ENOTSUP")) numbers.set("ENOTSUP", unsupported);
  const result = { numbers, names };
  perColumn.set(column, result);
  return result;
}

/**
 * The name of an error number; mips, parisc and ppc have numbers of their own.
 *
 * `errnoName(38)` is "ENOSYS", `errnoName(89, "mips")` too.
 */
export function errnoName(n: number, arch: ArchName = "x86_64"): string | undefined {
  return namesOf(ARCHITECTURES[arch].column).names.get(n);
}

/** The number of an error name, upper case as the kernel spells it. */
export function errnoNumber(name: string, arch: ArchName = "x86_64"): number | undefined {
  return namesOf(ARCHITECTURES[arch].column).numbers.get(name);
}

/** Whether all architectures have the same number for an error: they do for the first 34. */
export function isNumberedAlike(name: string): boolean {
  const number = errnoNumber(name);
  return errnoNumber(name, "mips") === number && errnoNumber(name, "parisc") === number;
}

/** Whether the architecture numbers the others in its own way: mips and parisc do. */
export function hasOwnErrnos(arch: ArchName): boolean {
  return errnoNumber("ENOSYS", arch) !== errnoNumber("ENOSYS");
}

/** All error names of the architecture. */
export function errnoNames(arch: ArchName = "x86_64"): readonly string[] {
  return [...namesOf(ARCHITECTURES[arch].column).numbers.keys()];
}

/** What the C library says about the number: `errnoDescription(1)` is "Operation not permitted". */
export function errnoDescription(n: number, arch: ArchName = "x86_64"): string | undefined {
  descriptions ??= new Map(
    ERRNO_DESCRIPTIONS.trim()
      .split("\n")
      .map((line) => {
        const space = line.indexOf(" ");
        return [line.slice(0, space), line.slice(space + 1)];
      }),
  );
  const name = errnoName(n, arch);
  return name === undefined ? undefined : descriptions.get(name);
}
