import { ARCHITECTURES, type ArchName } from "../../src/abi/architecture.js";
import { LIBSECCOMP_TABLES, syscallNames, tableNumber } from "../../src/abi/syscalls.js";
import type { CompareOp, Errno, FilterRule } from "../../src/compiler/index.js";
import type { Native } from "./native.js";

/** enum scmp_compare; #0 and #8 are invalid. */
export const OPERATORS: readonly (readonly [CompareOp, number])[] = [
  ["NE", 1],
  ["LT", 2],
  ["LE", 3],
  ["EQ", 4],
  ["GE", 5],
  ["GT", 6],
  ["MASKED_EQ", 7],
];

const ERRNOS: Readonly<Record<string, Errno>> = {
  "0": 0,
  "-13": "EACCES",
  "-14": "EFAULT",
  "-17": "EEXIST",
  "-22": "EINVAL",
  "-33": "EDOM",
};

/** The release of the code, and of the table, which a distribution may have taken from another. */
export function installedRelease(real: Native): { version: string; table: string } {
  const names = syscallNames();
  const [version = "", ...numbers] = real
    .run(`names\n${names.join("\n")}\nend\n`)
    .trim()
    .split("\n");
  const knows = (table: string) =>
    names.every((name, i) => tableNumber(table, "x86_64", name) === positive(numbers[i]));
  const table = LIBSECCOMP_TABLES.findLast(knows);
  if (table === undefined) throw new Error(`no known table is that of libseccomp ${version}`);
  return { version, table };
}

function positive(text: string | undefined): number | undefined {
  return Number(text) < 0 ? undefined : Number(text);
}

export function ruleLine({ action, syscall, conditions }: FilterRule): string {
  const number = (op: CompareOp) => OPERATORS.find(([name]) => name === op)?.[1];
  const name = typeof syscall === "number" ? `#${syscall}` : syscall;
  const args = conditions.map((c) => `${c.index} ${number(c.op)} ${c.value} ${c.valueTwo}`);
  return `R ${action} ${name} ${conditions.length} ${args.join(" ")}`;
}

export function archLine(kind: "A" | "D", arch: ArchName): string {
  return `${kind} ${ARCHITECTURES[arch].token}`;
}

/** The codes that a set's calls returned. */
export function readCodes(line: string): Errno[] {
  const codes = line.trim();
  return codes === "" ? [] : codes.split(" ").map((code) => ERRNOS[code] ?? (code as Errno));
}
