import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Endian, Instruction } from "../../src/bpf/instruction.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { runReference } from "../../src/evaluator/reference.js";
import { fromColumns, toColumns } from "../../src/seccomp/columns.js";
import { encodeRecord } from "../../src/seccomp/record.js";
import { combine } from "../../src/seccomp/stack.js";
import { Random } from "../oracle/random.js";
import { accepted, eachRecord, endians, rows } from "./arbitrary.js";
import { i, j, raw, record } from "./build.js";
import { randomFilter, randomRecords } from "./random-filter.js";

const MODES = ["interpreter", "table", "jit"] as const;
const ALLOW = 0x7fff0000;

/** What the reference says about a whole stack. */
function expected(
  filters: readonly (readonly Instruction[])[],
  bytes: Uint8Array,
  endian: Endian,
): number[] {
  return eachRecord(bytes).map(
    (one) => combine(filters.map((filter) => runReference(filter, one, endian)).reverse()).ret,
  );
}

/** The same, keeping the data of an ALLOW where all allow: the newest filter's word. */
function expectedRaw(
  filters: readonly (readonly Instruction[])[],
  bytes: Uint8Array,
  endian: Endian,
): number[] {
  return eachRecord(bytes).map((one) => {
    const words = filters.map((filter) => runReference(filter, one, endian)).reverse();
    const { ret, match } = combine(words);
    return match === undefined ? (words[0] as number) : ret;
  });
}

/** Every way to ask every mode, against the reference. */
function checkAll(
  filters: readonly (readonly Instruction[])[],
  bytes: Uint8Array,
  endian: Endian,
): void {
  const count = bytes.length / 64;
  const words = expected(filters, bytes, endian);
  const rawWords = expectedRaw(filters, bytes, endian);
  const columns = toColumns(bytes);
  for (const mode of MODES) {
    using evaluator = createEvaluator(filters, endian, { mode });
    expect(evaluator.mode).toBe(mode);
    const out = new Uint32Array(count);
    const answer = (run: () => void) => {
      out.fill(0xdeadbeef);
      run();
      return [...out];
    };
    const label = (what: string) => `${mode} ${what}`;
    expect(
      answer(() => evaluator.evaluateBatch(bytes, out)),
      label("records"),
    ).toEqual(words);
    expect(
      answer(() => evaluator.evaluateBatch(bytes, out, { raw: true })),
      label("raw"),
    ).toEqual(rawWords);
    expect(
      answer(() => evaluator.evaluateColumns(columns, out)),
      label("columns"),
    ).toEqual(words);
    filters.forEach((filter, index) => {
      expect(
        answer(() => evaluator.runBatch(index, bytes, out)),
        label(`filter ${index}`),
      ).toEqual(eachRecord(bytes).map((one) => runReference(filter, one, endian)));
    });
    const batch = evaluator.allocate(count);
    batch.records.set(bytes);
    evaluator.evaluateBatch(batch.records, batch.results);
    expect([...batch.results], label("in place")).toEqual(words);
    expect(evaluator.evaluateAt(batch, count - 1), label("one")).toBe(words.at(-1));
    toColumns(bytes, batch.columns);
    evaluator.evaluateColumns(batch.columns, batch.results);
    expect([...batch.results], label("columns in place")).toEqual(words);
    expect(evaluator.mode).toBe(mode);
  }
}

describe("every mode gives the reference's words", () => {
  const many = fc
    .array(fc.nat({ max: 0xffffffff }), { minLength: 1, maxLength: 8 })
    .map((seeds) => randomRecords(new Random(seeds[0] as number), 5 * seeds.length, []));

  test("for any accepted program", () => {
    fc.assert(
      fc.property(fc.oneof(accepted, rows), many, endians, (program, bytes, endian) => {
        checkAll([program], bytes, endian);
      }),
      { numRuns: 200 },
    );
  });

  test.for(["little", "big"] as const)("for filters as people write them, %s-endian", (endian) => {
    const random = new Random(endian === "little" ? 1 : 2);
    for (let round = 0; round < 80; round++) {
      const filter = randomFilter(random);
      checkAll([filter], randomRecords(random, 60, [filter], endian), endian);
    }
  });

  test("for stacks of them", () => {
    const random = new Random(3);
    for (let round = 0; round < 80; round++) {
      const filters = Array.from({ length: 1 + random.below(5) }, () => randomFilter(random));
      checkAll(filters, randomRecords(random, 40, filters), "little");
    }
  });

  test("for stacks of any programs", () => {
    fc.assert(
      fc.property(fc.array(accepted, { minLength: 2, maxLength: 5 }), many, (filters, bytes) => {
        checkAll(filters, bytes, "little");
      }),
      { numRuns: 80 },
    );
  });
});

