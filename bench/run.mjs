// `npm run bench`: our evaluators against native ones, as ratios of one run, since absolute times wander
// on shared machines. Writes results.md; with names of filters (`npm run bench -- docker-254-o1`) only
// prints their throughput. BENCH_ROUNDS sets the number of rounds.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { generatedFilters } from "./codegen.mjs";
import { measureCompile } from "./compile.mjs";
import { measureCommand } from "./eval.mjs";
import { FILTERS } from "./filters.mjs";
import { bundleModules } from "./modules.mjs";
import { findCompiler } from "./native.mjs";
import { report, throughputText } from "./report.mjs";
import { measureThroughput, RECORDS, WALKS } from "./throughput.mjs";
import { measureWorkers } from "./workers.mjs";

const RESULTS = fileURLToPath(new URL("results.md", import.meta.url));
const rounds = Number(process.env.BENCH_ROUNDS ?? 11);
const asked = process.argv.slice(2);

async function run(directory) {
  const bundle = await bundleModules(directory);
  const modules = await import(pathToFileURL(bundle).href);
  const compiler = findCompiler();
  if (!compiler) console.error("no C compiler: the native baselines are left out");
  const setup = { modules, bundle, compiler, directory, rounds };
  const all = [...FILTERS, ...generatedFilters(directory, FILTERS[0].checksums)];
  const filters = asked.length === 0 ? all : all.filter(({ name }) => asked.includes(name));
  if (filters.length < asked.length) {
    throw new Error(`known filters: ${all.map(({ name }) => name).join(", ")}`);
  }
  const common = { walks: WALKS, records: RECORDS };
  if (asked.length > 0) {
    const throughput = await measureThroughput({ ...setup, filters });
    return throughputText({ ...common, throughput });
  }
  const text = report({
    ...common,
    compiler,
    rounds,
    compiled: await measureCompile(setup),
    throughput: await measureThroughput({ ...setup, filters }),
    workers: await measureWorkers(setup),
    command: await measureCommand(setup),
  });
  writeFileSync(RESULTS, text);
  return text;
}

const directory = mkdtempSync(join(tmpdir(), "seccomp-sim-bench-"));
// On every way out: records of gigabytes lie there. A signal by itself would end the process without.
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
console.log(await run(directory));
