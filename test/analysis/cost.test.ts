import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cost, measureCost } from "../../src/analysis/cost.js";
import { measureTimes } from "../../src/analysis/timing.js";
import { assemble } from "../../src/bpf/assemble.js";
import { decodeFilter } from "../../src/bpf/encode.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { runReference } from "../../src/evaluator/reference.js";
import { constantAllow } from "../../src/seccomp/constant-allow.js";
import { makeRecords } from "../../src/seccomp/mix.js";
import { decodeRecord, encodeRecord } from "../../src/seccomp/record.js";
import { accepted, eachRecord, endians, records, rows } from "../evaluator/arbitrary.js";

const NEW = { major: 6, minor: 1 };
const fixture = (name: string) =>
  decodeFilter(readFileSync(new URL(`../fixtures/${name}.bpf`, import.meta.url)), "little");

function costOf(name: string, calls: Uint8Array): Cost {
  const filters = [fixture(name)];
  return measureCost(filters, calls, "little", constantAllow(filters, "x86_64", NEW));
}

test("what is counted is as long as the traces of all filters together", () => {
  const stacks = fc.array(fc.oneof(accepted, rows), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(stacks, records, endians, (filters, bytes, endian) => {
      using evaluator = createEvaluator(filters, endian);
      const counts = new Uint32Array(bytes.length / 64);
      evaluator.countBatch(bytes, counts);
      const expected = eachRecord(bytes).map((one) => {
        const record = decodeRecord(one, endian);
        return filters.reduce((sum, _, i) => sum + evaluator.trace(record, i).steps.length, 0);
      });
      expect([...counts]).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("counting leaves the words of batches and traces alone", () => {
  const bytes = makeRecords("real", 5000);
  using evaluator = createEvaluator([fixture("docker-254-o1")], "little");
  const words = new Uint32Array(5000);
  evaluator.countBatch(bytes, new Uint32Array(5000));
  evaluator.evaluateBatch(bytes, words);
  const first = bytes.subarray(0, 64);
  expect(words[0]).toBe(runReference(fixture("docker-254-o1"), first, "little"));
  expect(() => evaluator.countBatch(bytes, new Uint32Array(4999))).toThrow(RangeError);
  expect(() => evaluator.countBatch(bytes.subarray(1), words)).toThrow(/bytes are left over/);
  const { steps } = evaluator.trace(decodeRecord(first, "little"));
  expect(steps.length).toBeGreaterThan(1);
});

describe.for([
  { mix: "real", chain: 78.97, tree: 13.47, size: 9.8 },
  { mix: "uniform", chain: 317.89, tree: 15.43, size: undefined },
] as const)("over a million records of the mix $mix", ({ mix, chain, tree, size }) => {
  const calls = makeRecords(mix, 1_000_000);

  test("Docker's default executes what is known", () => {
    expect(costOf("docker-254-o1", calls).executed.mean).toBeCloseTo(chain, 2);
    expect(costOf("docker-254-o2", calls).executed.mean).toBeCloseTo(tree, 2);
    if (size) expect(costOf("opt-size", calls).executed.mean).toBeCloseTo(size, 2);
  });
});

describe("by call", () => {
  // 3 instructions for read, 5 for write, 4 for others.
  const text = `ld [0]
    jeq #0, end, next
    next: jeq #1, more, end
    more: ld [16]
    end: ret #0x7fff0000`;
  const filters = [assemble(text).instructions];
  const call = (nr: number) => ({ nr, arch: 0xc000003e, ip: 0n, args: [] });
  const calls = [0, 0, 0, 1, 2, 0x40000000, 9999];

  test.for(["little", "big"] as const)("%s-endian records", (endian) => {
    const bytes = new Uint8Array(64 * calls.length);
    calls.forEach((nr, i) => {
      encodeRecord(call(nr), endian, bytes, 64 * i);
    });
    const bitmap = constantAllow(filters, "x86_64", NEW);
    const cost = measureCost(filters, bytes, endian, bitmap);
    expect(cost.executed).toEqual({ mean: 26 / 7, p50: 4, p99: 5 });
    expect(
      cost.calls.map(({ name, archName, count, mean, cached }) => [
        name,
        archName,
        count,
        mean,
        cached,
      ]),
    ).toEqual([
      ["write", "x86_64", 1, 5, false],
      ["open", "x86_64", 1, 4, true],
      ["#9999", "x86_64", 1, 4, false],
      ["read", "x32", 1, 4, false],
      ["read", "x86_64", 3, 3, true],
    ]);
    expect(cost.answered).toBeCloseTo(4 / 7);
    expect(cost.meanBehindBitmap).toBeCloseTo(13 / 7);
  });
});

test("all evaluators are timed in every round, with the clock that is there", async () => {
  let passes = 0;
  const times = await measureTimes(
    [[fixture("tiny10")], [fixture("big"), fixture("tiny10")]],
    makeRecords("uniform", 9000),
    "little",
    { rounds: 3, onPass: () => void passes++ },
  );
  expect(passes).toBe((3 + 2) * 8);
  expect(times.map((one) => Object.keys(one))).toEqual(
    new Array(2).fill(["interpreter", "table-interpreter", "jit", "jit-columns"]),
  );
  for (const { stream, hot } of times.flatMap((one) => Object.values(one))) {
    for (const { median, p10 } of [stream, hot]) {
      expect(p10).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(p10);
    }
  }
});

test("an error of the observer ends the measurement", async () => {
  const measuring = measureTimes([[fixture("tiny10")]], makeRecords("real", 10), "little", {
    rounds: 1000,
    onPass: () => {
      throw new Error("enough");
    },
  });
  await expect(measuring).rejects.toThrow("enough");
});
