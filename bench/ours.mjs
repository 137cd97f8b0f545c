// Our evaluators as entries of a case: each is one line of the tables in results.md. Records lie in the
// evaluator's own memory where it lends some, so that what is measured is evaluation and not copying.
import { RECORD_SIZE } from "./mix.mjs";

const HEADER_SIZE = 8;
const ROW_SIZE = RECORD_SIZE - HEADER_SIZE;

const time = (work) => {
  const began = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - began);
};

/**
 * Every way that we have to evaluate `program`: `load(records)` is not measured, `run(count, times)`
 * answers nanoseconds and leaves the words of its last pass to `words(count)`.
 */
export function ourEvaluators({ createEvaluator }, program) {
  const open = (mode) => createEvaluator([program], "little", { mode });
  const plain = open("interpreter");
  if (!("allocate" in plain)) return [batchEntry("interpreter", plain)];
  const jit = open("jit");
  return [
    batchEntry("interpreter", plain),
    batchEntry("table-interpreter", open("table")),
    batchEntry("jit", jit),
    columnsEntry("jit-columns", open("jit")),
    oneByOneEntry("jit, a call each", jit),
  ];
}

function allocate(evaluator, count) {
  if ("allocate" in evaluator) return evaluator.allocate(count);
  return { count, records: new Uint8Array(count * RECORD_SIZE), results: new Uint32Array(count) };
}

/** What entries have in common; `put` writes records, `prepare` gives the pass that is timed. */
function entry(name, evaluator, put, prepare) {
  let batch;
  return {
    name,
    load(records) {
      const count = records.length / RECORD_SIZE;
      if (batch?.count !== count) batch = allocate(evaluator, count);
      put(batch, records);
      batch.results.fill(0);
    },
    run(count, times) {
      const pass = prepare(batch, count);
      return time(() => {
        for (let i = 0; i < times; i++) pass();
      });
    },
    words: (count) => batch.results.subarray(0, count),
    close: () => evaluator.close(),
  };
}

const putRecords = (batch, records) => batch.records.set(records);

function batchEntry(name, evaluator) {
  return entry(name, evaluator, putRecords, (batch, count) => {
    const records = batch.records.subarray(0, count * RECORD_SIZE);
    const results = batch.results.subarray(0, count);
    return () => evaluator.evaluateBatch(records, results);
  });
}

function columnsEntry(name, evaluator) {
  return entry(name, evaluator, putColumns, (batch, count) => {
    const { headers, rows } = batch.columns;
    const columns = {
      headers: headers.subarray(0, count * HEADER_SIZE),
      rows: rows.subarray(0, count * ROW_SIZE),
    };
    const results = batch.results.subarray(0, count);
    return () => evaluator.evaluateColumns(columns, results);
  });
}

function putColumns({ columns: { headers, rows } }, records) {
  for (let i = 0; i * RECORD_SIZE < records.length; i++) {
    const at = i * RECORD_SIZE;
    headers.set(records.subarray(at, at + HEADER_SIZE), i * HEADER_SIZE);
    rows.set(records.subarray(at + HEADER_SIZE, at + RECORD_SIZE), i * ROW_SIZE);
  }
}

/** A call of the library for each record. */
function oneByOneEntry(name, evaluator) {
  return entry(name, evaluator, putRecords, (batch, count) => {
    const results = batch.results.subarray(0, count);
    return () => {
      for (let i = 0; i < count; i++) results[i] = evaluator.evaluateAt(batch, i);
    };
  });
}