describe("programs at the edges", () => {
  const random = new Random(7);
  const long = (body: Instruction[], last: Instruction): Instruction[] => [
    ...body,
    ...new Array<Instruction>(4096 - body.length - 1).fill(i("ld", 0)),
    last,
  ];
  const chain = (make: (n: number) => Instruction): Instruction[] => [
    i("ld", 0),
    ...Array.from({ length: 4093 }, (_, n) => make(n)),
    i("ret", 1),
    i("ret", 2),
  ];
  const rest = (n: number) => 4093 - n;
  const table: [name: string, filter: Instruction[]][] = [
    ["one instruction", [i("ret", 0x00050007)]],
    ["one instruction that returns A", [i("retA")]],
    ["4096 loads", long([], i("retA"))],
    ["reads the instruction pointer", [i("ld", 8), j("jgt", 5, 0, 1), i("ret", 1), i("retA")]],
    ["returns the number", [i("ld", 0), i("retA")]],
    ["returns the token", [i("ld", 4), i("retA")]],
    ["calculates with the number", [i("ld", 0), i("and", 0xff), i("mul", 3), i("retA")]],
    [
      "divides by an argument that may be zero",
      [i("ld", 16), i("tax"), i("ld", 0), i("divX"), i("retA")],
    ],
    [
      "shifts by an argument",
      [
        i("ld", 16),
        i("tax"),
        i("ld", 0),
        i("lshX"),
        i("st", 3),
        i("ldMem", 3),
        i("rshX"),
        i("retA"),
      ],
    ],
    [
      "an equality for each of 4093 numbers",
      chain((n) => j("jeq", n * 3, Math.min(rest(n), 200), 0)),
    ],
    ["4093 thresholds", chain((n) => j("jgt", n * 5, 0, Math.min(rest(n), 255)))],
    ["4093 bit tests", chain((n) => j("jset", 1 << (n % 32), 0, Math.min(rest(n), 255)))],
    ["jumps over thousands", [i("ld", 0), i("ja", 4000), ...long([], i("retA")).slice(95)]],
    [
      "x32's bit as a bit",
      [
        i("ld", 0),
        j("jset", 0x40000000, 0, 1),
        i("ret", 0),
        j("jgt", 400, 0, 1),
        i("ret", 1),
        i("ret", 2),
      ],
    ],
    ["the last number", [i("ld", 0), j("jeq", 0xffffffff, 0, 1), i("ret", 1), i("ret", 2)]],
    [
      "words that leave no bit free",
      [
        i("ld", 0),
        ...[0, 1, 2, 3, 4, 5].flatMap((n) => [j("jeq", n, 0, 1), i("ret", 0xffffffff - n)]),
        i("ret", 0xfffff000),
      ],
    ],
    [
      "memory that outlives a load of an argument",
      [
        i("ld", 0),
        i("st", 5),
        i("ld", 16),
        j("jgt", 9, 0, 2),
        i("ldMem", 5),
        i("retA"),
        i("ret", 4),
      ],
    ],
    [
      "a test of every token",
      [
        i("ld", 4),
        ...Array.from({ length: 60 }, (_, n) => j("jeq", 0xc0000000 + n, 60 - n, 0)),
        i("ret", 1),
        i("ld", 0),
        i("retA"),
      ],
    ],
  ];

  test.for(table)("%s", ([, filter]) => {
    checkAll([filter], randomRecords(random, 200, [filter]), "little");
  });

  test("seven filters of 4096 different instructions", () => {
    const filters = Array.from({ length: 7 }, (_, f) =>
      chain((n) => j(n % 2 === 0 ? "jeq" : "jgt", n * 7 + f, Math.min(rest(n), 100), 0)),
    );
    checkAll(filters, randomRecords(random, 50, filters), "little");
  });

  test("more ways to go on than there are numbers for", () => {
    const filters = [0, 1, 2, 3].map((f) => [
      i("ld", 0),
      ...Array.from({ length: 1300 }, (_, n) => [
        j("jeq", 1300 * f + n, 0, 2),
        i("ld", 16 + 4 * (n % 12)),
        i("retA"),
      ]).flat(),
      i("ret", 0x7ff00000 + f),
    ]);
    const bytes = randomRecords(random, 120, filters);
    const view = new DataView(bytes.buffer);
    for (let n = 0; n < 100; n++) view.setUint32(64 * n, 52 * n, true);
    checkAll(filters, bytes, "little");
  });

  test("two thousand small filters", () => {
    const filters = Array.from({ length: 2000 }, (_, n) => [i("ld", 16), i("retA"), i("ret", n)]);
    const bytes = randomRecords(random, 6, []);
    const words = expected(filters, bytes, "little");
    for (const mode of MODES) {
      using evaluator = createEvaluator(filters, "little", { mode });
      const out = new Uint32Array(6);
      evaluator.evaluateBatch(bytes, out);
      expect([...out]).toEqual(words);
    }
  });

  test("no records", () => {
    for (const mode of MODES) {
      using evaluator = createEvaluator([[i("ret", 1)]], "little", { mode });
      evaluator.evaluateBatch(new Uint8Array(0), new Uint32Array(0));
      evaluator.evaluateColumns(toColumns(new Uint8Array(0)), new Uint32Array(0));
      expect(evaluator.allocate(0).records.length).toBe(0);
    }
  });

  test("no filters", () => {
    for (const mode of MODES) {
      using evaluator = createEvaluator([], "little", { mode });
      const out = new Uint32Array(1);
      evaluator.evaluateBatch(new Uint8Array(64), out);
      expect([evaluator.mode, ...out]).toEqual(["interpreter", 0x80000000]);
    }
  });
});

