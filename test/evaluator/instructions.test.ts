import { describe, expect, test } from "vitest";
import type { Endian, Instruction } from "../../src/bpf/instruction.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { runReference } from "../../src/evaluator/reference.js";
import { encodeRecord, type SeccompData } from "../../src/seccomp/record.js";
import { i, j, record } from "./build.js";

// Each row: what the program computes, the program, what it returns. `ret a` shows A; a jump shows
// which way it went by returning 1 or 0.
type Row = [pseudo: string, program: Instruction[], expected: number];

const A = i("retA");
const X = [i("txa"), i("retA")];
/** 1 if the jump before it takes its true side (+0), 0 if its false side (+1). */
const SIDES = [i("ret", 1), i("ret", 0)];

const DATA: SeccompData = {
  nr: 0x11223344,
  arch: 0xc000003e,
  ip: 0x0123456789abcdefn,
  args: [0x1111111122222222n, 2n, 3n, 4n, 0xffffffffffffffffn, 0xfedcba9876543210n],
};

/** Rows that do not depend on the byte order. */
const ROWS: Row[] = [
  ["A = nr", [i("ld", 0), A], 0x11223344],
  ["A = arch", [i("ld", 4), A], 0xc000003e],
  ["A = args[4] (either half)", [i("ld", 48), A], 0xffffffff],
  ["A starts as 0", [A], 0],
  ["X starts as 0", X, 0],
  ["A = len", [i("ldLen", 7), A], 64],
  ["X = len", [i("ldxLen", 7), ...X], 64],
  ["A = imm", [i("ldImm", 0xffffffff), A], 0xffffffff],
  ["X = imm", [i("ldxImm", 0x80000000), ...X], 0x80000000],
  ["M[0] = A; A = M[0]", [i("ldImm", 5), i("st", 0), i("ldImm", 9), i("ldMem", 0), A], 5],
  [
    "M[15] = X; X = M[15]",
    [i("ldxImm", 6), i("stx", 15), i("ldxImm", 9), i("ldxMem", 15), ...X],
    6,
  ],
  [
    "M[1], M[2] are apart",
    [i("ldImm", 1), i("st", 1), i("ldImm", 2), i("st", 2), i("ldMem", 1), A],
    1,
  ],
  ["X = A; A = X", [i("ldImm", 3), i("tax"), i("ldImm", 0), i("txa"), A], 3],

  ["A += k wraps", [i("ldImm", 0xffffffff), i("add", 2), A], 1],
  ["A += X wraps", [i("ldImm", 0xffffffff), i("ldxImm", 3), i("addX"), A], 2],
  ["A -= k wraps", [i("ldImm", 1), i("sub", 2), A], 0xffffffff],
  ["A -= X wraps", [i("ldxImm", 1), i("subX"), A], 0xffffffff],
  ["A *= k wraps", [i("ldImm", 0x10001), i("mul", 0x10001), A], 0x20001],
  ["A *= X wraps", [i("ldImm", 0xffffffff), i("ldxImm", 0xffffffff), i("mulX"), A], 1],
  ["A /= k is unsigned", [i("ldImm", 0xffffffff), i("div", 2), A], 0x7fffffff],
  ["A /= X is unsigned", [i("ldImm", 0x80000000), i("ldxImm", 0xffffffff), i("divX"), A], 0],
  ["A /= X ends with 0 if X is 0", [i("ldImm", 8), i("divX"), i("ret", 0x7fff0000)], 0],
  ["A &= k", [i("ldImm", 0b1100), i("and", 0b1010), A], 0b1000],
  ["A &= X", [i("ldImm", 0b1100), i("ldxImm", 0b1010), i("andX"), A], 0b1000],
  ["A |= k", [i("ldImm", 0b1100), i("or", 0b1010), A], 0b1110],
  ["A |= X", [i("ldImm", 0b1100), i("ldxImm", 0x80000000), i("orX"), A], 0x8000000c],
  ["A ^= k", [i("ldImm", 0b1100), i("xor", 0xffffffff), A], 0xfffffff3],
  ["A ^= X", [i("ldImm", 0b1100), i("ldxImm", 0b1010), i("xorX"), A], 0b0110],
  ["A <<= k", [i("ldImm", 3), i("lsh", 31), A], 0x80000000],
  ["A <<= X by X & 31: 32 is 0", [i("ldImm", 3), i("ldxImm", 32), i("lshX"), A], 3],
  ["A <<= X by X & 31: 33 is 1", [i("ldImm", 3), i("ldxImm", 33), i("lshX"), A], 6],
  ["A <<= X by X & 31: 255 is 31", [i("ldImm", 1), i("ldxImm", 255), i("lshX"), A], 0x80000000],
  ["A >>= k is logical", [i("ldImm", 0x80000000), i("rsh", 31), A], 1],
  ["A >>= X is logical", [i("ldImm", 0xffffffff), i("ldxImm", 36), i("rshX"), A], 0x0fffffff],
  ["A = -A", [i("ldImm", 1), i("neg"), A], 0xffffffff],
  ["A = -A of the smallest", [i("ldImm", 0x80000000), i("neg"), A], 0x80000000],

  ["ja +1", [i("ja", 1), i("ret", 1), i("ret", 2)], 2],
  ["ja +0", [i("ja", 0), i("ret", 1)], 1],
  ["A == k", [i("ldImm", 7), j("jeq", 7, 0, 1), ...SIDES], 1],
  ["A != k", [i("ldImm", 7), j("jeq", 8, 0, 1), ...SIDES], 0],
  ["A == X", [i("ldImm", 7), i("ldxImm", 7), j("jeqX", 0, 0, 1), ...SIDES], 1],
  ["A > k is unsigned", [i("ldImm", 0x80000000), j("jgt", 0x7fffffff, 0, 1), ...SIDES], 1],
  ["A > k is strict", [i("ldImm", 7), j("jgt", 7, 0, 1), ...SIDES], 0],
  ["A > X", [i("ldImm", 0xffffffff), j("jgtX", 9, 0, 1), ...SIDES], 1],
  ["A >= k", [i("ldImm", 7), j("jge", 7, 0, 1), ...SIDES], 1],
  ["A >= k is unsigned", [i("ldImm", 1), j("jge", 0xffffffff, 0, 1), ...SIDES], 0],
  ["A >= X", [i("ldImm", 6), i("ldxImm", 7), j("jgeX", 0, 0, 1), ...SIDES], 0],
  ["A & k", [i("ldImm", 0x80000001), j("jset", 0x80000000, 0, 1), ...SIDES], 1],
  ["A & k of other bits", [i("ldImm", 6), j("jset", 1, 0, 1), ...SIDES], 0],
  ["A & X", [i("ldImm", 6), i("ldxImm", 4), j("jsetX", 1, 0, 1), ...SIDES], 1],
  ["A & X = 0", [i("ldImm", 6), j("jsetX", 6, 0, 1), ...SIDES], 0],
  [
    "jump offsets count from the next instruction",
    [j("jeq", 0, 2, 0), i("ret", 1), i("ret", 2), i("ret", 3)],
    3,
  ],
  // A row of comparisons is run as one: a hit in its middle, at its end, none, and a jump into it.
  [
    "A in (1, 2, 3)",
    [
      i("ldImm", 2),
      j("jeq", 1, 2, 0),
      j("jeq", 2, 1, 0),
      j("jeq", 3, 0, 1),
      i("ret", 4),
      i("ret", 5),
    ],
    4,
  ],
  [
    "A in (1, 2): the last",
    [i("ldImm", 2), j("jeq", 1, 1, 0), j("jeq", 2, 1, 0), i("ret", 4), i("ret", 5)],
    5,
  ],
  [
    "A not in (1, 2)",
    [i("ldImm", 3), j("jeq", 1, 1, 0), j("jeq", 2, 0, 1), i("ret", 4), i("ret", 5)],
    5,
  ],
  [
    "into the middle of a row",
    [
      i("ldImm", 1),
      i("ja", 1),
      j("jeq", 1, 2, 0),
      j("jeq", 2, 1, 0),
      j("jeq", 1, 1, 0),
      i("ret", 4),
      i("ret", 5),
    ],
    5,
  ],

  ["return k", [i("ldImm", 1), i("ret", 0xffffffff)], 0xffffffff],
  ["return A", [i("ldImm", 0x80000000), A], 0x80000000],
  [
    "unused fields are ignored",
    [
      { code: 0x84, jt: 9, jf: 9, k: 9 },
      { code: 0x16, jt: 1, jf: 1, k: 7 },
    ],
    0,
  ],
];

