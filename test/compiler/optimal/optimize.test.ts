import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeFilter } from "../../../src/bpf/encode.js";
import type { Endian, Instruction } from "../../../src/bpf/instruction.js";
import { type OptimizeOptions, optimizeProgram } from "../../../src/compiler/optimal/index.js";
import { createEvaluator } from "../../../src/evaluator/index.js";
import { runReference } from "../../../src/evaluator/reference.js";
import { verifyFilter } from "../../../src/evaluator/verify.js";
import { makeRecords } from "../../../src/seccomp/mix.js";
import { RECORD_SIZE } from "../../../src/seccomp/record.js";
import { Random } from "../../oracle/random.js";
import { randomProgram } from "../../oracle/random-program.js";
import { readGolden } from "../golden.js";

const filter = (name: string) =>
  decodeFilter(readFileSync(new URL(`../../fixtures/${name}.bpf`, import.meta.url)), "little");
const mixes = { real: makeRecords("real", 5000), uniform: makeRecords("uniform", 5000) };
const average = (program: readonly Instruction[], mix: keyof typeof mixes): number => {
  const counts = new Uint32Array(mixes[mix].length / RECORD_SIZE);
  const evaluator = createEvaluator([program], "little", { mode: "interpreter" });
  evaluator.countBatch(mixes[mix], counts);
  evaluator.close();
  return counts.reduce((sum, one) => sum + one, 0) / counts.length;
};

const ld = (k: number): Instruction => ({ code: 0x20, jt: 0, jf: 0, k });
const and = (k: number): Instruction => ({ code: 0x54, jt: 0, jf: 0, k });
const jeq = (k: number, jt: number, jf: number): Instruction => ({ code: 0x15, jt, jf, k });
const jgt = (k: number, jt: number, jf: number): Instruction => ({ code: 0x25, jt, jf, k });
const jge = (k: number, jt: number, jf: number): Instruction => ({ code: 0x35, jt, jf, k });
const jset = (k: number, jt: number, jf: number): Instruction => ({ code: 0x45, jt, jf, k });
const ret = (k: number): Instruction => ({ code: 0x06, jt: 0, jf: 0, k });
const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;

/** Records whose words are the program's constants and their neighbours, or anything. */
function recordsFor(program: readonly Instruction[], count: number, random: Random): Uint8Array {
  const constants = program.map(({ k }) => k);
  const words = Uint32Array.from({ length: 16 * count }, () =>
    random.chance(0.8)
      ? random.pick(constants) + random.pick([0, 0, 0, 1, -1])
      : random.pick([0, 0xffffffff, random.word(), random.below(500)]),
  );
  return new Uint8Array(words.buffer);
}

function expectSame(
  original: readonly Instruction[],
  optimized: readonly Instruction[],
  records: Uint8Array,
  endian: Endian = "little",
): void {
  expect(verifyFilter(optimized)).toMatchObject({ ok: true });
  for (let at = 0; at < records.length; at += 64) {
    const record = records.subarray(at, at + 64);
    const word = runReference(original, record, endian);
    if (runReference(optimized, record, endian) !== word) {
      expect(runReference(optimized, record, endian), `record at ${at}`).toBe(word);
    }
  }
}

const ways: readonly [string, OptimizeOptions][] = [
  ["optimal", { codegen: "optimal" }],
  ["balanced", { codegen: "balanced" }],
  ["weighted", { codegen: "balanced", weights: mixes.real }],
];

describe("Docker's default as libseccomp 2.5.4 compiles it", () => {
  const docker = filter("docker-254-o1");

  test("optimal: no more than the 231 instructions that others need", () => {
    const { instructions } = optimizeProgram(docker);
    expect(instructions.length).toBeLessThanOrEqual(215);
    expect(average(instructions, "real")).toBeLessThan(9);
  });

  test("balanced executes few for all calls, weighted fewest for the frequent ones", () => {
    const balanced = optimizeProgram(docker, { codegen: "balanced" }).instructions;
    expect(balanced.length).toBeLessThanOrEqual(245);
    expect(average(balanced, "uniform")).toBeLessThan(11.7);
    const weights = mixes.real;
    const weighted = optimizeProgram(docker, { codegen: "balanced", weights }).instructions;
    expect(weighted.length).toBeLessThanOrEqual(266);
    expect(average(weighted, "real")).toBeLessThan(6.8);
  });

  test("the size does not depend on how the decisions were written before", () => {
    for (const name of ["docker-254-o2", "opt-size"]) {
      expect(optimizeProgram(filter(name)).instructions).toEqual(
        optimizeProgram(docker).instructions,
      );
    }
  });
});

