import type { TableColumn } from "./architecture.js";
import { SYSCALL_COLUMNS } from "./syscalls.gen.js";

/** One named constant: its value on most architectures, and the columns that differ. */
export interface Constant {
  readonly name: string;
  /** `undefined` = absent on most architectures. */
  readonly usual: bigint | undefined;
  /** Columns that differ from `usual`; `undefined` = the name does not exist there. */
  readonly others: ReadonlyMap<string, bigint | undefined>;
}

const COLUMN_NAMES = Object.keys(SYSCALL_COLUMNS);

function value(hex: string): bigint | undefined {
  return hex === "-" ? undefined : BigInt(`0x${hex}`);
}

/** Reads `NAME value letters:value …` of the generated tables (see constants.gen.ts). */
export function parseConstant(line: string): Constant {
  const [name = "", usual = "-", ...rest] = line.split(" ");
  const others = new Map<string, bigint | undefined>();
  for (const part of rest) {
    const colon = part.indexOf(":");
    for (const letter of part.slice(0, colon)) {
      const column = COLUMN_NAMES[letter.charCodeAt(0) - 97];
      if (column !== undefined) others.set(column, value(part.slice(colon + 1)));
    }
  }
  return { name, usual: value(usual), others };
}

/** The value on one architecture; `undefined` where the name does not exist. */
export function constantValue(constant: Constant, column: TableColumn): bigint | undefined {
  return constant.others.has(column) ? constant.others.get(column) : constant.usual;
}
