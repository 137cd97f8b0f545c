import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { disassemble } from "../../src/bpf/disassemble.js";
import { decodeFilter } from "../../src/bpf/encode.js";
import type { Instruction } from "../../src/bpf/instruction.js";
import { i, j, raw } from "../evaluator/build.js";

const X86_64 = 0xc000003e;
const S390X = 0x80000016;
/** What stands behind the bytes. */
const texts = (program: Instruction[], options = {}) =>
  disassemble(program, options).map((line) =>
    line.slice("0000: 0x00 0x00 0x00 0x00000000  ".length),
  );

test("a line has the number, the fields and what they do", () => {
  expect(
    disassemble([
      i("ld", 4),
      j("jeq", X86_64, 0, 3),
      i("ld", 0),
      j("jeq", 39, 0, 1),
      i("ret", 0x00050001),
      i("ret", 0x7fff0000),
    ]),
  ).toEqual([
    "0000: 0x20 0x00 0x00 0x00000004  A = arch",
    "0001: 0x15 0x00 0x03 0xc000003e  if (A != ARCH_X86_64) goto 0005",
    "0002: 0x20 0x00 0x00 0x00000000  A = sys_number",
    "0003: 0x15 0x00 0x01 0x00000027  if (A != getpid) goto 0005",
    "0004: 0x06 0x00 0x00 0x00050001  return ERRNO(EPERM)",
    "0005: 0x06 0x00 0x00 0x7fff0000  return ALLOW",
  ]);
});

test.for<[number, number]>([
  [0x80000008, 0x00050059],
  [X86_64, 0x00050026],
])("an errno has the name that it has where 0x%x is", ([token, word]) => {
  const program = [i("ld", 4), j("jeq", token, 0, 0), i("ret", word)];
  expect(texts(program).at(-1)).toBe("return ERRNO(ENOSYS)");
});

test("marks the instructions that ran", () => {
  const lines = disassemble([i("ja", 1), i("ret"), i("ret")], { executed: new Set([0, 2]) });
  expect(lines.map((line) => line.slice(0, 7))).toEqual(["> 0000:", "  0001:", "> 0002:"]);
});

describe("each instruction", () => {
  const only = (instruction: Instruction) => texts([instruction])[0];
  test.for<[Instruction, string]>([
    [i("ldLen"), "A = 64 # sizeof(struct seccomp_data)"],
    [i("ldxLen"), "X = 64 # sizeof(struct seccomp_data)"],
    [i("ldImm", 5), "A = 5"],
    [i("ldxImm", 255), "X = 0xff"],
    [i("ldMem", 3), "A = mem[3]"],
    [i("ldxMem", 15), "X = mem[15]"],
    [i("st", 0), "mem[0] = A"],
    [i("stx", 1), "mem[1] = X"],
    [i("add", 1), "A += 1"],
    [i("subX"), "A -= X"],
    [i("mul", 2), "A *= 2"],
    [i("divX"), "A /= X"],
    [i("and", 0xff), "A &= 0xff"],
    [i("orX"), "A |= X"],
    [i("xor", 1), "A ^= 1"],
    [i("lsh", 4), "A <<= 4"],
    [i("rshX"), "A >>= X"],
    [i("neg"), "A = -A"],
    [i("tax"), "X = A"],
    [i("txa"), "A = X"],
    [i("ja", 7), "goto 0008"],
    [j("jgt", 9, 1, 0), "if (A > 9) goto 0002"],
    [j("jgt", 9, 0, 1), "if (A <= 9) goto 0002"],
    [j("jgeX", 0, 0, 1), "if (A < X) goto 0002"],
    [j("jset", 1, 1, 0), "if (A & 1) goto 0002"],
    [j("jset", 1, 0, 1), "if (!(A & 1)) goto 0002"],
    [j("jeq", 1, 1, 2), "if (A == 1) goto 0002 else goto 0003"],
    [i("retA"), "return A"],
    [i("ret", 0x00030005), "return TRAP(5)"],
    [i("ret", 0x00040000), "return UNKNOWN(0x00040000)"],
    [raw(0xff), "unknown opcode 0xff"],
    [raw(0x28, 4), "A = u16 at 0x04 # not for seccomp"],
    [i("ld", 62), "A = u32 at 0x3e # not in seccomp_data"],
  ])("%j is %s", ([instruction, text]) => {
    expect(only(instruction)).toBe(text);
  });
});

