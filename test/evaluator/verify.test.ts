import { describe, expect, test } from "vitest";
import type { Instruction } from "../../src/bpf/instruction.js";
import { SECCOMP_OPCODES, SOCKET_ONLY_OPCODES } from "../../src/bpf/opcode.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { verifyFilter, verifyStack } from "../../src/evaluator/verify.js";
import { i, j, raw } from "./build.js";

const RET = i("ret", 0x7fff0000);
const repeat = (instruction: Instruction, count: number) =>
  new Array<Instruction>(count).fill(instruction);

describe("every opcode", () => {
  // Accepted where its operand is fine: two words are written and a return follows.
  const around = (code: number) => [i("st", 1), raw(code, 1), RET, RET, RET];
  const codes = Array.from({ length: 0x10000 }, (_, code) => code);

  test("seccomp accepts exactly 41 of 65536", () => {
    // `ld [1]` is not aligned, which has a rule of its own.
    const accepted = codes.filter((code) => code === 0x20 || verifyFilter(around(code)).ok);
    expect(accepted).toEqual([...SECCOMP_OPCODES.keys()].sort((a, b) => a - b));
    expect(accepted).toHaveLength(41);
  });

  test.for([...SOCKET_ONLY_OPCODES])("0x%x (%s) is for sockets", ([code]) => {
    expect(verifyFilter(around(code))).toMatchObject({ reason: "not-for-seccomp", pc: 1 });
  });

  test.for([0x0e, 0x8c, 0x8020, 0x0106, 0x120])("0x%x belongs to no BPF", (code) => {
    expect(verifyFilter(around(code))).toMatchObject({ reason: "unknown-opcode", pc: 1 });
  });
});

type Row = [what: string, program: Instruction[], reason: string, pc: number | undefined];

const REFUSED: Row[] = [
  ["no instruction", [], "empty", undefined],
  ["4097 instructions", repeat(RET, 4097), "too-long", undefined],
  ["a / 0", [i("div", 0), RET], "division-by-zero", 0],
  ["a % 0", [raw(0x94, 0), RET], "division-by-zero", 0],
  ["a << 32", [i("lsh", 32), RET], "shift-too-large", 0],
  ["a >> 0xffffffff", [i("rsh", 0xffffffff), RET], "shift-too-large", 0],
  ["M[16] = A", [i("st", 16), RET], "scratch-index", 0],
  ["M[16] = X", [i("stx", 16), RET], "scratch-index", 0],
  ["A = M[16]", [i("ldMem", 16), RET], "scratch-index", 0],
  ["X = M[0xffffffff]", [i("ldxMem", 0xffffffff), RET], "scratch-index", 0],
  ["ja behind the end", [i("ja", 1), RET], "jump-out-of-bounds", 0],
  ["ja that would wrap around", [i("ja", 0xffffffff), RET], "jump-out-of-bounds", 0],
  ["the true side behind the end", [j("jeq", 0, 1, 0), RET], "jump-out-of-bounds", 0],
  ["the false side behind the end", [j("jsetX", 0, 0, 255), RET], "jump-out-of-bounds", 0],
  ["a bad jump that never runs", [RET, i("ja", 9), RET], "jump-out-of-bounds", 1],
  ["an ancillary word that is none", [i("ld", 0xfffff040), RET], "unknown-ancillary", 0],
  ["an ancillary word that is uneven", [i("ld", 0xfffff001), RET], "unknown-ancillary", 0],
  ["no return at the end", [RET, i("tax")], "no-return-at-end", 1],
  ["a jump at the end", [RET, i("ja", 0)], "jump-out-of-bounds", 1],
  ["an ancillary load", [i("ld", 0xfffff000), RET], "load-out-of-bounds", 0],
  ["A = u32 at 64", [i("ld", 64), RET], "load-out-of-bounds", 0],
  ["A = u32 at 62", [i("ld", 62), RET], "load-unaligned", 0],
  ["A = u32 at 1", [i("ld", 1), RET], "load-unaligned", 0],
  ["A = M[0] unwritten", [i("ldMem", 0), RET], "scratch-uninitialized", 0],
  ["X = M[15] unwritten", [i("st", 14), i("ldxMem", 15), RET], "scratch-uninitialized", 1],
  [
    "written on the true side only",
    //  A == 0 ? M[0] = A : skip;  A = M[0]
    [j("jeq", 0, 0, 1), i("st", 0), i("ldMem", 0), RET],
    "scratch-uninitialized",
    2,
  ],
  ["skipped by ja", [i("ja", 1), i("st", 0), i("ldMem", 0), RET], "scratch-uninitialized", 2],
  ["after a return: the set stays", [RET, i("ldMem", 0), RET], "scratch-uninitialized", 1],
];

