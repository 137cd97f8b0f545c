import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ARCHITECTURES } from "../../src/abi/architecture.js";
import { assemble } from "../../src/bpf/assemble.js";
import { decodeFilter } from "../../src/bpf/encode.js";
import type { Instruction } from "../../src/bpf/instruction.js";
import { runReference } from "../../src/evaluator/reference.js";
import { verifyFilter } from "../../src/evaluator/verify.js";
import { constantAllow } from "../../src/seccomp/constant-allow.js";
import { encodeRecord } from "../../src/seccomp/record.js";

const X86_64 = ARCHITECTURES.x86_64.audit;
const I386 = ARCHITECTURES.x86.audit;
const NEW = { major: 6, minor: 1 };
const program = (text: string): readonly Instruction[] => assemble(text).instructions;
const ALLOW_ALL = program("ret #0x7fff0000");

/** Does getpid (39) skip the filter? */
const cached = (text: string): boolean =>
  constantAllow([program(text)], "x86_64", NEW).has(39, X86_64);

const ALLOW = "allow: ret #0x7fff0000";
const KILL = "kill: ret #0x80000000";

// linux kernel/seccomp.c seccomp_is_const_allow: what it knows, and nothing else.
describe("one call of one filter", () => {
  test.for([
    ["ALLOW at once", "ret #0x7fff0000", true],
    ["ALLOW with data", "ret #0x7fff0001", false],
    ["LOG", "ret #0x7ffc0000", false],
    ["jeq on the number", `ld [0]\njeq #39, allow, kill\n${ALLOW}\n${KILL}`, true],
    ["jeq on another number", `ld [0]\njeq #40, allow, kill\n${ALLOW}\n${KILL}`, false],
    [
      "jgt, jge, ja",
      `ld [0]\njgt #38, a, kill\na: jge #39, b, kill\nb: ja allow\n${KILL}\n${ALLOW}`,
      true,
    ],
    ["jgt is strict", `ld [0]\njgt #39, allow, kill\n${ALLOW}\n${KILL}`, false],
    [
      "jset and and",
      `ld [0]\nand #0x0f\njset #0x08, kill, a\na: jeq #7, allow, kill\n${ALLOW}\n${KILL}`,
      true,
    ],
    ["the register begins at 0", `jeq #0, allow, kill\n${ALLOW}\n${KILL}`, true],
    ["the architecture", `ld [4]\njeq #0xc000003e, allow, kill\n${ALLOW}\n${KILL}`, true],
    ["an argument, whatever comes of it", "ld [16]\nret #0x7fff0000", false],
    ["the instruction pointer", "ld [8]\nret #0x7fff0000", false],
    [
      "an argument on another way",
      `ld [0]\njeq #39, allow, arg\narg: ld [16]\n${KILL}\n${ALLOW}`,
      true,
    ],
    ["an immediate", "ld #1\nret #0x7fff0000", false],
    ["the length", "ld #len\nret #0x7fff0000", false],
    ["other arithmetic", "or #1\nret #0x7fff0000", false],
    ["X", "tax\nret #0x7fff0000", false],
    ["memory", "st M[0]\nret #0x7fff0000", false],
    ["a return of the register", "ret a", false],
  ] as const)("%s", ([, text, expected]) => {
    expect(cached(text)).toBe(expected);
  });
});

