import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFilter } from "../../src/bpf/encode.js";
import {
  detectFilterText,
  type FilterText,
  formatFilter,
  readFilterText,
} from "../../src/bpf/filter-text.js";
import { SeccompSimError } from "../../src/errors.js";
import { i, j } from "../evaluator/build.js";

const byte = fc.integer({ min: 0, max: 255 });
const program = fc.array(
  fc.record({
    code: fc.integer({ min: 0, max: 0xffff }),
    jt: byte,
    jf: byte,
    k: fc.integer({ min: 0, max: 0xffffffff }),
  }),
  { minLength: 1, maxLength: 40 },
);
const FILTER = [
  i("ld", 4),
  j("jeq", 0xc000003e, 1, 0),
  i("ret", 0),
  i("ld", 0),
  j("jeq", 39, 0, 1),
  i("ret", 0x00050001),
  i("ret", 0x7fff0000),
];

describe("writing and reading", () => {
  test.for<FilterText>(["asm", "c", "decimal"])("%s keeps every field", (form) => {
    fc.assert(
      fc.property(program, (code) => {
        const text = formatFilter(code, form);
        expect(detectFilterText(text)).toBe(form);
        expect(readFilterText(text, "f", form).instructions).toEqual(code);
      }),
    );
  });

  test("json is an array of the fields", () => {
    fc.assert(
      fc.property(program, (code) => {
        expect(JSON.parse(formatFilter(code, "json"))).toEqual(code);
      }),
    );
  });

  test("what the forms look like", () => {
    const two = FILTER.slice(0, 2);
    expect(formatFilter(two, "c")).toBe(
      "{ 0x20, 0, 0, 0x00000004 },\n{ 0x15, 1, 0, 0xc000003e },\n",
    );
    expect(formatFilter(two, "decimal")).toBe("2\n32 0 0 4\n21 1 0 3221225534\n");
    expect(formatFilter(two, "json")).toBe(
      '[\n  {"code":32,"jt":0,"jf":0,"k":4},\n  {"code":21,"jt":1,"jf":0,"k":3221225534}\n]\n',
    );
  });
});

describe("C arrays", () => {
  const macros = `
    /* getpid fails */
    #include <linux/filter.h>
    static const struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP + BPF_JEQ + BPF_K, AUDIT_ARCH_X86_64, 1, 0), // ours
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
      BPF_STMT(BPF_LD+BPF_W+BPF_ABS, (offsetof(struct seccomp_data, nr))),
      BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, __NR_getpid, 0, 1),
      BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ALLOW),
    };`;

  test("with macros, comments and a declaration", () => {
    expect(detectFilterText(macros)).toBe("c");
    expect(readFilterText(macros, "f.c", "c", { arch: "x86_64" }).instructions).toEqual(FILTER);
  });

  test.for<[string, object]>([
    ["{ 6, 0, 0, 0x7fff0000 }", i("ret", 0x7fff0000)],
    ["{{6,0,0,0X7FFF0000u}}", i("ret", 0x7fff0000)],
    ["{ { 0x06, 0x00, 0x00, 2147418112UL, }, };", i("ret", 0x7fff0000)],
    ["{ .code = 0x06, .k = 5 }", i("ret", 5)],
    ["{ .code = BPF_RET, .jt = 0, .jf = 0, .k = ~0 }", i("ret", 0xffffffff)],
    ["{ BPF_LD|BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[2]) + 4 }", i("ld", 36)],
    ["{ BPF_RET, 0, 0, 5 << 16 | 010 }", i("ret", 0x00050008)],
    ["struct sock_filter f[1] = { { 6, 0, 0, -1 } };", i("ret", 0xffffffff)],
  ])("%s", ([text, instruction]) => {
    expect(detectFilterText(text)).toBe("c");
    expect(readFilterText(text, "f", "c").instructions).toEqual([instruction]);
  });

  test.for<[string, number, number, RegExp, RegExp?]>([
    ["{ 6, 0, 0, 0 },\n{ 6, 256, 0, 0 }", 2, 6, /does not fit in jt/],
    ["{ 6, 0, 0, 0, 0 }", 1, 15, /found "0" where "}"/],
    ["{ 6, 0, 0, 0 } { 6 }", 1, 16, /"," and an instruction/],
    ["{{ 6, 0, 0, 0 }", 1, 16, /the end of the text/],
    ["{ 6, 0, 0, 0x100000000 }", 1, 12, /32 bits/],
    ["BPF_STMT(BPF_RTE, 0)", 1, 10, /BPF_RTE/, /BPF_RET/],
    ["BPF_STMT(BPF_RET, DENY)", 1, 19, /DENY/, /cc -E/],
    ["BPF_STMT(BPF_RET)", 1, 17, /","/],
    ["BPF_STMT(BPF_RET, __NR_read)", 1, 19, /architecture/],
    ["BPF_STMT(BPF_LD, offsetof(struct seccomp_data, args[6]))", 1, 53, /0 to 5/],
    ["{ .kode = 6 }", 1, 4, /code, jt, jf or k/],
    ["{ .k = 6, .k = 7 }", 1, 16, /already/],
    ["{ { 6, 0, 0, 0 } };\nint x;", 2, 1, /after its one array/],
    [`{ 6, 0, 0, ${"(".repeat(100)}`, 1, 45, /too deep/],
  ])("%s is refused", ([text, line, column, message, hint]) => {
    const complaint = complaintOf(() => readFilterText(text, "f.c", "c"));
    expect(complaint.message).toMatch(message);
    expect(complaint.place).toMatchObject({ file: "f.c", line, column });
    if (hint !== undefined) expect(complaint.hint).toMatch(hint);
  });
});

