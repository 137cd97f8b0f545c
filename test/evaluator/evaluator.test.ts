import { describe, expect, test, vi } from "vitest";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { encodeRecord } from "../../src/seccomp/record.js";
import { i, j, record } from "./build.js";

const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const LOG = 0x7ffc0000;
/** nr == 7 ? ERRNO(nr) : ALLOW with data. */
const refuseSeven = [i("ld", 0), j("jeq", 7, 0, 1), i("ret", ERRNO + 7), i("ret", ALLOW + 0x1234)];

describe("one filter", () => {
  test("drops the data of ALLOW as the kernel does, keeps it when asked for the raw word", () => {
    const evaluator = createEvaluator([refuseSeven], "little");
    const bytes = new Uint8Array(128);
    encodeRecord(record({ nr: 7 }), "little", bytes);
    encodeRecord(record({ nr: 8 }), "little", bytes, 64);
    const out = new Uint32Array(2);
    evaluator.evaluateBatch(bytes, out);
    expect([...out]).toEqual([ERRNO + 7, ALLOW]);
    evaluator.evaluateBatch(bytes, out, { raw: true });
    expect([...out]).toEqual([ERRNO + 7, ALLOW + 0x1234]);
    expect(evaluator.evaluate(record({ nr: 8 }))).toBe(ALLOW);
  });

  test.for(["little", "big"] as const)("batches of any size, %s-endian", (endian) => {
    // Longer than what the machine takes at once, and not a multiple of it.
    const count = 5001;
    const bytes = new Uint8Array(count * 64);
    for (let n = 0; n < count; n++) encodeRecord(record({ nr: n % 9 }), endian, bytes, n * 64);
    const untouched = bytes.slice();
    const out = new Uint32Array(count + 1).fill(42);
    const evaluator = createEvaluator([refuseSeven], endian);
    evaluator.evaluateBatch(bytes, out);
    const expected = Array.from({ length: count }, (_, n) => (n % 9 === 7 ? ERRNO + 7 : ALLOW));
    expect([...out]).toEqual([...expected, 42]);
    expect(Buffer.compare(bytes, untouched)).toBe(0);
    expect(() => evaluator.evaluateBatch(new Uint8Array(0), new Uint32Array(0))).not.toThrow();
  });
});

describe("a stack", () => {
  const evaluator = createEvaluator([[i("ret", LOG)], refuseSeven, [i("ret", ALLOW)]], "little");

  test("says which filter decided and what each returned", () => {
    expect(evaluator.decide(record({ nr: 7 }))).toEqual({
      ret: ERRNO + 7,
      match: 1,
      words: [LOG, ERRNO + 7, ALLOW],
    });
    expect(evaluator.decide(record({ nr: 8 }))).toMatchObject({ ret: LOG, match: 0 });
  });

  test("traces the filter that is asked for, the newest by default", () => {
    expect(evaluator.trace(record({ nr: 7 }), 1).ret).toBe(ERRNO + 7);
    expect(evaluator.trace(record({ nr: 7 }), 0)).toEqual({
      steps: [{ pc: 0, A: 0, X: 0 }],
      ret: LOG,
    });
    expect(evaluator.trace(record({ nr: 7 })).ret).toBe(ALLOW);
  });

  test.for([-1, 3, 0.5, Number.NaN])("has no filter %d", (index) => {
    expect(() => evaluator.trace(record(), index)).toThrow(RangeError);
    expect(() => evaluator.runBatch(index, new Uint8Array(64), new Uint32Array(1))).toThrow(
      RangeError,
    );
  });

  test("without filters kills, as filter mode without a filter does", () => {
    const empty = createEvaluator([], "little");
    expect(empty.evaluate(record())).toBe(0x80000000);
    expect(empty.decide(record())).toEqual({ ret: 0x80000000, match: undefined, words: [] });
  });
});

describe("mistakes", () => {
  test("a cut-off record", () => {
    const evaluator = createEvaluator([refuseSeven], "little");
    expect(() => evaluator.evaluateBatch(new Uint8Array(65), new Uint32Array(2))).toThrow(
      expect.objectContaining({
        code: "truncated-record",
        message: "records take 64 bytes each, and 1 bytes are left over",
      }),
    );
  });

  test("too little room for the results", () => {
    const evaluator = createEvaluator([refuseSeven], "little");
    expect(() => evaluator.evaluateBatch(new Uint8Array(128), new Uint32Array(1))).toThrow(
      RangeError,
    );
  });

  test("a closed evaluator", () => {
    const evaluator = createEvaluator([refuseSeven], "little");
    evaluator.close();
    evaluator.close();
    expect(() => evaluator.evaluate(record())).toThrow("the evaluator is closed");
  });

  test.for<[string, object]>([
    ["endian must be one of little, big, not LE", { endian: "LE" }],
    ["endian must be one of little, big, not undefined", { endian: undefined }],
    ["mode must be one of auto, interpreter, table, jit, not JIT", { mode: "JIT" }],
  ])("%s", ([message, words]) => {
    const { endian, mode } = { endian: "little", mode: "auto", ...words } as never;
    expect(() => createEvaluator([refuseSeven], endian, { mode })).toThrow(new RangeError(message));
  });

  test("a place without WebAssembly", async () => {
    vi.resetModules();
    const fresh = await import("../../src/evaluator/evaluator.js");
    vi.stubGlobal("WebAssembly", undefined);
    try {
      expect(() => fresh.createEvaluator([refuseSeven], "little")).toThrow(
        expect.objectContaining({
          code: "wasm-unavailable",
          message: "there is no WebAssembly here",
        }),
      );
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("a refused filter is named by its place in the stack", () => {
    expect(() => createEvaluator([refuseSeven, [i("ld", 1), i("ret")]], "little")).toThrow(
      expect.objectContaining({
        code: "filter-rejected",
        message: expect.stringContaining("filter 1 (0 = oldest)"),
      }),
    );
  });
});

test("evaluators do not share state", () => {
  const first = createEvaluator([[i("ret", 1)]], "little");
  const second = createEvaluator([[i("ret", 2)]], "little");
  expect([first.evaluate(record()), second.evaluate(record())]).toEqual([1, 2]);
  first.close();
  expect(second.evaluate(record())).toBe(2);
});