describe.for([
  { name: "docker-254-o1", most: 230 },
  { name: "docker-254-o2", most: 230 },
  { name: "opt-size", most: 230 },
  { name: "tiny10", most: 10 },
  { name: "big", most: 1420 },
])("$name", ({ name, most }) => {
  const original = filter(name);
  test.for(ways)("%s", ([, options]) => {
    const { instructions, proof } = optimizeProgram(original, options);
    expect(instructions.length).toBeLessThanOrEqual(most);
    expect(proof.regions).toBeGreaterThan(2);
    for (const mix of ["real", "uniform"] as const) {
      expectSame(original, instructions, mixes[mix]);
      // big's size is least with long chains.
      const limit = average(original, mix) + (name === "big" ? 5 : 0);
      expect(average(instructions, mix)).toBeLessThan(limit + 2);
    }
    expectSame(original, instructions, recordsFor(original, 5000, new Random(1)));
  });
});

test("what libseccomp compiles decides as before", () => {
  const random = new Random(4);
  let programs = 0;
  for (const file of ["libseccomp-2.5.4.jsonl.gz", "libseccomp-2.6.1.jsonl.gz"]) {
    for (const { bpf_le_hex: hex } of readGolden(file)) {
      const original = decodeFilter(Buffer.from(hex ?? "", "hex"), "little");
      if (!verifyFilter(original).ok) continue;
      const records = recordsFor(original, 50, random);
      const optimal = optimizeProgram(original).instructions;
      expect(optimal.length).toBeLessThanOrEqual(original.length);
      expectSame(original, optimal, records);
      const weighted = { codegen: "balanced", weights: records } as const;
      expectSame(original, optimizeProgram(original, weighted).instructions, records);
      programs++;
    }
  }
  expect(programs).toBeGreaterThan(300);
});

test("random programs decide as before, or are refused", () => {
  const random = new Random(5);
  let compared = 0;
  for (let n = 0; n < 2500; n++) {
    const original = randomProgram(random);
    if (!verifyFilter(original).ok) continue;
    const endian = random.pick<Endian>(["little", "big"]);
    const records = recordsFor(original, 30, random);
    const [, options] = random.pick(ways);
    let optimized: readonly Instruction[];
    try {
      optimized = optimizeProgram(original, { ...options, endian }).instructions;
    } catch (error) {
      expect(error).toMatchObject({ code: "not-comparable" });
      continue;
    }
    compared++;
    expectSame(original, optimized, records, endian);
  }
  expect(compared).toBeGreaterThan(200);
});

/** Straight tests of words with many outcomes, as no compiler writes them but the kernel takes. */
function tangledProgram(random: Random): Instruction[] {
  const program: Instruction[] = [];
  const length = 10 + random.below(60);
  const offsets = [0, 4, 16, 20].slice(0, 1 + random.below(4));
  program.push(ld(random.pick(offsets)));
  while (program.length < length) {
    const left = length + 3 - program.length - 1;
    const [jt, jf] = [random.below(Math.min(left, 8)), random.below(Math.min(left, 8))];
    const k = random.pick([0, 1, 2, 3, 5, 8, 0x40000000, 0x80000000, 0xffffffff, random.below(30)]);
    const kind = random.below(12);
    if (kind < 2) program.push(ld(random.pick(offsets)));
    else if (kind === 2) program.push(and(random.pick([1, 6, 0xf0, 0xbfffffff, 0xffff0000])));
    else program.push(random.pick([jeq, jgt, jge, jset])(k, jt, jf));
  }
  for (const k of [ALLOW, EPERM, 0]) program.push(ret(k));
  return program;
}

test("entangled tests decide as before", () => {
  const random = new Random(6);
  for (let n = 0; n < 1500; n++) {
    const original = tangledProgram(random);
    expect(verifyFilter(original)).toMatchObject({ ok: true });
    const [, options] = random.pick(ways);
    const { instructions } = optimizeProgram(original, options);
    expectSame(original, instructions, recordsFor(original, 40, random));
  }
});

test("what is out of a jump's reach gets a JA, and returns are repeated", () => {
  const program: Instruction[] = [ld(0)];
  // Every fifth number shares a check that lies anywhere but near.
  for (let nr = 0; nr < 800; nr++) {
    const shared = nr % 5 === 0;
    program.push(jeq(nr, 0, 4), ld(shared ? 24 : 16), jeq(shared ? 7 : 1000 + nr, 0, 1));
    program.push(ret(shared ? EPERM : 0x00050000 + (nr % 100)), ret(ALLOW));
  }
  program.push(ret(0));
  const random = new Random(9);
  for (const [name, options] of ways) {
    const { instructions } = optimizeProgram(program, options);
    expect(instructions.length).toBeLessThan(program.length);
    // The smallest program asks for the numbers that share nothing, and needs none.
    const far = instructions.filter(({ code }) => code === 0x05).length;
    if (name !== "optimal") expect(far).toBeGreaterThan(0);
    const returns = instructions.filter(({ code, k }) => code === 0x06 && k === ALLOW);
    expect(returns.length).toBeGreaterThan(1);
    expect(returns.length).toBeLessThan(40);
    expectSame(program, instructions, recordsFor(program, 3000, random));
  }
});

