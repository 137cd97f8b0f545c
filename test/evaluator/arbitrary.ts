import fc from "fast-check";
import type { Endian, Instruction } from "../../src/bpf/instruction.js";
import { SECCOMP_OPCODES } from "../../src/bpf/opcode.js";
import { verifyFilter } from "../../src/evaluator/verify.js";

const CODES = [...SECCOMP_OPCODES.keys()];
const WORDS = [0, 1, 31, 32, 64, 0x7fffffff, 0x80000000, 0xc000003e, 0xffff0000, 0xffffffff];
const word = fc.oneof(fc.constantFrom(...WORDS), fc.nat({ max: 20 }), fc.nat({ max: 0xffffffff }));
const byte = fc.nat({ max: 255 });
export const endians = fc.constantFrom<Endian[]>("little", "big");
/** 1 to 3 records of words that programs are likely to compare with. */
export const records = fc
  .array(word, { minLength: 16, maxLength: 48 })
  .map((words) => Uint8Array.from(new Uint8Array(Uint32Array.from(words).buffer)))
  .map((bytes) => bytes.subarray(0, bytes.length - (bytes.length % 64)));

/** Any instruction, fields drawn apart: most programs of these are refused. */
export const anything: fc.Arbitrary<Instruction> = fc.record({
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

export const accepted: fc.Arbitrary<Instruction[]> = fc
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
export const rows: fc.Arbitrary<Instruction[]> = fc
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

/** The records of a batch, one by one. */
export function eachRecord(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 64 }, (_, n) => bytes.subarray(64 * n, 64 * n + 64));
}
