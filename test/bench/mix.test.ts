import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
// @ts-expect-error plain JavaScript, as the benchmark runs without a build
import { checksum, makeRecords } from "../../bench/mix.mjs";
import { decodeFilter } from "../../src/bpf/encode.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { runReference } from "../../src/evaluator/reference.js";

const FILTER = new URL("../fixtures/docker-254-o1.bpf", import.meta.url);
const program = decodeFilter(readFileSync(FILTER), "little");
const COUNT = 1_000_000;

// All figures are about these records and no others.
describe.for([
  { mix: "real", verdicts: "94abe09a" },
  { mix: "uniform", verdicts: "b4237d00" },
])("mix $mix", ({ mix, verdicts }) => {
  const records: Uint8Array = makeRecords(mix, COUNT);

  test("a million verdicts of Docker's default", () => {
    const evaluator = createEvaluator([program], "little");
    const words = new Uint32Array(COUNT);
    evaluator.evaluateBatch(records, words);
    evaluator.close();
    expect(checksum(words)).toBe(verdicts);
    for (let n = 0; n < COUNT; n += 4999) {
      const one = records.subarray(64 * n, 64 * n + 64);
      expect(words[n]).toBe(runReference(program, one, "little"));
    }
  });

  test("fewer records are the first of more", () => {
    const few: Uint8Array = makeRecords(mix, 1000);
    const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    expect(digest(few)).toBe(digest(records.subarray(0, 64_000)));
  });
});