describe("decimal listings", () => {
  test("blanks and Windows' line ends do not matter", () => {
    const text = "\n 1 \r\n  6   0 0  2147418112\r\n\r\n";
    expect(detectFilterText(text)).toBe("decimal");
    expect(readFilterText(text, "f", "decimal").instructions).toEqual([i("ret", 0x7fff0000)]);
  });

  test.for<[string, number, number, RegExp]>([
    ["3\n6 0 0 0\n6 0 0 0", 1, 1, /promises 3 instructions, but 2 follow/],
    ["1\n6 0 0 0\n6 0 0 0", 1, 1, /promises 1 instructions, but 2 follow/],
    ["6 0 0 0", 1, 1, /number of instructions/],
    ["1\n6 0 0", 2, 1, /3 words/],
    ["1\n6 0 256 0", 2, 5, /jf is a number from 0 to 255/],
    ["1\n6 0 0 0x1", 2, 7, /k is a number/],
    ["1\n6 0 0 4294967296", 2, 7, /k is a number/],
  ])("%j is refused", ([text, line, column, message]) => {
    const complaint = complaintOf(() => readFilterText(text, "f", "decimal"));
    expect(complaint.message).toMatch(message);
    expect(complaint.place).toMatchObject({ line, column });
  });
});

test.for([
  "",
  "{}",
  '{"defaultAction": "SCMP_ACT_ALLOW"}',
  "{ “defaultAction”: 1 }",
  "[1, 2]",
  "12",
  "null",
  "defaultAction: SCMP_ACT_ALLOW\nsyscalls:\n  - names: [read]",
  "/* a comment */ {}",
  "allow getpid",
])("%j is no filter's text", (text) => {
  expect(detectFilterText(text)).toBeUndefined();
});

test("a filter's bytes are no text of one", () => {
  const bytes = encodeFilter(FILTER, "little");
  expect(detectFilterText(new TextDecoder().decode(bytes))).toBeUndefined();
});

// So long that what grows with its square would not end before the tests' own limit.
test("hostile text ends with an error of ours", () => {
  const many = (text: string) => text.repeat(Math.floor(2_000_000 / text.length));
  const texts = ["{", "(", "/*", "#", "{6,0,0,", "1|", "1\n", "a ", "struct ", " ", "-", "9"].map(
    many,
  );
  for (const text of [
    ...texts,
    `{6,0,0,${many("1|")}`,
    `{6,0,0,${many("-")}`,
    `1\n${many("1 ")}`,
  ]) {
    for (const form of ["asm", "c", "decimal"] as const) {
      detectFilterText(text);
      expect(complaintOf(() => readFilterText(text, "f", form)).message.length).toBeLessThan(1000);
    }
  }
});

function complaintOf(act: () => unknown): SeccompSimError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(SeccompSimError);
    return error as SeccompSimError;
  }
  throw new Error("not refused");
}