/** Where several rules are broken: the kernel's passes go over the program one after another. */
const FIRST_OF_SEVERAL: Row[] = [
  ["length before opcodes", repeat(raw(0xff), 4097), "too-long", undefined],
  ["program order in the first pass", [i("lsh", 32), i("div", 0), RET], "shift-too-large", 0],
  ["all operands before the last return", [RET, i("st", 16)], "scratch-index", 1],
  ["the last return before scratch memory", [i("ldMem", 0), i("tax")], "no-return-at-end", 1],
  [
    "scratch memory before seccomp's opcodes",
    [i("ld", 64), i("ldMem", 0), RET],
    "scratch-uninitialized",
    1,
  ],
  ["general opcodes before seccomp's", [raw(0x28), raw(0xff), RET], "unknown-opcode", 1],
  ["seccomp's in program order", [i("ld", 1), raw(0x28), RET], "load-unaligned", 0],
  ["bounds before alignment", [i("ld", 65), RET], "load-out-of-bounds", 0],
];

describe("refuses", () => {
  test.for([...REFUSED, ...FIRST_OF_SEVERAL])("%s: %3$s", ([, program, reason, pc]) => {
    const result = verifyFilter(program);
    expect(result).toMatchObject({ ok: false, errno: "EINVAL", reason, pc });
    expect(() => createEvaluator([program], "little")).toThrow(
      expect.objectContaining({ code: "filter-rejected" }),
    );
  });

  test("says what is wrong, where, and what would be right", () => {
    const message = (program: Instruction[]) => {
      const result = verifyFilter(program);
      return result.ok ? "" : result.message;
    };
    expect(message([i("ld", 62), RET])).toBe(
      "instruction 0 (ld abs) loads the word at byte 62, which is not a multiple of 4",
    );
    expect(message([i("lsh", 40), RET])).toBe(
      "instruction 0 (lsh k) shifts by 40; a constant shift is at most 31",
    );
    expect(message([j("jeq", 0, 0, 7), RET])).toBe(
      "instruction 0 (jeq k) jumps to 8, behind the last instruction 1",
    );
  });
});

describe("accepts", () => {
  const ACCEPTED: [what: string, program: Instruction[]][] = [
    ["one return", [RET]],
    ["4096 instructions", repeat(RET, 4096)],
    ["ret a at the end", [i("retA")]],
    ["a << 31", [i("lsh", 31), RET]],
    ["A = u32 at 60", [i("ld", 60), RET]],
    ["a jump to the last instruction", [i("ja", 1), RET, RET]],
    ["a jump over 255", [j("jeq", 0, 255, 254), ...repeat(i("tax"), 255), RET]],
    ["a read of what was written", [i("st", 3), i("ldMem", 3), RET]],
    [
      "written on both sides",
      //  A == 0 ? M[0] = A : M[0] = X;  A = M[0]
      [j("jeq", 0, 0, 2), i("st", 0), i("ja", 1), i("stx", 0), i("ldMem", 0), RET],
    ],
    ["a read that no way leads to", [i("ja", 1), i("ldMem", 0), RET]],
    ["division by X, which may be 0", [i("divX"), RET]],
    ["A = u32 at 4 with unused fields", [raw(0x20, 4, 255, 255), RET]],
  ];
  test.for(ACCEPTED)("%s", ([, program]) => {
    expect(verifyFilter(program)).toMatchObject({ ok: true });
  });
});