test.for<{ name: string; program: Instruction[] }>([
  {
    name: "a chain as long as a program can be",
    program: [
      ld(0),
      ...Array.from({ length: 2046 }, (_, i) => [jeq(3 * i, 0, 1), ret(0x50000 + (i % 7))]).flat(),
      ret(ALLOW),
    ],
  },
  {
    name: "nothing but tests without effect",
    program: [ld(0), ...Array.from({ length: 4094 }, (_, i) => jeq(i, 0, 0)), ret(ALLOW)],
  },
  {
    name: "as many outcomes as fit",
    program: [
      ld(0),
      ...Array.from({ length: 2046 }, (_, i) => [jge(4e9 - 977 * i, 0, 1), ret(i)]).flat(),
      ret(ALLOW),
    ],
  },
])("$name", ({ program }) => {
  for (const [, options] of ways) {
    const { instructions } = optimizeProgram(program, options);
    expect(instructions.length).toBeLessThanOrEqual(program.length);
    expectSame(program, instructions, recordsFor(program, 500, new Random(10)));
  }
});

test("a filter of words that are tested in turns is refused, not worked on for ever", () => {
  const program = Array.from({ length: 1300 }, (_, i) => [
    ld(16 + 4 * (i % 12)),
    jeq(i, 0, 1),
    ret(i % 3),
  ]).flat();
  expect(() => optimizeProgram([...program, ret(ALLOW)])).toThrow(/too entangled/);
});

describe("single programs", () => {
  test.for<{ name: string; program: Instruction[]; becomes: Instruction[] }>([
    { name: "one return", program: [ret(ALLOW)], becomes: [ret(ALLOW)] },
    {
      name: "a test that changes nothing",
      program: [ld(0), jeq(1, 0, 1), ret(EPERM), ret(EPERM)],
      becomes: [ret(EPERM)],
    },
    {
      name: "a test of no bits, as libseccomp 2.5 writes it",
      program: [ld(20), and(0), jeq(0, 0, 1), ret(ALLOW), ret(EPERM)],
      becomes: [ret(ALLOW)],
    },
    {
      name: "some bits: JSET",
      program: [ld(16), and(0x7e020000), jeq(0, 0, 1), ret(ALLOW), ret(EPERM)],
      becomes: [ld(16), jset(0x7e020000, 1, 0), ret(ALLOW), ret(EPERM)],
    },
    {
      name: "bits of a word that is in A already",
      program: [ld(16), jset(1, 3, 0), ld(16), and(6), jeq(0, 1, 0), ret(EPERM), ret(ALLOW)],
      becomes: [ld(16), jset(1, 1, 0), jset(6, 0, 1), ret(EPERM), ret(ALLOW)],
    },
    {
      name: "what was tested before",
      program: [ld(0), jge(10, 0, 4), jgt(5, 0, 3), ld(0), jeq(10, 0, 1), ret(EPERM), ret(ALLOW)],
      becomes: [ld(0), jeq(10, 0, 1), ret(EPERM), ret(ALLOW)],
    },
    {
      name: "a high bit and numbers with it",
      program: [ld(0), jset(0x40000000, 0, 1), jeq(0x40000007, 1, 0), ret(EPERM), ret(ALLOW)],
      becomes: [ld(0), jeq(0x40000007, 0, 1), ret(ALLOW), ret(EPERM)],
    },
  ])("$name", ({ program, becomes }) => {
    expectSame(program, becomes, recordsFor(program, 500, new Random(7)));
    const { instructions } = optimizeProgram(program);
    expect(instructions.length).toBe(becomes.length);
    expectSame(program, instructions, recordsFor(program, 500, new Random(7)));
  });

  test.for<{ name: string; program: Instruction[] }>([
    { name: "RET A", program: [ld(0), { code: 0x16, jt: 0, jf: 0, k: 0 }] },
    { name: "a sum", program: [ld(0), { ...ret(1), code: 0x04 }, jeq(1, 0, 1), ret(0), ret(1)] },
    { name: "no return", program: [ld(0)] },
    { name: "an opcode of socket filters", program: [{ ...ld(0), code: 0x28 }, ret(0)] },
  ])("$name is refused", ({ program }) => {
    expect(() => optimizeProgram(program)).toThrow(
      expect.objectContaining({ code: "not-comparable" }),
    );
  });

  test.for([0, 63, 65])("weights of %i bytes are refused", (length) => {
    const weights = new Uint8Array(length);
    expect(() => optimizeProgram([ret(0)], { codegen: "balanced", weights })).toThrow(
      expect.objectContaining({ code: "bad-weights" }),
    );
  });
});