describe("the choice", () => {
  const filter = [i("ld", 0), j("jeq", 7, 0, 1), i("ret", 0x00050001), i("ret", ALLOW)];
  const byArgument = [i("ld", 16), i("retA")];
  const batch = (count: number) => new Uint8Array(count * 64);

  test("small jobs are interpreted, a large one is compiled", () => {
    using evaluator = createEvaluator([filter], "little");
    evaluator.evaluateBatch(batch(100), new Uint32Array(100));
    expect(evaluator.mode).toBe("interpreter");
    evaluator.evaluateBatch(batch(10_000), new Uint32Array(10_000));
    expect(evaluator.mode).toBe("jit");
    evaluator.evaluateBatch(batch(1), new Uint32Array(1));
    expect(evaluator.mode).toBe("jit");
  });

  test("many small jobs are a large one", () => {
    using evaluator = createEvaluator([byArgument], "little");
    for (let n = 0; n < 100; n++) evaluator.evaluateBatch(batch(100), new Uint32Array(100));
    expect(evaluator.mode).toBe("jit");
  });

  test("answers of different filters do not mix", () => {
    // Each tests an argument of many calls in the same way, against other numbers.
    const filters = [3, 5].map((factor) => [
      i("ld", 0),
      ...Array.from({ length: 40 }, (_, n) => [
        j("jeq", n, 0, 4),
        i("ld", 16),
        j("jgt", n * factor, 0, 1),
        i("ret", 0x00050000 + n * factor),
        i("ret", 0x00030000 + n),
      ]).flat(),
      i("ret", ALLOW),
    ]);
    const bytes = randomRecords(new Random(5), 200, filters);
    const view = new DataView(bytes.buffer);
    for (let n = 0; n < 200; n++) view.setUint32(64 * n, n % 50, true);
    using evaluator = createEvaluator(filters, "little", { mode: "jit" });
    const out = new Uint32Array(200);
    for (const round of [0, 1, 0, 1, 1, 0]) {
      evaluator.runBatch(round, bytes, out);
      const filter = filters[round] as Instruction[];
      expect([...out]).toEqual(eachRecord(bytes).map((one) => runReference(filter, one, "little")));
    }
    checkAll(filters, bytes, "little");
    checkAll(filters.slice(1), bytes, "big");
  });

  test("single calls work before and after", () => {
    using evaluator = createEvaluator([filter], "big");
    const call = record({ nr: 7 });
    expect(evaluator.evaluate(call)).toBe(0x00050001);
    evaluator.evaluateBatch(batch(10_000), new Uint32Array(10_000));
    expect(evaluator.evaluate(call)).toBe(0x00050001);
    expect(evaluator.decide(call)).toMatchObject({ ret: 0x00050001, match: 0 });
    expect(evaluator.trace(call).steps.map(({ pc }) => pc)).toEqual([0, 1, 2]);
  });

  test("where compiling is forbidden, tables do", () => {
    const { Module } = WebAssembly;
    // The machine itself is compiled by now, as where a policy comes later.
    createEvaluator([filter], "little").close();
    try {
      WebAssembly.Module = class {
        constructor() {
          throw new WebAssembly.CompileError("refused by the content-security policy");
        }
      } as unknown as typeof Module;
      using evaluator = createEvaluator([byArgument], "little", { mode: "jit" });
      expect(evaluator.mode).toBe("table");
      const bytes = batch(3);
      bytes[64 + 16] = 5;
      const out = new Uint32Array(3);
      evaluator.evaluateBatch(bytes, out);
      expect([...out]).toEqual([0, 5, 0]);
    } finally {
      WebAssembly.Module = Module;
    }
  });
});

