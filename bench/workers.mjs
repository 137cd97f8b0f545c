// What further threads bring: the pool over the same records with one worker and with two.
import { readFileSync } from "node:fs";
import { FILTERS } from "./filters.mjs";
import { checksum, makeRecords } from "./mix.mjs";
import { takeTurns } from "./rounds.mjs";

const RECORDS = 1_000_000;
/** One job holds the million so many times, or handing out work would count for too much. */
const TIMES = 16;

/** Nanoseconds per job by number of workers, or `undefined` where there is no pool. */
export async function measureWorkers({ modules: { createPool, decodeFilter }, rounds }) {
  if (createPool === undefined) return undefined;
  const [{ file, checksums }] = FILTERS;
  const filters = [decodeFilter(readFileSync(file), "little")];
  const some = makeRecords("real", RECORDS);
  const records = new Uint8Array(new SharedArrayBuffer(some.length * TIMES));
  for (let i = 0; i < TIMES; i++) records.set(some, i * some.length);
  const words = new Uint32Array(new SharedArrayBuffer(4 * RECORDS * TIMES));
  const pools = [1, 2].map((workers) => createPool({ filters, endian: "little", workers }));
  const entries = pools.map((pool, i) => ({
    name: ["one", "two"][i],
    run: async () => {
      words.fill(0);
      const began = process.hrtime.bigint();
      await pool.evaluateBatch(records, words);
      const nanoseconds = Number(process.hrtime.bigint() - began);
      for (let at = 0; at < words.length; at += RECORDS) {
        if (checksum(words.subarray(at, at + RECORDS)) !== checksums.real) {
          throw new Error(`${pool.workers} workers decide otherwise from record ${at} on`);
        }
      }
      return nanoseconds;
    },
  }));
  try {
    await takeTurns(entries, 2); // warm: workers are there and have compiled
    return await takeTurns(entries, rounds);
  } finally {
    for (const pool of pools) await pool.close();
  }
}