/** A 64-bit field is two words; which of them is the low one is the machine's business. */
const HALVES: [pseudo: string, offset: number, little: number, big: number][] = [
  ["ip", 8, 0x89abcdef, 0x01234567],
  ["ip + 4", 12, 0x01234567, 0x89abcdef],
  ["args[0]", 16, 0x22222222, 0x11111111],
  ["args[0] + 4", 20, 0x11111111, 0x22222222],
  ["args[5]", 56, 0x76543210, 0xfedcba98],
  ["args[5] + 4", 60, 0xfedcba98, 0x76543210],
];

function run(program: Instruction[], data: SeccompData, endian: Endian) {
  const evaluator = createEvaluator([program], endian);
  const bytes = encodeRecord(data, endian);
  const out = new Uint32Array(1);
  evaluator.runBatch(0, bytes, out);
  const { ret: traced, steps } = evaluator.trace(data);
  evaluator.close();
  return { batch: out[0], traced, reference: runReference(program, bytes, endian), steps };
}

describe.for(["little", "big"] as const)("on a %s-endian machine", (endian) => {
  test.for(ROWS)("%s", ([, program, expected]) => {
    const { batch, traced, reference } = run(program, DATA, endian);
    expect({ batch, traced, reference }).toEqual({
      batch: expected,
      traced: expected,
      reference: expected,
    });
  });

  test.for(HALVES)("A = u32 at %s", ([, offset, little, big]) => {
    const expected = endian === "little" ? little : big;
    const { batch, traced, reference } = run([i("ld", offset), A], DATA, endian);
    expect({ batch, traced, reference }).toEqual({
      batch: expected,
      traced: expected,
      reference: expected,
    });
  });
});

