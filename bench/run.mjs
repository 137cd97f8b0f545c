// `npm run bench`: the interpreter against a C switch interpreter, as ratios of one run, since absolute
// times wander on shared machines. Writes bench/results.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildWasm } from "../scripts/build-wasm.mjs";
import { measureCompile } from "./compile.mjs";
import { checksum, makeRecords } from "./mix.mjs";
import { compileBaseline, startBaseline } from "./native.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const FILTER = path("../test/fixtures/docker-254-o1.bpf");
const RESULTS = path("results.md");

const RECORDS = 1_000_000;
const HOT = 8192;
/** Passes over the hot records that take about as long as one over all. */
const HOT_PASSES = 100;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 11);
/** Over all verdicts of Docker's default; a run that gives others measures something else. */
const CHECKSUMS = { real: "94abe09a", uniform: "b4237d00" };

async function loadModules(directory) {
  const { build } = await import("esbuild");
  await buildWasm({ ifStale: true });
  const outfile = join(directory, "evaluator.mjs");
  await build({
    stdin: {
      contents:
        'export { createEvaluator } from "./src/evaluator/evaluator.js";\n' +
        'export { runReference } from "./src/evaluator/reference.js";\n' +
        'export { decodeFilter } from "./src/bpf/encode.js";\n' +
        'export { presetText } from "./src/profile/presets/index.js";\n' +
        'export { readDockerProfile } from "./src/profile/document.js";\n' +
        'export { resolveProfile } from "./src/profile/resolve.js";\n' +
        'export { parseTarget } from "./src/profile/target-options.js";\n' +
        'export { compilePolicy } from "./src/runtime/compile.js";\n' +
        'import { ARCHITECTURES } from "./src/abi/architecture.js";\n' +
        "export const tokenOf = (name) => ARCHITECTURES[name].token;\n",
      resolveDir: path(".."),
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    platform: "neutral",
    outfile,
    logLevel: "warning",
  });
  return import(outfile);
}

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
const median = (values) => quantile(values, 0.5);

async function measure(evaluator, baseline, mix, records, words, hot) {
  const count = hot ? HOT : RECORDS;
  const times = hot ? HOT_PASSES : 1;
  const bytes = records.subarray(0, count * 64);
  const out = words.subarray(0, count);
  const ours = () => {
    const began = process.hrtime.bigint();
    for (let pass = 0; pass < times; pass++) evaluator.evaluateBatch(bytes, out);
    return Number(process.hrtime.bigint() - began);
  };
  const samples = { ours: [], c: [], ratio: [] };
  ours();
  for (let round = 0; round < ROUNDS; round++) {
    // Who goes first alternates, so that a slow moment does not always meet the same one.
    const first = round % 2 === 0 ? ours() : undefined;
    const c = baseline && (await baseline.run(count, times));
    const nanoseconds = first ?? ours();
    samples.ours.push(nanoseconds / count / times);
    if (!c) continue;
    if (c.checksum !== checksum(out)) throw new Error(`${mix}: the C interpreter disagrees`);
    samples.c.push(c.nanoseconds / count / times);
    samples.ratio.push(nanoseconds / c.nanoseconds);
  }
  return samples;
}

const directory = mkdtempSync(join(tmpdir(), "seccomp-sim-bench-"));
let baseline;
try {
  const modules = await loadModules(directory);
  const { createEvaluator, decodeFilter, runReference } = modules;
  const compiled = measureCompile(directory, modules, ROUNDS);
  const native = compileBaseline(directory);
  if (!native) console.error("no C compiler: the comparison with the C interpreter is left out");
  baseline = native && startBaseline(native.binary, FILTER);
  const program = decodeFilter(readFileSync(FILTER), "little");
  const evaluator = createEvaluator([program], "little");
  const rows = [];
  for (const mix of ["real", "uniform"]) {
    const records = makeRecords(mix, RECORDS);
    const words = new Uint32Array(RECORDS);
    evaluator.evaluateBatch(records, words);
    if (checksum(words) !== CHECKSUMS[mix]) throw new Error(`${mix}: wrong verdicts`);
    for (let i = 0; i < RECORDS; i += 997) {
      const expected = runReference(program, records.subarray(64 * i, 64 * i + 64), "little");
      if (expected !== words[i]) throw new Error(`${mix}: the reference disagrees at record ${i}`);
    }
    const file = join(directory, `${mix}.raw`);
    writeFileSync(file, records);
    await baseline?.load(file);
    for (const hot of [false, true]) {
      const samples = await measure(evaluator, baseline, mix, records, words, hot);
      const cell = (values, q) => (values.length === 0 ? "–" : quantile(values, q).toFixed(1));
      const ratio = samples.ratio.length === 0 ? "–" : median(samples.ratio).toFixed(2);
      const low = samples.ratio.length === 0 ? "–" : quantile(samples.ratio, 0.1).toFixed(2);
      rows.push(
        `| ${mix} | ${hot ? "hot" : "stream"} | ${cell(samples.ours, 0.5)} | ${cell(samples.ours, 0.1)} | ` +
          `${cell(samples.c, 0.5)} | ${cell(samples.c, 0.1)} | **${ratio}** | ${low} |`,
      );
    }
  }
  const report = `# Results

Made by \`npm run bench\`: Node ${process.version} on ${process.platform} ${process.arch}, ${native ? native.compiler : "no C compiler found, so without the comparison"}.
Docker's default profile as libseccomp 2.5.4 compiles it (${program.length} instructions); ${ROUNDS} interleaved rounds.
"stream" is one pass over ${RECORDS.toLocaleString("en")} records, "hot" the first ${HOT} of them ${HOT_PASSES} times.
Only the ratio counts (the median of the rounds' ratios, ours to C; the lower the better).

| mix | records | ours, ns per verdict | p10 | C switch interpreter | p10 | ratio | p10 |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}
`;
  const milliseconds = (values, q) =>
    values.length === 0 ? "–" : (quantile(values, q) / 1e6).toFixed(2);
  const compileRatio =
    compiled.library.length === 0
      ? "–"
      : (median(compiled.ours) / median(compiled.library)).toFixed(2);
  const compileReport = `
## From profile to program

Docker's default for x86_64 with x86 and x32, optimize 1 (${compiled.instructions} instructions): ours from JSON text to program,
libseccomp ${compiled.version ?? "(not installed)"} from the same rules to its program, in the same run.

| | ms, median | p10 |
|---|---|---|
| ours, warm | ${milliseconds(compiled.ours, 0.5)} | ${milliseconds(compiled.ours, 0.1)} |
| ours, first time in a fresh process | ${(compiled.cold / 1e6).toFixed(1)} | |
| libseccomp, warm | ${milliseconds(compiled.library, 0.5)} | ${milliseconds(compiled.library, 0.1)} |
| **ratio of the medians, warm** | **${compileRatio}** | |
`;
  writeFileSync(RESULTS, report + compileReport);
  console.log(report + compileReport);
} finally {
  baseline?.close();
  rmSync(directory, { recursive: true, force: true });
}