describe("fields", () => {
  const under = (arch: number, nr: number, offset: number) =>
    texts([
      i("ld", 4),
      j("jeq", arch, 0, 4),
      i("ld", 0),
      j("jeq", nr, 0, 2),
      i("ld", offset),
      i("ret"),
      i("ret"),
    ])[4];

  test("arguments have their names once the call is known", () => {
    expect(under(X86_64, 16, 24)).toBe("A = cmd # args[1] of ioctl");
    expect(under(X86_64, 16, 28)).toBe("A = cmd >> 32 # args[1] of ioctl");
    expect(texts([i("ld", 24)])).toEqual(["A = args[1]"]);
  });

  test("the upper half stands first where the machine is big-endian", () => {
    expect(under(S390X, 54, 24)).toBe("A = cmd >> 32 # args[1] of ioctl");
    expect(under(S390X, 54, 28)).toBe("A = cmd # args[1] of ioctl");
    expect(texts([i("ld", 8), i("ld", 12)], { endian: "big" })).toEqual([
      "A = instruction_pointer >> 32",
      "A = instruction_pointer",
    ]);
  });

  test("only equality names calls: x32's bit 30 is not its read", () => {
    const program = [i("ld", 4), j("jeq", X86_64, 0, 4), i("ld", 0)];
    const tests = [j("jset", 0x40000000, 0, 1), j("jge", 0x40000000, 0, 1), i("ret")];
    expect(texts([...program, ...tests]).slice(3, 5)).toEqual([
      "if (!(A & 0x40000000)) goto 0005",
      "if (A < 0x40000000) goto 0006",
    ]);
  });

  test("a number is not a call after A has changed, or where two architectures meet", () => {
    const changed = [i("ld", 4), j("jeq", X86_64, 0, 4), i("ld", 0), i("and", 0xff)];
    expect(texts([...changed, j("jeq", 39, 0, 1), i("ret"), i("ret")])[4]).toContain("A != 0x27");
    const either = [i("ld", 4), j("jeq", X86_64, 1, 0), j("jeq", S390X, 0, 2), i("ld", 0)];
    expect(texts([...either, j("jeq", 39, 0, 0), i("ret")])[4]).toContain("A == 0x27");
  });
});

test("Docker's default: a line for each instruction, all conditions named", () => {
  const bytes = readFileSync(new URL("../fixtures/docker-254-o1.bpf", import.meta.url));
  const lines = disassemble(decodeFilter(bytes, "little"));
  expect(lines).toHaveLength(1001);
  expect(lines).toContain("0004: 0x15 0xdf 0x00 0x00000000  if (A == read) goto 0228");
  expect(lines.at(-1)).toBe("1000: 0x06 0x00 0x00 0x00000000  return KILL_THREAD");
});

test("takes programs that the kernel would refuse", () => {
  const instruction = fc.record({
    code: fc.nat({ max: 0xffff }),
    jt: fc.nat({ max: 255 }),
    jf: fc.nat({ max: 255 }),
    k: fc.nat({ max: 0xffffffff }),
  });
  fc.assert(
    fc.property(fc.array(instruction), (program) => {
      const lines = disassemble(program);
      expect(lines).toHaveLength(program.length);
      for (const line of lines) expect(line).toMatch(/^\d{4}: (0x[0-9a-f]+ ){4} \S/);
    }),
  );
});
