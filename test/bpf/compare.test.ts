import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Comparison, compareDecisions } from "../../src/bpf/compare.js";
import { type Decision, decisionsOf, follow, holds, type Test } from "../../src/bpf/decision.js";
import type { Instruction } from "../../src/bpf/instruction.js";
import { ANY_WORD, memberOfWordSet, splitWordSet, type WordSet } from "../../src/bpf/word-set.js";
import { runReference } from "../../src/evaluator/reference.js";
import { verifyFilter } from "../../src/evaluator/verify.js";
import { decodeRecord, encodeRecord, type SeccompData } from "../../src/seccomp/record.js";
import { Random } from "../oracle/random.js";
import { randomProgram } from "../oracle/random-program.js";

const comparison = fc.record({
  mask: fc.oneof(
    fc.constant(0xffffffff),
    fc.constantFrom(1, 6, 0xf0, 0x80000000, 0xff00, 0x7e020000),
    fc.nat(0xffffffff),
  ),
  op: fc.constantFrom<Test["op"]>("eq", "gt"),
  k: fc.oneof(fc.nat(20), fc.nat(0xffffffff), fc.constantFrom(0x7fffffff, 0x80000000, 0xfffffffe)),
});

describe("what is left of a word after some tests", () => {
  test("each value is in just one of the parts, and only there", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(comparison, fc.boolean()), { maxLength: 6 }),
        fc.oneof(fc.nat(40), fc.nat(0xffffffff)),
        (tests, word) => {
          let parts: readonly WordSet[] = [ANY_WORD];
          for (const [one, outcome] of tests) {
            parts = parts.flatMap((part) => splitWordSet(part, one, outcome));
          }
          const has = parts.filter(({ low, high, bits, value, not }) => {
            const known = (word & bits) >>> 0 === value;
            const free = not.every(([mask, k]) => (word & mask) >>> 0 !== k);
            return word >= low && word <= high && known && free;
          });
          const expected = tests.every(([one, outcome]) => holds(one, word) === outcome);
          expect(has).toHaveLength(expected ? 1 : 0);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("values that are ruled out by their bits are not searched for one by one", () => {
    const without = (...not: WordSet["not"]): WordSet => ({ ...ANY_WORD, not });
    expect(memberOfWordSet(without([1, 0], [1, 1]))).toBeUndefined();
    expect(memberOfWordSet(without([1, 0], [0x80000001, 1]))).toBe(0x80000001);
    const none = without([3, 0], [3, 1], [6, 2], [6, 6], [5, 5], [5, 0], [5, 4], [1, 1]);
    expect(memberOfWordSet(none)).toBeUndefined();
  });

  test("a member satisfies the tests; without one, no value does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(comparison, fc.boolean()), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(0xffffffff), { maxLength: 20 }),
        (tests, words) => {
          let parts: readonly WordSet[] = [ANY_WORD];
          for (const [one, outcome] of tests) {
            parts = parts.flatMap((part) => splitWordSet(part, one, outcome));
          }
          const satisfies = (word: number): boolean =>
            tests.every(([one, outcome]) => holds(one, word) === outcome);
          const members = parts.map((part) => memberOfWordSet(part));
          for (const member of members)
            if (typeof member === "number") expect(satisfies(member)).toBe(true);
          const near = tests.flatMap(([{ k, mask }]) =>
            [k - 1, k, k + 1, mask].map((n) => n >>> 0),
          );
          if (members.every((member) => member === undefined)) {
            for (const word of [...words, ...near]) expect(satisfies(word)).toBe(false);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

function wordsOf(record: SeccompData): (offset: number) => number {
  const view = new DataView(encodeRecord(record, "little").buffer);
  return (offset) => view.getUint32(offset, true);
}

function run(program: readonly Instruction[], record: SeccompData): number {
  return runReference(program, encodeRecord(record, "little"), "little");
}

function randomRecord(random: Random): SeccompData {
  return {
    nr: random.pick([random.below(12), random.word()]),
    arch: random.pick([0xc000003e, 0x40000003, random.word()]),
    ip: random.wide(),
    args: Array.from({ length: 6 }, () => random.wide()),
  };
}

/** A record that only the words of a witness fix. */
function recordOf(words: ReadonlyMap<number, number>): SeccompData {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  for (const [offset, word] of words) view.setUint32(offset, word, true);
  return decodeRecord(bytes, "little");
}

test("a program's graph decides as the program does", () => {
  const random = new Random(11);
  let graphs = 0;
  for (let i = 0; i < 1500; i++) {
    const program = randomProgram(random);
    const graph = verifyFilter(program).ok ? decisionsOf(program) : undefined;
    if (graph === undefined) continue;
    graphs++;
    for (let j = 0; j < 20; j++) {
      const record = randomRecord(random);
      expect(follow(graph, wordsOf(record)).ret).toBe(run(program, record));
    }
  }
  expect(graphs).toBeGreaterThan(100);
});

describe("comparing two programs", () => {
  const ld = (k: number): Instruction => ({ code: 0x20, jt: 0, jf: 0, k });
  const and = (k: number): Instruction => ({ code: 0x54, jt: 0, jf: 0, k });
  const jump = (code: number, k: number, jt: number, jf: number): Instruction => ({
    code,
    jt,
    jf,
    k,
  });
  const ret = (k: number): Instruction => ({ code: 6, jt: 0, jf: 0, k });

  function compare(a: readonly Instruction[], b: readonly Instruction[]): Comparison {
    return compareDecisions(decisionsOf(a) as Decision, decisionsOf(b) as Decision);
  }

  test.for<[string, Instruction[], Instruction[], object]>([
    [
      "jgt 4 is jge 5",
      [ld(0), jump(0x25, 4, 0, 1), ret(1), ret(2)],
      [ld(0), jump(0x35, 5, 0, 1), ret(1), ret(2)],
      { kind: "equal" },
    ],
    [
      "jset 6 is (A & 6) == 0, turned round",
      [ld(16), jump(0x45, 6, 0, 1), ret(1), ret(2)],
      [ld(16), and(6), jump(0x15, 0, 0, 1), ret(2), ret(1)],
      { kind: "equal" },
    ],
    [
      "one value of one word among 2^32",
      [ld(20), ret(1)],
      [ld(20), jump(0x15, 0xdeadbeef, 0, 1), ret(2), ret(1)],
      {
        kind: "different",
        words: new Map([[20, 0xdeadbeef]]),
        left: { ret: 1 },
        right: { ret: 2 },
      },
    ],
    [
      "two conditions that exclude each other lead nowhere",
      [ld(16), jump(0x25, 9, 0, 2), jump(0x15, 3, 0, 1), ret(7), ret(1)],
      [ret(1)],
      { kind: "equal" },
    ],
  ])("%s", ([, a, b, expected]) => {
    expect(compare(a, b)).toMatchObject(expected);
  });

  test("random programs: equal means equal everywhere, a witness shows a difference", () => {
    const random = new Random(5);
    const counts = { equal: 0, different: 0, unknown: 0 };
    for (let i = 0; i < 1500; i++) {
      const program = randomProgram(random);
      if (!verifyFilter(program).ok) continue;
      const changed = program.map((one) =>
        random.chance(0.3) && [0x15, 0x25, 0x06].includes(one.code)
          ? { ...one, k: (one.k ^ 1) >>> 0 }
          : one,
      );
      const [a, b] = [decisionsOf(program), decisionsOf(changed)];
      if (a === undefined || b === undefined) continue;
      const found = compareDecisions(a, b);
      counts[found.kind]++;
      if (found.kind === "different") {
        const record = recordOf(found.words);
        expect(run(program, record)).toBe(found.left.ret);
        expect(run(changed, record)).toBe(found.right.ret);
        expect(found.left.ret).not.toBe(found.right.ret);
      } else if (found.kind === "equal") {
        for (let j = 0; j < 10; j++) {
          const record = randomRecord(random);
          expect(run(program, record)).toBe(run(changed, record));
        }
      }
    }
    expect(counts.equal).toBeGreaterThan(50);
    expect(counts.different).toBeGreaterThan(5);
  });

  test.for<[string, Instruction[]]>([
    [
      "arithmetic on a loaded word",
      [ld(0), jump(0x04, 1, 0, 0), jump(0x15, 5, 0, 1), ret(1), ret(2)],
    ],
    ["a loaded word that is returned", [ld(0), jump(0x16, 0, 0, 0)]],
    [
      "two loaded words compared",
      [ld(0), jump(0x07, 0, 0, 0), ld(4), jump(0x1d, 0, 0, 1), ret(1), ret(2)],
    ],
  ])("%s is no graph of decisions", ([, program]) => {
    expect(decisionsOf(program)).toBeUndefined();
  });

  test("two filters too entangled to compare are not called equal", () => {
    // Sums of bits: every path is another one.
    const tangle = (last: number): Decision => {
      let level: Decision[] = Array.from({ length: 33 }, (_, n) => ({
        kind: "leaf",
        ret: n === last ? 1 : 2,
      }));
      for (let bit = 0; bit < 32; bit++) {
        level = Array.from({ length: 32 - bit }, (_, n) => ({
          kind: "test",
          offset: 16 + 4 * (bit % 8),
          mask: (1 << (bit >> 3)) >>> 0,
          op: "eq",
          k: 0,
          yes: level[n] as Decision,
          no: level[n + 1] as Decision,
        }));
      }
      return level[0] as Decision;
    };
    expect(compareDecisions(tangle(40), tangle(41)).kind).toBe("unknown");
  });
});
