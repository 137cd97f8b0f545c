// What a page does with the library: a verdict, and records on workers.
import {
  compile,
  createEvaluator,
  createPool,
  createSimulator,
  formatVerdict,
  makeRecords,
  presetSource,
} from "seccomp-sim";

export async function use({ count = 100_000, ...options } = {}) {
  const simulator = createSimulator(presetSource("docker-default"));
  const verdict = formatVerdict(simulator.evaluate("mount").verdict);
  const filters = [compile(presetSource("docker-default")).filter.instructions];
  const records = makeRecords("uniform", count);
  const alone = new Uint32Array(count);
  createEvaluator(filters, "little").evaluateBatch(records, alone);
  const pool = createPool({ filters, endian: "little", ...options });
  const { workers } = pool;
  const words = await pool.evaluateBatch(records);
  const settled = pool.workers;
  await pool.close();
  const different = words.findIndex((word, n) => word !== alone[n]);
  return { verdict, workers: [workers, settled], answered: words.length, different };
}

/** Writes down what became of it, or which error it was. */
export async function show(work) {
  const output = document.createElement("output");
  try {
    output.textContent = JSON.stringify(await work);
  } catch ({ name, code, message, hint }) {
    output.textContent = JSON.stringify({ name, code, message, hint });
  }
  document.body.append(output);
}
