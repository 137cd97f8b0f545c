// What can happen to a pool in a page.
import { compile, createPool, makeRecords, presetSource } from "./browser.js";
import { show, use } from "./use.js";

const filters = [compile(presetSource("docker-default")).filter.instructions];
const records = makeRecords("real", 300_000);
const code = (promise) =>
  promise.then(
    () => "answered",
    (error) => (error.name === "SeccompSimError" ? error.code : error.name),
  );
const make = (more) => createPool({ filters, endian: "little", workers: 2, ...more });

async function outcomes() {
  const { different } = await use({ workers: 2, count: 1_000_000 });
  const pool = make();
  const abort = new AbortController();
  const aborted = code(pool.evaluateBatch(records, undefined, { signal: abort.signal }));
  abort.abort();
  const after = await code(pool.evaluateBatch(records));
  const closing = code(pool.evaluateBatch(records));
  await pool.close();
  // A script that answers nothing, and fails a moment later.
  const dying = URL.createObjectURL(new Blob(["setTimeout(() => { throw Error('gone'); }, 50)"]));
  const died = await code(make({ createWorker: () => new Worker(dying) }).evaluateBatch(records));
  return { different, aborted: await aborted, after, closing: await closing, died };
}

show(outcomes());