test("a negative number is seen as an unsigned word", () => {
  const { batch } = run([i("ld", 0), A], record({ nr: -1 }), "little");
  expect(batch).toBe(0xffffffff);
});

test("a trace has each executed instruction with A and X before it", () => {
  const program = [
    i("ld", 0), //            A = nr
    j("jeq", 5, 1, 0), //     if (A == 5) skip one
    i("ret", 1),
    i("tax"), //              X = A
    i("add", 1), //           A += 1
    i("retA"),
  ];
  expect(run(program, record({ nr: 5 }), "little").steps).toEqual([
    { pc: 0, A: 0, X: 0 },
    { pc: 1, A: 5, X: 0 },
    { pc: 3, A: 5, X: 0 },
    { pc: 4, A: 5, X: 5 },
    { pc: 5, A: 6, X: 5 },
  ]);
  expect(run(program, record({ nr: 6 }), "big").steps.map((step) => step.pc)).toEqual([0, 1, 2]);
});

test("a trace steps through every comparison of a row", () => {
  const row = [1, 2, 3, 4].map((k) => j("jeq", k, 4 - k, k === 4 ? 1 : 0));
  const program = [i("ld", 0), ...row, i("ret", 1), i("ret", 0)];
  const pcs = (nr: number) => run(program, record({ nr }), "little").steps.map((step) => step.pc);
  expect(pcs(3)).toEqual([0, 1, 2, 3, 5]);
  expect(pcs(9)).toEqual([0, 1, 2, 3, 4, 6]);
});
