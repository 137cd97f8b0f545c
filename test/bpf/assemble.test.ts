import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemble } from "../../src/bpf/assemble.js";
import { disassemble } from "../../src/bpf/disassemble.js";
import type { Instruction } from "../../src/bpf/instruction.js";
import { opcodeName } from "../../src/bpf/opcode.js";
import { SeccompSimError } from "../../src/errors.js";
import { i, j } from "../evaluator/build.js";

const KNOWN = Array.from({ length: 256 }, (_, code) => code).filter((code) => opcodeName(code));
const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: 0, max: 80 }),
  fc.constantFrom(0xc000003e, 0x80000016, 0x7fff0000, 0x00050001, 0x80000000, 0xffffffff),
);
const byte = fc.integer({ min: 0, max: 255 });
const instruction = fc.record({
  code: fc.oneof(fc.constantFrom(...KNOWN), fc.integer({ min: 0, max: 0xffff })),
  jt: byte,
  jf: byte,
  k: word,
});
const program = fc.array(instruction, { minLength: 1, maxLength: 60 });
const lines = (...text: string[]) => text.join("\n");
const X86_64 = 0xc000003e;

describe("listings", () => {
  test("assemble undoes disassemble, whatever the fields hold", () => {
    fc.assert(
      fc.property(program, fc.constantFrom<"little" | "big">("little", "big"), (code, endian) => {
        const text = `${disassemble(code, { endian }).join("\n")}\n`;
        expect(assemble(text)).toMatchObject({ instructions: code, warnings: [] });
      }),
      { numRuns: 500 },
    );
  });

  test("with the marks of executed lines, and Windows' line ends", () => {
    const code = [i("ja", 1), i("ret"), i("ret", 0x7fff0000)];
    const text = disassemble(code, { executed: new Set([0, 2]) }).join("\r\n");
    expect(assemble(text).instructions).toEqual(code);
  });

  test("the fields count, and words that say something else are warned about", () => {
    const text = "0000: 0x06 0x00 0x00 0x7fff0000  return ERRNO(EPERM)";
    const { instructions, warnings } = assemble(text, { file: "a.s" });
    expect(instructions).toEqual([i("ret", 0x7fff0000)]);
    expect(warnings).toMatchObject([
      { code: "listing-text", place: { file: "a.s", line: 1, column: 34 } },
    ]);
    expect(warnings[0]?.message).toContain('"return ALLOW"');
  });

  test("bare fields, without words, are enough", () => {
    expect(assemble("0000: 0x16 0x00 0x00 0x00000000")).toMatchObject({
      instructions: [i("retA")],
      warnings: [],
    });
  });
});

describe("instructions by hand", () => {
  test("a filter with labels and names", () => {
    const { instructions, endian } = assemble(
      lines(
        "; who may ask for its own number",
        ".arch x86_64",
        "        ld arch",
        "        jne #ARCH_X86_64, kill  // others",
        "        ld nr",
        "        jeq #getpid, allow, more",
        "more:",
        "        ld args[1].hi",
        "        jgt #0x10, allow",
        "        ret ERRNO(EPERM)",
        "allow:  ret ALLOW",
        "kill:   ret kill_process",
      ),
    );
    expect(endian).toBe("little");
    expect(instructions).toEqual([
      i("ld", 4),
      j("jeq", X86_64, 0, 6),
      i("ld", 0),
      j("jeq", 39, 3, 0),
      i("ld", 28),
      j("jgt", 16, 1, 0),
      i("ret", 0x00050001),
      i("ret", 0x7fff0000),
      i("ret", 0x80000000),
    ]);
  });

  test.for<[string, Partial<Instruction>]>([
    ["ld [0]", { code: 0x20, k: 0 }],
    ["ld ip.lo", { code: 0x20, k: 8 }],
    ["ld args[5].lo", { code: 0x20, k: 56 }],
    ["LD ARGS[0].HI", { code: 0x20, k: 20 }],
    ["ld #0x10", { code: 0x00, k: 16 }],
    ["ld #-1", { code: 0x00, k: 0xffffffff }],
    ["ld #010", { code: 0x00, k: 8 }],
    ["ld len", { code: 0x80 }],
    ["ld M[15]", { code: 0x60, k: 15 }],
    ["ldx #4294967295", { code: 0x01, k: 0xffffffff }],
    ["ldx #len", { code: 0x81 }],
    ["ldx M[2]", { code: 0x61, k: 2 }],
    ["ldxb 4*([14]&0xf)", { code: 0xb1, k: 14 }],
    ["ldh [12]", { code: 0x28, k: 12 }],
    ["ldb [x + 3]", { code: 0x50, k: 3 }],
    ["ld [x+4]", { code: 0x40, k: 4 }],
    ["st M[3]", { code: 0x02, k: 3 }],
    ["stx mem[0]", { code: 0x03, k: 0 }],
    ["add #1", { code: 0x04, k: 1 }],
    ["xor x", { code: 0xac }],
    ["and %x", { code: 0x5c }],
    ["mod #7", { code: 0x94, k: 7 }],
    ["neg", { code: 0x84 }],
    ["tax", { code: 0x07 }],
    ["txa ; back", { code: 0x87 }],
    ["jset #1, +2, +3", { code: 0x45, jt: 2, jf: 3, k: 1 }],
    ["jlt #5, +2", { code: 0x35, jf: 2, k: 5 }],
    ["jle x, +1, +4", { code: 0x2d, jt: 4, jf: 1 }],
    ["jeq 5, +1", { code: 0x15, jt: 1, k: 5 }],
    ["ja +300", { code: 0x05, k: 300 }],
    ["ret a", { code: 0x16 }],
    ["ret #0x7fff0000", { code: 0x06, k: 0x7fff0000 }],
    ["ret SECCOMP_RET_TRAP", { code: 0x06, k: 0x00030000 }],
    ["ret TRACE(7)", { code: 0x06, k: 0x7ff00007 }],
    ["ret ERRNO(4096)", { code: 0x06, k: 0x00051000 }],
    ["ret UNKNOWN(0x12340000)", { code: 0x06, k: 0x12340000 }],
    ["here: there: ret LOG", { code: 0x06, k: 0x7ffc0000 }],
  ])("%s", ([text, fields]) => {
    expect(assemble(text).instructions).toEqual([{ code: 0, jt: 0, jf: 0, k: 0, ...fields }]);
  });

  test("every opcode can be written by hand", () => {
    const operands = ["", "#1", "x", "[0]", "[x+0]", "M[0]", "len", "a", "+1", "#1, +1", "x, +1"];
    const words = "ld ldh ldb ldx st stx add sub mul div or and lsh rsh mod xor neg tax txa ja";
    const jumps = "jeq jgt jge jset ret";
    const codes = new Set([0xb1]);
    for (const name of `${words} ${jumps}`.split(" ")) {
      for (const operand of operands) {
        try {
          codes.add(assemble(`${name} ${operand}`).instructions[0]?.code ?? -1);
        } catch (error) {
          expect(error).toBeInstanceOf(SeccompSimError);
        }
      }
    }
    expect([...codes].sort((a, b) => a - b)).toEqual(KNOWN);
  });

  test("halves and numbers follow the architecture", () => {
    const text = "ld args[0].lo\njeq #mount, +0\nret ALLOW";
    const made = (arch: "s390x" | "x86_64" | "mips") =>
      assemble(text, { arch })
        .instructions.slice(0, 2)
        .map(({ k }) => k);
    expect([made("x86_64"), made("s390x"), made("mips")]).toEqual([
      [16, 165],
      [20, 21],
      [20, 4021],
    ]);
    expect(assemble(".arch s390x\nld ip.hi").instructions).toEqual([i("ld", 8)]);
    expect(assemble(".arch s390x\nret ALLOW", { arch: "x86" }).endian).toBe("big");
  });
});

