import { readFileSync } from "node:fs";
import { ARCHITECTURES, type ArchName } from "../../src/abi/architecture.js";
import { tableHasArch } from "../../src/abi/syscalls.js";
import { createSimulator, type Simulator } from "../../src/analysis/simulator.js";
import type { Source } from "../../src/analysis/source.js";
import type { Endian } from "../../src/bpf/instruction.js";
import type { CompareOp, Condition, Errno, FilterRule } from "../../src/compiler/index.js";
import { nameOfNumber } from "../../src/compiler/libseccomp/names.js";
import { importTests } from "../../src/suite/import-tests.js";
import { readSuite } from "../../src/suite/reader.js";
import { runSuiteSync } from "../../src/suite/runner.js";
import type { LibseccompVersion, Target } from "../../src/target.js";

/**
 * What a test program of libseccomp 2.6.0 asks of the library, and what its table expects of the filter.
 * Transactions and resets are played through; priorities, which only move code, are left out; two merged
 * filters are two tables. A step is `+ARCH`, `-ARCH`, or `ACTION CALL CONDITION… [=> ERRNO]`, where a
 * condition is `INDEX OP VALUE` or `INDEX&MASK==VALUE`; a row is the table's without its name, and without
 * the last arguments that are `N`.
 */
export interface LibseccompTable {
  readonly name: string;
  readonly default: string;
  readonly optimize?: 1 | 2;
  /** SCMP_FLTATR_API_TSKIP: the call -1 may have rules. */
  readonly tskip?: boolean;
  readonly steps: readonly string[];
  readonly rows: readonly string[];
}

export const LIBSECCOMP_TESTS: readonly LibseccompTable[] = JSON.parse(
  readFileSync(new URL("../fixtures/libseccomp-tables.json", import.meta.url), "utf8"),
);

/** Where a test program runs: its own architecture, and the library. */
export interface Bed {
  readonly native: ArchName;
  readonly release: LibseccompVersion;
}

export type Step =
  | { readonly kind: "add"; readonly arch: ArchName }
  | { readonly kind: "remove"; readonly arch: ArchName }
  | { readonly kind: "rule"; readonly rule: FilterRule; readonly expected: Errno };

/** The calls into the library, without architectures that it does not know. */
export function stepsOf({ steps }: LibseccompTable, bed: Bed): readonly Step[] {
  return steps.flatMap((text): Step[] => {
    const [, sign, word] = /^([+-])(\w+)$/.exec(text) ?? [];
    if (sign === undefined) return rulesOf(text, bed);
    const arch = word === "native" ? bed.native : (word as ArchName);
    if (!tableHasArch(bed.release, arch)) return [];
    return [{ kind: sign === "+" ? "add" : "remove", arch }];
  });
}

function rulesOf(text: string, bed: Bed): Step[] {
  const [call = "", expected = "0"] = text.split(" => ");
  const [action = "", syscall = "", ...conditions] = call.split(" ");
  return syscallsOf(syscall, bed).flatMap((one) =>
    variantsOf(conditions).map((words): Step => {
      const rule = {
        action: actionWord(action),
        syscall: one,
        conditions: words.map((word) => conditionOf(word, bed)),
      };
      return { kind: "rule", rule, expected: expected === "0" ? 0 : (expected as Errno) };
    }),
  );
}

/** A name, a number, or the first hundred numbers that have names, without chdir's. */
function syscallsOf(word: string, { native, release }: Bed): (string | number)[] {
  if (word !== "first-100") return [/^-?\d+$/.test(word) ? Number(word) : word];
  return Array.from({ length: 10_000 }, (_, nr) => nr)
    .filter((nr) => ![undefined, "chdir"].includes(nameOfNumber(release, native, nr)))
    .slice(0, 100);
}

/** `0==0..99` stands for a hundred rules. */
function variantsOf(conditions: readonly string[]): string[][] {
  return conditions.reduce<string[][]>(
    (before, word) => {
      const [, start, low, high] = /^(.*?)(\d+)\.\.(\d+)$/.exec(word) ?? [];
      const words =
        low === undefined
          ? [word]
          : Array.from({ length: Number(high) - Number(low) + 1 }, (_, i) => `${start}${+low + i}`);
      return before.flatMap((list) => words.map((one) => [...list, one]));
    },
    [[]],
  );
}

