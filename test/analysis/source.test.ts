import { describe, expect, test } from "vitest";
import { loadProfile, type SourceType } from "../../src/analysis/source.js";
import { SeccompSimError } from "../../src/errors.js";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const utf8 = (text: string) => new TextEncoder().encode(text);

const ALLOW = {
  kind: "filter",
  endian: "little",
  instructions: [{ code: 6, k: 0x7fff0000 }],
};

describe("what a file is, told by its content", () => {
  test.for<[string, Uint8Array, object]>([
    ["a profile", utf8('{"defaultAction":"SCMP_ACT_ALLOW"}'), { kind: "profile" }],
    [
      "a filter",
      hex("2000 00 00 00000000 0600 00 00 0000ff7f"),
      {
        kind: "filter",
        endian: "little",
        instructions: [{ code: 0x20 }, { code: 6, k: 0x7fff0000 }],
      },
    ],
    [
      "a big-endian filter",
      hex("0020 00 00 00000000 0006 00 00 7fff0000"),
      { kind: "filter", endian: "big", instructions: [{ code: 0x20 }, { code: 6, k: 0x7fff0000 }] },
    ],
    ["a profile of as many bytes as a filter", utf8("{      }"), { kind: "profile" }],
    ["a C array", utf8("{ 0x06, 0, 0, 0x7fff0000 },"), ALLOW],
    ["a decimal listing", utf8("1\n6 0 0 2147418112\n"), ALLOW],
    ["a listing", utf8("0000: 0x06 0x00 0x00 0x7fff0000  return ALLOW\n"), ALLOW],
    ["assembler text", utf8("; all\nret ALLOW\n"), ALLOW],
    ["big-endian assembler text", utf8(".arch s390x\nret ALLOW"), { ...ALLOW, endian: "big" }],
  ])("%s", ([, bytes, source]) => {
    expect(loadProfile(bytes, { file: "f" })).toMatchObject(source);
  });

  test.for<[string, Uint8Array, RegExp, SourceType?]>([
    ["a filter that is cut off", hex("2000 00 00 00000000 0600 00"), /f.*8-byte/],
    ["text taken for a filter", utf8("{}"), /f.*8-byte/, "raw"],
    ["a C array taken for a profile", utf8("{ 6, 0, 0, 0 }"), /found/, "docker"],
    ["a profile taken for assembler text", utf8("{}"), /no instruction/, "asm"],
    ["UTF-16", hex("fffe 7b00 7d00"), /UTF-16/],
    ["nothing", new Uint8Array(0), /empty/],
    ["too much", new Uint8Array(4 * 1024 * 1024 + 1), /4 MiB/],
  ])("%s is refused", ([, bytes, message, type]) => {
    let complaint: unknown;
    try {
      loadProfile(bytes, { file: "f", type });
    } catch (error) {
      complaint = error;
    }
    expect(complaint).toBeInstanceOf(SeccompSimError);
    expect((complaint as Error).message).toMatch(message);
  });
});