describe("mistakes", () => {
  test.for<[string, string, number, number, (RegExp | undefined)?]>([
    ["ld nr\nretn ALLOW", "unknown-mnemonic", 2, 1, /did you mean ret/],
    ["  jeq #1, alow\nallow: ret ALLOW", "unknown-label", 1, 11, /did you mean allow/],
    ["jeq #ARCH_X86_46, +0", "bad-operand", 1, 5, /ARCH_X86_64/],
    [".arch x86_64\njeq #moutn, +0", "bad-operand", 2, 5, /did you mean mount/],
    ["jeq #mount, +0", "bad-operand", 1, 5, /architecture/],
    [".arch x86_46", "unknown-arch", 1, 7, /x86_64/],
    ["ld nr\n.arch x86", "late-directive", 2, 7],
    ["ret ALOW", "bad-operand", 1, 5, /ALLOW/],
    ["ret ERRNO(EPREM)", "bad-operand", 1, 5, /EPERM/],
    ["ret KILL", "bad-operand", 1, 5, /KILL_PROCESS/],
    ["ret TRAP(65536)", "bad-operand", 1, 5],
    ["ret", "bad-operands", 1, 4],
    ["ret ALLOW, 3", "bad-operands", 1, 12],
    ["tax x", "bad-operands", 1, 5],
    ["ld args[0]", "bad-operand", 1, 4, /args\[0\]\.lo/],
    ["ld args[6].lo", "bad-operand", 1, 4],
    ["st M[16]", "bad-operand", 1, 4],
    ["ld #4294967296", "bad-operand", 1, 4],
    ["ld #08", "bad-operand", 1, 4],
    ["add 1x", "bad-operand", 1, 5],
    ["a: ld nr\nb: a: ret ALLOW", "duplicate-label", 2, 4],
    ["a: ld nr\nja a", "backward-jump", 2, 4],
    ["jeq #1, end\nret LOG\nend:", "empty-label", 1, 9],
    ["jeq #1, +256\n", "jump-too-far", 1, 9, /ja/],
    ["jeq #1, 5", "bad-operand", 1, 9, /label/],
    ["0001: 0x06 0x00 0x00 0x00000000", "listing-order", 1, 1],
    ["0000: 0x06 0x00 0x00", "bad-listing", 1, 1],
    ["0000: 0x06 0x00 0x00 0x1000000000", "bad-listing", 1, 1],
  ])("%j: %s", ([text, code, line, column, hint]) => {
    let complaint: unknown;
    try {
      assemble(text, { file: "f.s" });
    } catch (error) {
      complaint = error;
    }
    expect(complaint).toMatchObject({ code, place: { file: "f.s", line, column } });
    if (hint !== undefined) expect((complaint as SeccompSimError).hint).toMatch(hint);
  });

  test("nothing is refused, too", () => {
    expect(() => assemble("; nothing\n\n")).toThrow(/no instructions/);
  });

  // So long that what grows with its square would not end before the tests' own limit.
  test("hostile text ends with an error of ours or a program", () => {
    const many = (text: string) => text.repeat(Math.floor(2_000_000 / text.length));
    const labels = Array.from({ length: 200_000 }, (_, index) => `l${index}:`);
    const texts = [many("a"), many("a:"), many(","), many(" "), many(";"), many("ret a\n")];
    for (const text of [...texts, labels.join(""), labels.join("\n"), `ret ${many("(")}`]) {
      try {
        assemble(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SeccompSimError);
        expect((error as Error).message.length).toBeLessThan(1000);
      }
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          assemble(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SeccompSimError);
        }
      }),
    );
  });
});