describe("the tables", () => {
  test("native and compat numbers; none beyond them, none of x32, none of others", () => {
    const bitmap = constantAllow([ALLOW_ALL], "x86_64", NEW);
    expect(bitmap.cached).toBe(bitmap.total);
    expect(bitmap.total).toBeGreaterThan(350);
    expect([bitmap.has(0, X86_64), bitmap.has(0, I386)]).toEqual([true, true]);
    expect(bitmap.has(0x40000000, X86_64)).toBe(false);
    expect(bitmap.has(0xffffffff, X86_64)).toBe(false);
    expect(bitmap.has(5000, X86_64)).toBe(false);
    expect(bitmap.has(0, ARCHITECTURES.aarch64.audit)).toBe(false);
  });

  test("each architecture counts its own", () => {
    const only = program(`ld [4]\njeq #0xc000003e, allow, kill\n${ALLOW}\n${KILL}`);
    const bitmap = constantAllow([only], "x86_64", NEW);
    expect([bitmap.has(39, X86_64), bitmap.has(39, I386)]).toEqual([true, false]);
    expect(bitmap.cached).toBe(bitmap.total);
    expect(constantAllow([only], "x86", NEW).cached).toBe(0);
  });

  test.for([
    ["x86_64", "x86", true],
    ["x32", "x86", true],
    ["aarch64", "arm", true],
    ["s390x", "s390", true],
    ["x86", "x86_64", false],
    ["riscv64", "x86_64", false],
  ] as const)("a %s kernel also keeps %s: %s", ([arch, other, expected]) => {
    const bitmap = constantAllow([ALLOW_ALL], arch, NEW);
    expect(bitmap.cached).toBe(bitmap.total);
    expect(bitmap.has(1, ARCHITECTURES[other].audit)).toBe(expected);
  });

  test("a little-endian ppc has a token of its own", () => {
    const bitmap = constantAllow([ALLOW_ALL], "ppc64le", NEW);
    expect([bitmap.has(1, 0x40000014), bitmap.has(1, 0x14)]).toEqual([true, false]);
  });

  test.for(["mips", "mips64", "m68k"] as const)("%s has none", (arch) => {
    expect(constantAllow([ALLOW_ALL], arch, NEW).cached).toBe(0);
  });

  test("the private numbers of arm are not in its table", () => {
    expect(constantAllow([ALLOW_ALL], "arm", NEW).has(0xf0005, ARCHITECTURES.arm.audit)).toBe(
      false,
    );
  });

  test("kernels before 5.11 have none", () => {
    const of = (major: number, minor: number) =>
      constantAllow([ALLOW_ALL], "x86_64", { major, minor });
    expect([of(5, 10).cached, of(4, 19).cached]).toEqual([0, 0]);
    expect(of(5, 11).cached).toBe(of(5, 11).total);
  });
});

test("each filter of a stack can only take calls away", () => {
  const allows = (low: number) => program(`ld [0]\njge #${low}, allow, kill\n${ALLOW}\n${KILL}`);
  const bitmap = constantAllow([allows(10), allows(20), ALLOW_ALL], "x86_64", NEW);
  expect([5, 15, 20, 39].map((nr) => bitmap.has(nr, X86_64))).toEqual([false, false, true, true]);
  expect(constantAllow([], "x86_64", NEW).cached).toBe(0);
});

test("the kernel's own probes are always in", () => {
  const bitmap = constantAllow([program("ret #0")], "x86_64", { major: 6, minor: 18 });
  expect([334, 335, 336].map((nr) => bitmap.has(nr, X86_64))).toEqual([false, true, true]);
});

test("Docker's default: all that it allows by number alone", () => {
  const bytes = readFileSync(new URL("../fixtures/docker-254-o1.bpf", import.meta.url));
  const bitmap = constantAllow([decodeFilter(bytes, "little")], "x86_64", NEW);
  expect(bitmap.cached).toBe(298);
  // futex; socket and clone, of which some arguments are allowed; mount.
  expect([202, 41, 56, 165].map((nr) => bitmap.has(nr, X86_64))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("whatever is in the bitmap every filter allows, with any arguments", () => {
  const headers = fc.constantFrom(0, 1, 20, 31, 39, 64, 300);
  const bodies = fc.array(
    fc.record({
      code: fc.constantFrom(0x20, 0x20, 0x54, 0x15, 0x25, 0x35, 0x45, 0x05, 0x06, 0x04, 0x00),
      jt: fc.nat({ max: 3 }),
      jf: fc.nat({ max: 3 }),
      k: fc.constantFrom(0, 0, 1, 4, 16, 39, 0x7fff0000, X86_64),
    }),
    { maxLength: 12 },
  );
  let allowed = 0;
  fc.assert(
    fc.property(
      bodies,
      fc.boolean(),
      headers,
      fc.bigInt(0n, 2n ** 64n - 1n),
      (body, by, nr, arg) => {
        const last = { code: 0x06, jt: 0, jf: 0, k: by ? 0x7fff0000 : 0x80000000 };
        const filter = [...body, last];
        if (!verifyFilter(filter).ok) return;
        const args = [arg, arg, arg, arg, arg, arg];
        const record = encodeRecord({ nr, arch: X86_64, ip: arg, args }, "little");
        if (!constantAllow([filter], "x86_64", NEW).has(nr, X86_64)) return;
        allowed++;
        expect(runReference(filter, record, "little")).toBe(0x7fff0000);
      },
    ),
    { numRuns: 3000 },
  );
  expect(allowed).toBeGreaterThan(100);
});
