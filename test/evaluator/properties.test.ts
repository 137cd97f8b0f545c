import fc from "fast-check";
import { expect, test } from "vitest";
import type { Endian, Instruction } from "../../src/bpf/instruction.js";
import { SECCOMP_OPCODES } from "../../src/bpf/opcode.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { runReference } from "../../src/evaluator/reference.js";
import { verifyFilter, verifyStack } from "../../src/evaluator/verify.js";
import { combine } from "../../src/seccomp/stack.js";

const CODES = [...SECCOMP_OPCODES.keys()];
const WORDS = [0, 1, 31, 32, 64, 0x7fffffff, 0x80000000, 0xc000003e, 0xffff0000, 0xffffffff];
const word = fc.oneof(fc.constantFrom(...WORDS), fc.nat({ max: 20 }), fc.nat({ max: 0xffffffff }));
const byte = fc.nat({ max: 255 });
const endians = fc.constantFrom<Endian[]>("little", "big");
/** 1 to 3 records of words that programs are likely to compare with. */
const records = fc
  .array(word, { minLength: 16, maxLength: 48 })
  .map((words) => Uint8Array.from(new Uint8Array(Uint32Array.from(words).buffer)))
  .map((bytes) => bytes.subarray(0, bytes.length - (bytes.length % 64)));

/** Any instruction, fields drawn apart: most programs of these are refused. */
const anything: fc.Arbitrary<Instruction> = fc.record({
  code: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...CODES) }, fc.nat({ max: 0xffff })),
  jt: fc.oneof(fc.nat({ max: 6 }), byte),
  jf: fc.oneof(fc.nat({ max: 6 }), byte),
  k: word,
});

/** Makes an instruction keep every rule at its place, except that memory may be unwritten. */
function tame({ code, jt, jf, k }: Instruction, pc: number, length: number): Instruction {
  const left = length - pc - 2;
  if (code === 0x05) return { code, jt, jf, k: k % (left + 1) };
  if ((code & 7) === 5) return { code, jt: jt % (left + 1), jf: jf % (left + 1), k };
  if (code === 0x20) return { code, jt, jf, k: 4 * (k % 16) };
  if (code === 0x60 || code === 0x61 || code === 0x02 || code === 0x03) {
    return { code, jt, jf, k: k % 16 };
  }
  if (code === 0x64 || code === 0x74) return { code, jt, jf, k: k % 32 };
  if (code === 0x34 && k === 0) return { code, jt, jf, k: 3 };
  return { code, jt, jf, k };
}

/** Every word of memory is written first, so that a read never makes a program useless. */
const FILLED = [0x80, ...new Array(16).fill(0x02)].map((code, n) => ({
  code,
  jt: 0,
  jf: 0,
  k: Math.max(n - 1, 0),
}));

const accepted: fc.Arbitrary<Instruction[]> = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.record({ code: fc.constantFrom(...CODES), jt: byte, jf: byte, k: word }), {
      maxLength: 60,
    }),
    fc.record({ code: fc.constantFrom(0x06, 0x16), jt: byte, jf: byte, k: word }),
  )
  .map(([filled, body, last]) => {
    const all = [...(filled ? FILLED : []), ...body, last];
    return all.map((one, pc) => (pc === all.length - 1 ? one : tame(one, pc, all.length)));
  })
  .filter((program) => verifyFilter(program).ok);

/** Long rows of equality tests, which run in a way of their own. */
const rows: fc.Arbitrary<Instruction[]> = fc
  .array(
    fc.tuple(fc.nat({ max: 12 }), byte, fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, byte)),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((tests) => {
    const length = tests.length + 6;
    const body = tests.map(([k, jt, jf], n) => tame({ code: 0x15, jt, jf, k }, n + 1, length));
    const returns = [1, 2, 3, 4, 5].map((k) => ({ code: 0x06, jt: 0, jf: 0, k }));
    return [{ code: 0x20, jt: 0, jf: 0, k: 0 }, ...body, ...returns];
  });

function eachRecord(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 64 }, (_, n) => bytes.subarray(64 * n, 64 * n + 64));
}

test("the machine and the reference return the same for every accepted program", () => {
  fc.assert(
    fc.property(fc.oneof(accepted, rows), records, endians, (program, bytes, endian) => {
      const evaluator = createEvaluator([program], endian);
      const out = new Uint32Array(bytes.length / 64);
      evaluator.runBatch(0, bytes, out);
      evaluator.close();
      const expected = eachRecord(bytes).map((one) => runReference(program, one, endian));
      expect([...out]).toEqual(expected);
    }),
    { numRuns: 1500 },
  );
});

test("a stack decides as its filters' words combine", () => {
  const stacks = fc.array(accepted, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(stacks, records, endians, (filters, bytes, endian) => {
      const evaluator = createEvaluator(filters, endian);
      const out = new Uint32Array(bytes.length / 64);
      evaluator.evaluateBatch(bytes, out);
      evaluator.close();
      const expected = eachRecord(bytes).map(
        (one) =>
          combine(filters.map((program) => runReference(program, one, endian)).reverse()).ret,
      );
      expect([...out]).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

/** The rule in its own words: no way through the program leaves it, or reads what it must not. */
function runsSafely(program: readonly Instruction[]): boolean {
  const reachable = new Set([0]);
  for (let pc = 0; pc < program.length; pc++) {
    if (!reachable.has(pc)) continue;
    const { code, jt, jf, k } = program[pc] as Instruction;
    if (code === 0x06 || code === 0x16) continue;
    if (code === 0x20 && (k > 60 || k % 4 !== 0)) return false;
    if ([0x60, 0x61, 0x02, 0x03].includes(code) && k > 15) return false;
    if (code === 0x34 && k === 0) return false;
    const conditional = (code & 7) === 5 && code !== 0x05;
    const next = conditional ? [pc + 1 + jt, pc + 1 + jf] : [pc + 1 + (code === 0x05 ? k : 0)];
    if (next.some((to) => to >= program.length)) return false;
    for (const to of next) reachable.add(to);
  }
  return true;
}

test("whatever would leave the program or read elsewhere is refused", () => {
  const programs = fc
    .array(anything, { minLength: 1, maxLength: 8 })
    .map((body) => [...body, { code: 0x06, jt: 0, jf: 0, k: 0x7fff0000 }]);
  let loaded = 0;
  fc.assert(
    fc.property(programs, records, endians, (program, bytes, endian) => {
      const result = verifyFilter(program);
      if (!result.ok) {
        expect(result.message).not.toBe("");
        return;
      }
      loaded++;
      expect(runsSafely(program)).toBe(true);
      // The reference throws at a read of memory that was never written, and at leaving the program.
      for (const one of eachRecord(bytes)) runReference(program, one, endian);
    }),
    { numRuns: 20_000 },
  );
  expect(loaded).toBeGreaterThan(100);
});

test("a program alone and a stack of one are judged alike", () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 8 }), (program) => {
      const alone = verifyFilter(program);
      const stack = verifyStack([program]);
      if (alone.ok) expect(stack).toEqual({ ok: true, chainLength: alone.translatedLength });
      else expect(stack).toEqual({ ...alone, filter: 0 });
    }),
    { numRuns: 2000 },
  );
});