describe("batches in the evaluator's memory", () => {
  const filter = [i("ld", 0), j("jgt", 99, 0, 2), i("ld", 24), i("retA"), i("ret", ALLOW)];

  // Up to a group, groups and what is left, a chunk and what is left.
  test.for([1, 2, 7, 8, 9, 15, 16, 17, 63, 8191, 8192, 8203])(
    "%i, by row and by column",
    (count) => {
      using evaluator = createEvaluator([filter], "little", { mode: "jit" });
      const batch = evaluator.allocate(count);
      const { records } = batch;
      for (let n = 0; n < count; n++) {
        encodeRecord(record({ nr: n % 200, args: [0n, BigInt(n)] }), "little", records, 64 * n);
      }
      const copy = records.slice();
      const words = Array.from({ length: count }, (_, n) => (n % 200 > 99 ? n : ALLOW));
      evaluator.evaluateBatch(records, batch.results);
      expect([...batch.results]).toEqual(words);
      toColumns(copy, batch.columns);
      batch.results.fill(0);
      evaluator.evaluateColumns(batch.columns, batch.results);
      expect([...batch.results]).toEqual(words);
      expect(fromColumns(batch.columns)).toEqual(copy);
    },
  );

  test("views outlive compiling", () => {
    using evaluator = createEvaluator([filter], "little");
    const { records, results } = evaluator.allocate(10_000);
    evaluator.evaluateBatch(records, results);
    expect([evaluator.mode, results[0]]).toEqual(["jit", ALLOW]);
  });

  test("are refused where there is no memory, and beyond their end", () => {
    using evaluator = createEvaluator([filter], "little");
    for (const count of [2 ** 26, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(() => evaluator.allocate(count)).toThrow(RangeError);
    }
    expect(() => evaluator.allocate(-1)).toThrow(RangeError);
    const batch = evaluator.allocate(2);
    expect(() => evaluator.evaluateAt(batch, 2)).toThrow(RangeError);
  });

  test("are refused by other evaluators", () => {
    using one = createEvaluator([filter], "little");
    using other = createEvaluator([filter], "little");
    expect(() => one.evaluateAt(other.allocate(2), 0)).toThrow(RangeError);
  });

  test("go with the evaluator", () => {
    const evaluator = createEvaluator([filter], "little");
    const batch = evaluator.allocate(2);
    evaluator.close();
    expect(() => batch.records).toThrow("the evaluator is closed");
    expect(() => evaluator.evaluateAt(batch, 0)).toThrow("the evaluator is closed");
  });
});

test("columns that do not fit each other are refused", () => {
  using evaluator = createEvaluator([[raw(0x06)]], "little");
  const columns = { headers: new Uint8Array(16), rows: new Uint8Array(56) };
  expect(() => evaluator.evaluateColumns(columns, new Uint32Array(2))).toThrow(
    expect.objectContaining({ code: "truncated-record" }),
  );
});
