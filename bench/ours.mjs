// Our evaluators as entries of a case: each is one line of the tables in results.md.
import { RECORD_SIZE } from "./mix.mjs";

/**
 * Every way that we have to evaluate `program`. Records are put where the evaluator wants them by
 * `load`, which is not measured; `run` answers nanoseconds and leaves the words of its last pass in
 * `words()`.
 */
export function ourEvaluators({ createEvaluator }, program) {
  const modes = hasModes(createEvaluator)
    ? { interpreter: "interpreter", "table-interpreter": "table", jit: "jit" }
    : { interpreter: undefined };
  const entries = Object.entries(modes).map(([name, mode]) =>
    batchEntry(name, createEvaluator([program], "little", mode && { mode })),
  );
  const [last] = entries.slice(-1);
  return [...entries, oneCallEntry(`${last.name}, a call each`, last)];
}

/** Evaluators of which one can choose the kind have memory of their own to lend. */
function hasModes(createEvaluator) {
  const evaluator = createEvaluator([[{ code: 0x06, jt: 0, jf: 0, k: 0 }]], "little");
  evaluator.close();
  return "allocate" in evaluator;
}

function place(evaluator, count) {
  if ("allocate" in evaluator) return evaluator.allocate(count);
  return { records: new Uint8Array(count * RECORD_SIZE), results: new Uint32Array(count) };
}

function batchEntry(name, evaluator) {
  let records;
  let results;
  return {
    name,
    load(bytes) {
      const count = bytes.length / RECORD_SIZE;
      if (results?.length !== count) ({ records, results } = place(evaluator, count));
      records.set(bytes);
      results.fill(0);
    },
    run(count, times) {
      const some = records.subarray(0, count * RECORD_SIZE);
      const out = results.subarray(0, count);
      const began = process.hrtime.bigint();
      for (let pass = 0; pass < times; pass++) evaluator.evaluateBatch(some, out);
      return Number(process.hrtime.bigint() - began);
    },
    words: (count) => results.subarray(0, count),
    views: () => ({ records, results }),
    evaluator,
    close: () => evaluator.close(),
  };
}

/** One call of the library for each record of the first few, which lie in memory beforehand. */
const ONE_BY_ONE = 8192;

function oneCallEntry(name, { evaluator, views }) {
  let pairs = [];
  return {
    name,
    load() {
      const { records, results } = views();
      pairs = Array.from({ length: ONE_BY_ONE }, (_, i) => ({
        record: records.subarray(i * RECORD_SIZE, (i + 1) * RECORD_SIZE),
        result: results.subarray(i, i + 1),
      }));
    },
    /** Only the hot records: a million views of one record each would measure the views. */
    most: ONE_BY_ONE,
    run(count, times) {
      const some = pairs.slice(0, count);
      const began = process.hrtime.bigint();
      for (let pass = 0; pass < times; pass++) {
        for (const { record, result } of some) evaluator.evaluateBatch(record, result);
      }
      return Number(process.hrtime.bigint() - began);
    },
    words: (count) => views().results.subarray(0, count),
    close() {},
  };
}
