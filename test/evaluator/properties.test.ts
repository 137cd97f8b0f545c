import fc from "fast-check";
import { expect, test } from "vitest";
import type { Instruction } from "../../src/bpf/instruction.js";
import { isConditionalJump } from "../../src/bpf/opcode.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { runReference } from "../../src/evaluator/reference.js";
import { verifyFilter, verifyStack } from "../../src/evaluator/verify.js";
import { decodeRecord } from "../../src/seccomp/record.js";
import { combine } from "../../src/seccomp/stack.js";
import { accepted, anything, eachRecord, endians, records, rows } from "./arbitrary.js";

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

test("marks are what the traces of all records ran and where they jumped", () => {
  const stacks = fc.array(accepted, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(stacks, records, endians, (filters, bytes, endian) => {
      const evaluator = createEvaluator(filters, endian);
      const marks = filters.map(({ length }) => new Uint8Array(length));
      evaluator.markBatch(bytes, marks);
      const expected = filters.map((program, filter) => {
        const one = new Uint8Array(program.length);
        for (const record of eachRecord(bytes)) {
          const { steps } = evaluator.trace(decodeRecord(record, endian), filter);
          steps.forEach(({ pc }, i) => {
            const { code = 0, jt = 0, jf = 0 } = program[pc] ?? {};
            const taken = steps[i + 1]?.pc === pc + 1 + jt;
            // Where both sides lead to one place, a trace does not tell them apart.
            const sides = !isConditionalJump(code)
              ? 0
              : jt === jf
                ? marks[filter]?.[pc]
                : taken
                  ? 2
                  : 4;
            one[pc] = (one[pc] ?? 0) | 1 | (sides ?? 0);
          });
        }
        return one;
      });
      evaluator.close();
      expect(marks).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
