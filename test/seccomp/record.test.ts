import fc from "fast-check";
import { expect, test } from "vitest";
import type { Endian } from "../../src/bpf/instruction.js";
import { decodeRecord, encodeRecord, RECORD_SIZE } from "../../src/seccomp/record.js";

const DATA = {
  nr: 0x01020304,
  arch: 0xc000003e,
  ip: 0x1112131415161718n,
  args: [0x2122232425262728n, 1n, 2n, 3n, 4n, 0xffffffffffffffffn],
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test.for<[Endian, string]>([
  ["little", "040302013e0000c0181716151413121128272625242322210100000000000000"],
  ["big", "01020304c000003e111213141516171821222324252627280000000000000001"],
])("the layout of struct seccomp_data, %s-endian", ([endian, start]) => {
  const bytes = encodeRecord(DATA, endian);
  expect(bytes).toHaveLength(RECORD_SIZE);
  expect(hex(bytes.subarray(0, 32))).toBe(start);
  expect(hex(bytes.subarray(56))).toBe("ffffffffffffffff");
});

test("decoding undoes encoding, anywhere in a buffer", () => {
  const wide = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
  const word = fc.nat({ max: 0xffffffff });
  const data = fc.record({
    nr: word,
    arch: word,
    ip: wide,
    args: fc.array(wide, { minLength: 6, maxLength: 6 }),
  });
  const endians = fc.constantFrom<Endian[]>("little", "big");
  fc.assert(
    fc.property(data, endians, fc.nat({ max: 99 }), (one, endian, offset) => {
      const out = new Uint8Array(RECORD_SIZE + 99);
      encodeRecord(one, endian, out, offset);
      expect(decodeRecord(out, endian, offset)).toEqual(one);
      expect(out.subarray(0, offset).every((byte) => byte === 0)).toBe(true);
    }),
  );
});

test("missing arguments are 0, and a negative number is a word", () => {
  const bytes = encodeRecord({ nr: -1, arch: 1, ip: 0n, args: [7n] }, "little");
  expect(decodeRecord(bytes, "little")).toEqual({
    nr: 0xffffffff,
    arch: 1,
    ip: 0n,
    args: [7n, 0n, 0n, 0n, 0n, 0n],
  });
});

test("arguments of the record before do not shine through", () => {
  const out = encodeRecord(DATA, "little");
  encodeRecord({ nr: 0, arch: 0, ip: 0n, args: [] }, "little", out);
  expect(out.every((byte) => byte === 0)).toBe(true);
});

test.for([0, 1, 63])("%d bytes are no record", (length) => {
  expect(() => decodeRecord(new Uint8Array(length), "little")).toThrow(
    expect.objectContaining({ code: "truncated-record" }),
  );
  expect(() => encodeRecord(DATA, "little", new Uint8Array(64), 64 - length)).toThrow(
    expect.objectContaining({ code: "truncated-record" }),
  );
});
