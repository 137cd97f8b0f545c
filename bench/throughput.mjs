// Verdicts per second: all evaluators over the same records, in turns, and their verdicts compared.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checksum, makeRecords, RECORD_SIZE } from "./mix.mjs";
import { BASELINES, buildBaselines, startBaselines } from "./native.mjs";
import { ourEvaluators } from "./ours.mjs";
import { takeTurns } from "./rounds.mjs";

export const MIXES = ["real", "uniform"];
export const RECORDS = 1_000_000;
const HOT = 8192;
/** "stream" is one pass over all, "hot" the first few so often that it takes about as long. */
export const WALKS = {
  stream: { count: RECORDS, times: 1, before: emptyCaches },
  hot: { count: HOT, times: 100, before: () => {} },
};

/** More than caches hold. */
const ELSEWHERE = new Uint8Array(128 << 20).fill(1);

/**
 * Reads other memory, so that every pass finds none of its records in the caches: the native baselines
 * share theirs, and would find what the one before has left there.
 */
function emptyCaches() {
  let sum = 0;
  for (let at = 0; at < ELSEWHERE.length; at += 64) sum += ELSEWHERE[at];
  return sum;
}

/**
 * Nanoseconds per verdict of each round, for every filter, mix, walk and evaluator, and what programs
 * execute per call.
 *
 * @returns {Promise<{ filter, mix, walk, length, executed, samples: Record<string, number[]> }[]>}
 */
export async function measureThroughput({ modules, compiler, directory, rounds, filters }) {
  const mixes = MIXES.map((mix) => {
    const records = makeRecords(mix, RECORDS);
    const file = join(directory, `${mix}.raw`);
    writeFileSync(file, records);
    return { mix, records, file };
  });
  const results = [];
  for (const filter of filters) {
    const program = modules.decodeFilter(readFileSync(filter.file), "little");
    const native =
      compiler &&
      startBaselines(buildBaselines(compiler, directory, filter.name, program), filter.file);
    const ours = ourEvaluators(modules, program);
    try {
      for (const { mix, records, file } of mixes) {
        await native?.load(file);
        for (const one of ours) one.load(records);
        const verdicts = checkVerdicts(modules, program, records, ours, filter.checksums[mix]);
        const executed = executedBy(modules, program, records);
        for (const [walk, { count, times, before }] of Object.entries(WALKS)) {
          const expected = checksum(verdicts.subarray(0, count));
          const entries = [
            ...ours.map((one) => ourEntry(one, count, times)),
            ...(native ? BASELINES.map((name) => nativeEntry(native, name, count, times)) : []),
          ].map(({ name, run }) => ({
            name,
            run: async () => {
              before();
              const { nanoseconds, checksum: got } = await run();
              if (got !== undefined && got !== expected) {
                throw new Error(`${name} decides otherwise: ${filter.name}, ${mix}, ${walk}`);
              }
              return nanoseconds / count / times;
            },
          }));
          await takeTurns(entries, 2); // warm: code is optimised, pages are there
          const samples = await takeTurns(entries, rounds);
          results.push({
            filter: filter.name,
            mix,
            walk,
            length: program.length,
            executed,
            samples,
          });
        }
      }
    } finally {
      native?.close();
      for (const one of ours) one.close();
    }
  }
  for (const { file } of mixes) rmSync(file);
  return results;
}

/** What the program executes per call; needs no compiler, so that these figures are always there. */
function executedBy({ createEvaluator }, program, records) {
  const counts = new Uint32Array(RECORDS);
  const evaluator = createEvaluator([program], "little", { mode: "interpreter" });
  evaluator.countBatch(records, counts);
  evaluator.close();
  counts.sort();
  const at = (q) => counts[Math.floor(q * RECORDS)];
  return { mean: counts.reduce((sum, one) => sum + one, 0) / RECORDS, p50: at(0.5), p99: at(0.99) };
}

function ourEntry({ name, run, words }, count, times) {
  return {
    name,
    run: () => ({ nanoseconds: run(count, times), checksum: checksum(words(count)) }),
  };
}

/** C's names are told from ours by their beginning. */
export const nativeName = (name) => `C ${name}`;

function nativeEntry(native, name, count, times) {
  return { name: nativeName(name), run: () => native.run(name, count, times) };
}

/** All words, after every evaluator of ours has given the same and the reference has agreed in places. */
function checkVerdicts({ runReference }, program, records, ours, known) {
  const [first, ...others] = ours;
  first.run(RECORDS, 1);
  const words = first.words(RECORDS).slice();
  if (checksum(words) !== known) throw new Error("these are other verdicts than the known ones");
  for (let i = 0; i < RECORDS; i += 997) {
    const record = records.subarray(i * RECORD_SIZE, (i + 1) * RECORD_SIZE);
    if (runReference(program, record, "little") !== words[i]) {
      throw new Error(`the reference disagrees at record ${i}`);
    }
  }
  for (const { name, run, words: wordsOf } of others) {
    run(RECORDS, 1);
    const differs = wordsOf(RECORDS).findIndex((word, i) => word !== words[i]);
    if (differs !== -1) throw new Error(`${name} decides record ${differs} otherwise`);
  }
  return words;
}
