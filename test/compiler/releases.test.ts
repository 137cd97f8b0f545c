import { expect, test } from "vitest";
import type { ArchName } from "../../src/abi/architecture.js";
import { Context, resolveSyscall } from "../../src/compiler/index.js";

// What changed between releases, as libseccomp's CHANGELOG and tables have it.
test.for([
  ["2.5.1", "ppc64", "socket", 326, "mips and ppc multiplex since 2.5.2 only"],
  ["2.5.2", "ppc64", "socket", -101, "from then on the multiplexed number is the answer"],
  ["2.5.1", "x86", "socket", -101, "x86 always did"],
  ["2.5.4", "x86_64", "mseal", -1, "a call newer than the table is unknown"],
  ["2.5.6", "x86_64", "mseal", 462, "and known from the release with Linux 6.13's table"],
] as const)("libseccomp %s resolves %s %s as %i: %s", ([version, arch, name, number]) => {
  expect(resolveSyscall(version, arch, name)).toBe(number);
});

test.for([
  ["2.5.6", "loongarch64"],
  ["2.5.6", "m68k"],
  ["2.5.6", "sh"],
] as const)("libseccomp %s does not know %s, 2.6.0 does", ([version, arch]) => {
  const make = (release: string, native: ArchName) =>
    new Context({ version: release, native, defaultAction: 0 });
  expect(() => make(version, arch)).toThrow("does not know the architecture");
  expect(make("2.6.0", arch).addRule({ action: 0x7fff0000, syscall: "read", conditions: [] })).toBe(
    0,
  );
});

/**
 * Two rules whose upper halves meet with different actions: before 2.6.1 the false side of the one
 * overwrites the true side's action of the other (GHSA-4q85-33p6-j5g6).
 */
test("only 2.6.1 has the false side's overwrite right", () => {
  const program = (version: string) => {
    const context = new Context({ version, native: "x86_64", defaultAction: 0x00050001 });
    const rule = (action: number, value: bigint, and: bigint) =>
      context.addRule({
        action,
        syscall: "kill",
        conditions: [
          { index: 0, op: "NE", value, valueTwo: 0n },
          ...(and === 0n ? [] : [{ index: 1, op: "EQ" as const, value: and, valueTwo: 0n }]),
        ],
      });
    const codes = [rule(0x7fff0000, 0x200000009n, 0n), rule(0x00030000, 0x200000005n, 0n)];
    return JSON.stringify([codes, context.generate().instructions]);
  };
  expect(program("2.6.0")).not.toBe(program("2.6.1"));
  expect(program("2.5.4")).toBe(program("2.6.0"));
});
