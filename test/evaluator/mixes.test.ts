import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
// @ts-expect-error plain JavaScript, as the benchmark runs without a build
import { checksum, makeRecords } from "../../bench/mix.mjs";
import { decodeFilter } from "../../src/bpf/encode.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { toColumns } from "../../src/seccomp/columns.js";

const COUNT = 1_000_000;
const FILTERS = [
  { name: "docker-254-o1", real: "94abe09a", uniform: "b4237d00" },
  { name: "docker-254-o2", real: "94abe09a", uniform: "b4237d00" },
  { name: "opt-size", real: "94abe09a", uniform: "b4237d00" },
  { name: "tiny10", real: "7994827b", uniform: "24280979" },
  { name: "big", real: "a22af281", uniform: "6d571981" },
] as const;

// The plain interpreter's words, over all of both mixes.
describe.for(["real", "uniform"] as const)("mix %s", (mix) => {
  const records: Uint8Array = makeRecords(mix, COUNT);
  const columns = toColumns(records);
  const words = new Uint32Array(COUNT);

  test.for(FILTERS)("$name", ({ name, [mix]: verdicts }) => {
    const bytes = readFileSync(new URL(`../fixtures/${name}.bpf`, import.meta.url));
    const filter = decodeFilter(bytes, "little");
    for (const mode of ["interpreter", "table", "jit"] as const) {
      using evaluator = createEvaluator([filter], "little", { mode });
      evaluator.evaluateBatch(records, words);
      expect(checksum(words), mode).toBe(verdicts);
      if (mode === "interpreter") continue;
      words.fill(0);
      evaluator.evaluateColumns(columns, words);
      expect(checksum(words), `${mode}, columns`).toBe(verdicts);
    }
  });
});