const OPERATORS: Readonly<Record<string, CompareOp>> = {
  "!=": "NE",
  "<": "LT",
  "<=": "LE",
  "==": "EQ",
  ">=": "GE",
  ">": "GT",
};

function conditionOf(word: string, { native }: Bed): Condition {
  const [, index, mask, op = "", text = ""] = /^(\d)(?:&(\w+))?(\W+)(\w+)$/.exec(word) ?? [];
  const { bits } = ARCHITECTURES[native];
  const value = text === "SSIZE_MAX" ? (1n << BigInt(bits - 1)) - 1n : BigInt(text);
  if (mask === undefined) {
    return { index: Number(index), op: OPERATORS[op] as CompareOp, value, valueTwo: 0n };
  }
  return { index: Number(index), op: "MASKED_EQ", value: BigInt(mask), valueTwo: value };
}

const ACTIONS: Readonly<Record<string, number>> = {
  ALLOW: 0x7fff0000,
  LOG: 0x7ffc0000,
  TRACE: 0x7ff00000,
  ERRNO: 0x00050000,
  TRAP: 0x00030000,
  KILL: 0,
  KILL_PROCESS: 0x80000000,
};

export function actionWord(text: string): number {
  const [, word = "", data = "0"] = /^([A-Z_]+)(?:\((\d+)\))?$/.exec(text) ?? [];
  return (ACTIONS[word] as number) + Number(data);
}

/** The table as libseccomp writes it, without architectures that the release does not know. */
export function tableText({ name, rows }: LibseccompTable, { release }: Bed): string {
  const lines = rows.flatMap((row) => {
    const [archs = "", syscall, ...rest] = row.split(" ");
    const result = rest.pop();
    const known = archs
      .split(",")
      .filter((word) => /^\+?all/.test(word) || knows(release, word.replace(/^[+-]/, "")));
    if (known.length === 0) return [];
    const args = Array.from({ length: 6 }, (_, i) => rest[i] ?? "N");
    return [[name.split(" ")[0], known.join(","), syscall, ...args, result].join("\t")];
  });
  return `test type: bpf-sim\n\n${lines.join("\n")}\n`;
}

function knows(release: string, arch: string): boolean {
  return tableHasArch(release, arch as ArchName);
}

/** Whether the table has a row for the machine. */
export function concerns({ rows }: LibseccompTable, { native }: Bed): boolean {
  const { bits } = ARCHITECTURES[native];
  return rows.some((row) => {
    const words = (row.split(" ")[0] as string).split(",");
    const own = ["all", `all_${bits}`, native].some((word) => words.includes(word));
    return words.some((word) => word.startsWith("+")) || (own && !words.includes(`-${native}`));
  });
}

/** The byte order of the filter: that of the architectures that the program adds at last. */
export function endianOf(table: LibseccompTable, bed: Bed): Endian {
  const added = stepsOf(table, bed).findLast((step) => step.kind === "add");
  return ARCHITECTURES[added?.arch ?? bed.native].endian;
}

/** How many calls libseccomp's own script counts on x86_64; 206 are of architectures that 2.6.0 brought. */
export function countOnX86_64(release: LibseccompVersion): number {
  return tableHasArch(release, "sh") ? 7808 : 7808 - 206;
}

export interface Outcome {
  readonly calls: number;
  /** Titles of cases that came out otherwise. */
  readonly failed: readonly string[];
}

/** Makes a suite of the table and runs it on a filter. */
export function runTable(table: LibseccompTable, bed: Bed, filter: Source): Outcome {
  const options = { arch: bed.native, libseccomp: bed.release };
  const { text } = importTests(tableText(table, bed), `${table.name}.tests`, options);
  const suite = readSuite(text, `${table.name}.yaml`);
  let simulator: Simulator | undefined;
  const simulatorFor = ({ target }: { target: Target }) => {
    simulator?.close();
    simulator = createSimulator(filter, target);
    return simulator;
  };
  const { runs } = runSuiteSync(suite, simulatorFor, { nearest: false });
  simulator?.close();
  const cases = runs.flatMap((one) => one.cases);
  return {
    calls: cases.reduce((sum, one) => sum + one.calls, 0),
    failed: cases.filter((one) => one.status !== "passed").map((one) => one.case.title),
  };
}
