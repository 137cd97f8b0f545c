import { afterAll, describe, expect, test } from "vitest";
import { ARCHITECTURES } from "../../src/abi/architecture.js";
import { ARCH_NAMES } from "../../src/abi/names.js";
import { syscallNames, tableHasArch } from "../../src/abi/syscalls.js";
import { loadProfile } from "../../src/analysis/source.js";
import { SYSCALL_UNKNOWN } from "../../src/compiler/index.js";
import { importTests } from "../../src/suite/import-tests.js";
import { readSuite } from "../../src/suite/reader.js";
import type { SuiteTarget } from "../../src/suite/suite.js";
import type { LibseccompVersion } from "../../src/target.js";
import {
  actionWord,
  type Bed,
  countOnX86_64,
  LIBSECCOMP_TESTS,
  type LibseccompTable,
  runTable,
  stepsOf,
} from "../suite/libseccomp-tables.js";
import { archLine, installedRelease, readCodes, ruleLine } from "./installed-libseccomp.js";
import { buildNative } from "./native.js";

const native = buildNative("libseccomp", ["seccomp"]);

function toLines(table: LibseccompTable, bed: Bed): string {
  const lines = stepsOf(table, bed).map((step) => {
    if (step.kind === "rule") return ruleLine(step.rule);
    return archLine(step.kind === "add" ? "A" : "D", step.arch);
  });
  const head = `F ${actionWord(table.default)} 0 ${table.optimize ?? 1}`;
  return `${[head, ...(table.tskip ? ["T"] : []), ...lines].join("\n")}\nE\n`;
}

describe.skipIf(typeof native === "string")("libseccomp's own tables, as suites", () => {
  const real = native as Exclude<typeof native, string>;
  afterAll(() => real.remove());

  test("mean the numbers that the installed library's resolver gives", () => {
    const libseccomp = installedRelease(real).table as LibseccompVersion;
    const names = syscallNames();
    for (const arch of ARCH_NAMES.filter((one) => tableHasArch(libseccomp, one))) {
      const input = `rewritten ${ARCHITECTURES[arch].token}\n${names.join("\n")}\nend\n`;
      const [, ...theirs] = real.run(input).trim().split("\n").map(Number);
      const row = (name: string) => `names +${arch} ${name} N N N N N N ALLOW`;
      const imported = (rows: readonly string[]) =>
        importTests(`test type: bpf-sim\n${rows.join("\n")}\n`, "names.tests", {
          arch,
          libseccomp,
        });
      const known = names.filter((_, i) => theirs[i] !== SYSCALL_UNKNOWN);
      for (const name of names.filter((_, i) => theirs[i] === SYSCALL_UNKNOWN)) {
        expect(() => imported([row(name)]), `${arch} ${name}`).toThrow("no architecture has");
      }
      const suite = readSuite(imported(known.map(row)).text, "names.yaml");
      const [target] = suite.targets as [SuiteTarget];
      const ours = suite.cases.map((one) => one.callsFor(target).map(({ numbers }) => numbers));
      const numbers = theirs.filter((nr) => nr !== SYSCALL_UNKNOWN).map((nr) => nr >>> 0);
      expect(ours, arch).toEqual(numbers.map((nr) => [[{ low: nr, high: nr }]]));
    }
  });

  test("say what the installed library's filters do", () => {
    const release = installedRelease(real).version as LibseccompVersion;
    const bed: Bed = { native: "x86_64", release };
    const [, ...lines] = real
      .run(LIBSECCOMP_TESTS.map((table) => toLines(table, bed)).join(""))
      .split("\n");
    const total = LIBSECCOMP_TESTS.map((table, i) => {
      const [codes = "", hex = ""] = [lines[2 * i], lines[2 * i + 1]];
      const expected = stepsOf(table, bed).flatMap((step) => {
        if (step.kind === "remove") return [];
        return [step.kind === "rule" ? step.expected : 0];
      });
      expect(readCodes(codes), table.name).toEqual(expected);
      const filter = loadProfile(Buffer.from(hex, "hex"), { file: table.name, type: "raw" });
      const { calls, failed } = runTable(table, bed, filter);
      // Multiplexed on mips and ppc since 2.5.2.
      const old = release === "2.5.0" || release === "2.5.1";
      const wrong = old
        ? failed.filter((title) => !/ on (ppc|ppc64le|mipsel)$/.test(title))
        : failed;
      expect(wrong, table.name).toEqual([]);
      return calls;
    }).reduce((sum, calls) => sum + calls, 0);
    expect(total).toBe(countOnX86_64(release));
    console.info(
      `libseccomp ${release}: ${LIBSECCOMP_TESTS.length} tables, ${total} calls, all alike`,
    );
  });
});
