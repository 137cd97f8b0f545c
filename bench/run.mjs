// `npm run bench`: our evaluators against native ones, as ratios of one run, since absolute times wander
// on shared machines. Writes results.md; BENCH_ROUNDS sets the number of rounds.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { measureCompile } from "./compile.mjs";
import { measureCommand } from "./eval.mjs";
import { bundleModules } from "./modules.mjs";
import { findCompiler } from "./native.mjs";
import { report } from "./report.mjs";
import { measureThroughput, RECORDS, WALKS } from "./throughput.mjs";

const RESULTS = fileURLToPath(new URL("results.md", import.meta.url));
const rounds = Number(process.env.BENCH_ROUNDS ?? 11);

const directory = mkdtempSync(join(tmpdir(), "seccomp-sim-bench-"));
try {
  const bundle = await bundleModules(directory);
  const modules = await import(pathToFileURL(bundle).href);
  const compiler = findCompiler();
  if (!compiler) console.error("no C compiler: the native baselines are left out");
  const setup = { modules, bundle, compiler, directory, rounds };
  const compiled = await measureCompile(setup);
  const throughput = await measureThroughput(setup);
  const command = await measureCommand(setup);
  const text = report({
    compiler,
    rounds,
    throughput,
    compiled,
    command,
    walks: WALKS,
    records: RECORDS,
  });
  writeFileSync(RESULTS, text);
  console.log(text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
