import { afterAll, describe, expect, test } from "vitest";
import { ARCHITECTURES, type ArchName } from "../../src/abi/architecture.js";
import { LIBSECCOMP_TABLES, syscallNames } from "../../src/abi/syscalls.js";
import { encodeFilter } from "../../src/bpf/encode.js";
import { Context, type Errno, type FilterRule } from "../../src/compiler/index.js";
import { SeccompSimError } from "../../src/errors.js";
import {
  archLine,
  installedRelease,
  OPERATORS,
  readCodes,
  ruleLine,
} from "./installed-libseccomp.js";
import { buildNative } from "./native.js";
import { Random } from "./random.js";

const native = buildNative("libseccomp", ["seccomp"]);
const SETS = 4000;

const ARCHS = Object.values(ARCHITECTURES);
const MULTIPLEXED =
  "socket bind connect accept send recv sendto semop semget msgsnd shmat shmctl".split(" ");

/**
 * One to three architectures: mostly of one byte order, as any filter has; the native one may come again, and
 * the library may not know them.
 */
function randomArchs(random: Random, foreign: boolean): ArchName[] {
  const order = foreign && random.chance(0.5) ? "big" : "little";
  const fitting = ARCHS.filter(
    ({ endian, name }) => endian === order && (!foreign || name !== "x86_64"),
  );
  const usual = random.chance(0.5) && !foreign ? ["x86", "x32"] : fitting.map(({ name }) => name);
  const count = foreign ? 1 + random.below(3) : random.below(4);
  return Array.from({ length: count }, () =>
    random.chance(0.02) ? random.pick(ARCHS).name : (random.pick(usual) as ArchName),
  );
}
const ACTIONS = [
  0x7fff0000, 0x00050001, 0x00050026, 0x7ff00001, 0x00000000, 0x80000000, 0x00030000,
];
const ODD_ACTIONS = [0x00050fff, 0x7fff0001, 0x00030005, 0x12340000];

interface RuleSet {
  readonly defaultAction: number;
  readonly badArch: number;
  readonly optimize: 1 | 2;
  readonly removeNative: boolean;
  readonly archs: readonly ArchName[];
  readonly rules: readonly FilterRule[];
}

function randomRules(random: Random, names: readonly string[]): FilterRule[] {
  const many = random.chance(0.15);
  const some = Array.from({ length: many ? 60 : 1 + random.below(4) }, () =>
    random.pick(random.chance(0.15) ? MULTIPLEXED : names),
  );
  return Array.from(
    { length: many ? 40 + random.below(60) : 1 + random.below(9) },
    (): FilterRule => {
      const indexes = [0, 1, 2, 3, 4, 5].sort(() => random.below(3) - 1);
      const count = many && random.chance(0.7) ? 0 : random.pick([0, 1, 1, 1, 2, 2, 3]);
      const odd = random.chance(0.02);
      return {
        action: odd ? random.pick(ODD_ACTIONS) : random.pick(ACTIONS),
        syscall: random.chance(0.03) ? random.pick([5000, -101, 41, -10, 1]) : random.pick(some),
        conditions: Array.from({ length: count }, (_, i) => ({
          index: random.chance(0.01) ? 6 : (indexes[i] as number) % (random.chance(0.5) ? 2 : 6),
          op: random.pick(OPERATORS)[0],
          value: random.wide(),
          valueTwo: random.wide(),
        })),
      };
    },
  );
}

function randomSet(random: Random, names: readonly string[]): RuleSet {
  const foreign = random.chance(0.3);
  return {
    defaultAction: random.pick(ACTIONS),
    badArch: random.pick([0, 0, 0x00050001, 0x80000000]),
    optimize: random.pick([1, 2]),
    removeNative: foreign,
    archs: randomArchs(random, foreign),
    rules: randomRules(random, names),
  };
}

function toLines(set: RuleSet): string {
  const lines = [
    `F ${set.defaultAction} ${set.badArch} ${set.optimize}`,
    ...(set.removeNative ? [archLine("D", "x86_64")] : []),
    ...set.archs.map((arch) => archLine("A", arch)),
    ...set.rules.map(ruleLine),
  ];
  return `${lines.join("\n")}\nE\n`;
}

/** What our model answers, in the oracle's form. */
function model(
  set: RuleSet,
  version: string,
  table: string,
): { codes: Errno[]; hex: string } | "hang" {
  try {
    const context = new Context({
      version,
      table,
      native: "x86_64",
      defaultAction: set.defaultAction,
      badArchAction: set.badArch,
      optimize: set.optimize,
    });
    if (set.removeNative) context.removeArch("x86_64");
    const codes = set.archs.map((arch) => context.addArch(arch));
    codes.push(...set.rules.map((rule) => context.addRule(rule)));
    const added = set.archs.find((_, i) => codes[i] === 0);
    const first = set.removeNative ? (added ?? "x86_64") : "x86_64";
    if (set.removeNative && added === undefined) {
      expect(() => context.generate()).toThrow("without an architecture");
      return { codes, hex: "export -22" };
    }
    const bytes = encodeFilter(context.generate().instructions, ARCHITECTURES[first].endian);
    return { codes, hex: Buffer.from(bytes).toString("hex") };
  } catch (error) {
    if (error instanceof SeccompSimError && error.code === "libseccomp-hang") return "hang";
    throw error;
  }
}

describe.skipIf(typeof native === "string")("the installed libseccomp", () => {
  const real = native as Exclude<typeof native, string>;
  const names = syscallNames();
  afterAll(() => real.remove());

  test("its syscall table is one that we know", () => {
    const { version, table } = installedRelease(real);
    expect(LIBSECCOMP_TABLES).toContain(version);
    expect(LIBSECCOMP_TABLES).toContain(table);
  });

  test(`makes the same programs and errors of ${SETS} random rule sets`, () => {
    const { version, table } = installedRelease(real);
    const random = new Random(20261124);
    const sets = Array.from({ length: SETS }, () => randomSet(random, names));
    const lines = real.run(sets.map(toLines).join("")).split("\n").slice(1);
    const different = sets.flatMap((set, i) => {
      const [codes = "", hex = ""] = [lines[2 * i], lines[2 * i + 1]];
      const ours = model(set, version, table);
      if (codes === "hang") return ours === "hang" ? [] : [{ set, why: "it hangs" }];
      if (ours === "hang") return [{ set, why: "we say that it hangs" }];
      const theirs = readCodes(codes);
      if (JSON.stringify(theirs) !== JSON.stringify(ours.codes))
        return [{ set, why: "codes", theirs, ours: ours.codes }];
      return hex === ours.hex ? [] : [{ set, why: "program" }];
    });
    expect(
      different.length,
      JSON.stringify(different.slice(0, 2), (_, v) => (typeof v === "bigint" ? String(v) : v)),
    ).toBe(0);
    console.info(
      `libseccomp ${version} (table ${table}): ${SETS} rule sets compared, ${different.length} differ`,
    );
  }, 300_000);
});
