import { describe, expect, test } from "vitest";
import { ARCH_NAMES } from "../../src/abi/names.js";
import type { Source } from "../../src/analysis/source.js";
import { Context } from "../../src/compiler/index.js";
import { LIBSECCOMP_VERSIONS } from "../../src/profile/target-options.js";
import {
  actionWord,
  type Bed,
  concerns,
  countOnX86_64,
  endianOf,
  LIBSECCOMP_TESTS,
  type LibseccompTable,
  runTable,
  stepsOf,
} from "./libseccomp-tables.js";

/** Cases that come out otherwise than in the tables, where that is right. */
const DIFFERENT: readonly {
  readonly why: string;
  readonly table: RegExp;
  readonly where: (bed: Bed) => boolean;
  readonly cases: RegExp;
}[] = [
  {
    why: "mips and ppc are multiplexed since 2.5.2",
    table: /^3[037]-sim-(socket|ipc)_syscalls_be|^3[06]-sim-(socket|ipc)_syscalls$/,
    where: ({ release }) => release === "2.5.0" || release === "2.5.1",
    cases: / on (ppc|ppc64le|mipsel)$/,
  },
  {
    why: "numbers below 0x40000000 are none of x32's; other tables leave it out",
    table: /^6[01]-sim-(precompute|transactions)$/,
    where: ({ native }) => native === "x32",
    cases: /^line \d+$/,
  },
];

/** The filter that our model makes of what a test program asks of the library. */
function modelled(table: LibseccompTable, bed: Bed): Source {
  const context = new Context({
    version: bed.release,
    native: bed.native,
    defaultAction: actionWord(table.default),
    optimize: table.optimize ?? 1,
  });
  for (const step of stepsOf(table, bed)) {
    if (step.kind === "add") expect(context.addArch(step.arch)).toBe(0);
    else if (step.kind === "remove") expect(context.removeArch(step.arch)).toBe(0);
    else expect(context.addRule(step.rule), JSON.stringify(step.rule.syscall)).toBe(step.expected);
  }
  const { instructions } = context.generate();
  return { kind: "filter", name: table.name, instructions, endian: endianOf(table, bed) };
}

/** Whether the model has what the test program asks for: it has only what runtimes use. */
function isModelled({ name, tskip }: LibseccompTable, { native }: Bed): boolean {
  // Only the call that takes no substitutes refuses a number that nothing has on x86 itself.
  return !tskip && !(name === "29-sim-pseudo_syscall" && native === "x86");
}

/** Runs all tables of a machine on the model, and answers how many calls there were. */
function runAll(bed: Bed): number {
  const tables = LIBSECCOMP_TESTS.filter((one) => concerns(one, bed) && isModelled(one, bed));
  const outcomes = tables.map((table) => {
    const { calls, failed } = runTable(table, bed, modelled(table, bed));
    const known = DIFFERENT.find((one) => one.table.test(table.name) && one.where(bed));
    const wrong = failed.filter((title) => !known?.cases.test(title));
    expect(wrong, table.name).toEqual([]);
    if (known !== undefined) expect(failed, known.why).not.toEqual([]);
    return calls;
  });
  return outcomes.reduce((sum, calls) => sum + calls, 0);
}

describe("libseccomp's own tables, as suites, on filters of our model", () => {
  test("are all there", () => {
    expect(new Set(LIBSECCOMP_TESTS.map(({ name }) => name.split(" ")[0])).size).toBe(43);
  });

  test.for(LIBSECCOMP_VERSIONS)("of release %s", (release) => {
    const calls = runAll({ native: "x86_64", release });
    // All but the three of 35-sim-negative_one.
    expect(calls).toBe(countOnX86_64(release) - 3);
  });

  // What `all` means changes, and with it numbers, widths and byte order of most programs.
  test.for(ARCH_NAMES.filter((arch) => arch !== "x86_64"))("made on %s", (native) => {
    expect(runAll({ native, release: "2.6.1" })).toBeGreaterThan(1500);
  });
});