describe("translated length", () => {
  // linux net/core/filter.c `bpf_convert_filter`: 3 to begin with, 2 for the return at the end.
  const LENGTHS: [what: string, instruction: Instruction, length: number][] = [
    ["ret k", RET, 2],
    ["ret a", i("retA"), 1],
    ["ld", i("ld", 0), 1],
    ["tax", i("tax"), 1],
    ["div k", i("div", 2), 1],
    ["div x", i("divX"), 5],
    ["ja", i("ja", 0), 1],
    ["jeq, both sides fall through", j("jeq", 1, 0, 0), 1],
    ["jeq, true jumps", j("jeq", 1, 1, 0), 1],
    ["jeq, false jumps", j("jeq", 1, 0, 1), 1],
    ["jeq, both jump", j("jeq", 1, 1, 1), 2],
    ["jgt, false jumps", j("jgt", 1, 0, 1), 1],
    ["jge x, false jumps", j("jgeX", 1, 0, 1), 1],
    ["jset, true jumps", j("jset", 1, 1, 0), 1],
    ["jset, false jumps: has no opposite", j("jset", 1, 0, 1), 2],
    ["jset x, false jumps", j("jsetX", 1, 0, 1), 2],
    ["jeq of a large constant", j("jeq", 0x80000000, 1, 0), 2],
    ["jeq of a large constant, both jump", j("jeq", 0xffffffff, 1, 1), 3],
    ["jeq x has no constant", j("jeqX", 0x80000000, 1, 0), 1],
    ["ld imm of a large constant", i("ldImm", 0x80000000), 1],
  ];
  test.for(LENGTHS)("%s", ([, instruction, length]) => {
    // `ret a` twice at the end, for the jumps to lead to.
    const program = [instruction, i("retA"), i("retA")];
    expect(verifyFilter(program)).toEqual({ ok: true, translatedLength: 3 + length + 2 });
  });
});

describe("a chain", () => {
  const long = repeat(RET, 4096); // 3 + 2 * 4096 = 8195

  test("has room for three of 4096 x ret k, not for four", () => {
    expect(verifyStack([long, long, long])).toEqual({ ok: true, chainLength: 3 * 8195 + 2 * 4 });
    const refused = verifyStack([long, long, long, long]);
    expect(refused).toMatchObject({
      ok: false,
      errno: "ENOMEM",
      reason: "chain-too-long",
      filter: 3,
      pc: undefined,
    });
    expect(refused).toHaveProperty("message", expect.stringContaining("32792"));
  });

  test("has room for exactly 32768", () => {
    const rest = 32768 - 3 * (8195 + 4); // 8171 = 3 + 2 * 4084
    const exact = repeat(RET, (rest - 3) / 2);
    expect(verifyStack([long, long, long, exact])).toMatchObject({ ok: true, chainLength: 32768 });
    const more = [i("tax"), ...exact];
    expect(verifyStack([long, long, long, more])).toMatchObject({ reason: "chain-too-long" });
  });

  test("of the shortest filters there are", () => {
    // ret a: 3 + 1, and 4 for each that is there already.
    const most = repeat(i("retA"), 4096).map((one) => [one]);
    expect(verifyStack(most)).toMatchObject({ ok: true, chainLength: 4096 * 8 - 4 });
    expect(verifyStack([...most, [i("retA")]])).toMatchObject({ errno: "ENOMEM", filter: 4096 });
    const evaluator = createEvaluator(most, "little");
    expect(evaluator.evaluate({ nr: 1, arch: 0, ip: 0n, args: [] })).toBe(0);
    expect(evaluator.decide({ nr: 1, arch: 0, ip: 0n, args: [] }).match).toBe(4095);
  });

  test("names the filter that is refused", () => {
    expect(verifyStack([[RET], [i("ld", 1), RET], [RET]])).toMatchObject({
      ok: false,
      errno: "EINVAL",
      reason: "load-unaligned",
      filter: 1,
      pc: 0,
    });
  });

  test("leaves nothing behind", () => {
    verifyStack([long, long, long]);
    expect(verifyStack([long, long, long])).toMatchObject({ ok: true });
    expect(verifyStack([])).toEqual({ ok: true, chainLength: 0 });
  });
});
