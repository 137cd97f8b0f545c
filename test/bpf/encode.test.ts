import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFilter, detectEndian, encodeFilter } from "../../src/bpf/encode.js";
import type { Endian, Instruction } from "../../src/bpf/instruction.js";

const instruction: fc.Arbitrary<Instruction> = fc.record({
  code: fc.nat({ max: 0xffff }),
  jt: fc.nat({ max: 255 }),
  jf: fc.nat({ max: 255 }),
  k: fc.nat({ max: 0xffffffff }),
});
const endians = fc.constantFrom<Endian[]>("little", "big");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("decoding undoes encoding", () => {
  fc.assert(
    fc.property(fc.array(instruction), endians, (program, endian) => {
      const bytes = encodeFilter(program, endian);
      expect(bytes).toHaveLength(8 * program.length);
      expect(decodeFilter(bytes, endian)).toEqual(program);
    }),
  );
});

test("encoding undoes decoding", () => {
  const bytes = fc
    .uint8Array({ maxLength: 160 })
    .map((all) => all.subarray(0, all.length - (all.length % 8)));
  fc.assert(
    fc.property(bytes, endians, (raw, endian) => {
      expect(hex(encodeFilter(decodeFilter(raw, endian), endian))).toBe(hex(raw));
    }),
  );
});

test.for<[Endian, string]>([
  ["little", "1500020a3e0000c0"],
  ["big", "0015020ac000003e"],
])("the layout of struct sock_filter, %s-endian", ([endian, bytes]) => {
  expect(hex(encodeFilter([{ code: 0x15, jt: 2, jf: 10, k: 0xc000003e }], endian))).toBe(bytes);
});

test.for([1, 7, 9, 15])("%d bytes are no filter", (length) => {
  expect(() => decodeFilter(new Uint8Array(length), "little")).toThrow(
    expect.objectContaining({
      code: "truncated-filter",
      message: expect.stringContaining(`${length} bytes`),
    }),
  );
  expect(detectEndian(new Uint8Array(length))).toBeUndefined();
});

test("the bytes tell the byte order of a program", () => {
  const small = instruction.map((one) => ({ ...one, code: 1 + (one.code % 255) }));
  fc.assert(
    fc.property(fc.array(small, { minLength: 1 }), endians, (program, endian) => {
      expect(detectEndian(encodeFilter(program, endian))).toBe(endian);
    }),
  );
});

test("text, nothing, and mixed orders are no filter", () => {
  expect(detectEndian(new Uint8Array(0))).toBeUndefined();
  expect(detectEndian(Buffer.from('{"defaultAction":"SCMP_ACT_ALLOW"}      '))).toBeUndefined();
  const mixed = [encodeFilter([{ code: 6, jt: 0, jf: 0, k: 0 }], "little")];
  mixed.push(encodeFilter([{ code: 6, jt: 0, jf: 0, k: 0 }], "big"));
  expect(detectEndian(Buffer.concat(mixed))).toBeUndefined();
});

test("Docker's default as libseccomp wrote it", () => {
  const bytes = readFileSync(new URL("../fixtures/docker-254-o1.bpf", import.meta.url));
  expect(detectEndian(bytes)).toBe("little");
  const program = decodeFilter(bytes, "little");
  expect(program).toHaveLength(1001);
  expect(program[0]).toEqual({ code: 0x20, jt: 0, jf: 0, k: 4 });
  expect(hex(encodeFilter(program, "little"))).toBe(hex(bytes));
});
