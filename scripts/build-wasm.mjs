// Compiles assembly/ and embeds the module as base64: src/evaluator/wasm.gen.ts.
// Stands alone (`node scripts/build-wasm.mjs`) or is called by the build and by the tests' setup.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isFresh, writeAtomic } from "./lib/files.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
export const WASM_OUTPUT = join(root, "src/evaluator/wasm.gen.ts");
const INPUTS = ["assembly", "asconfig.json", "scripts/build-wasm.mjs"].map((path) =>
  join(root, path),
);

/** Writes wasm.gen.ts; with `ifStale` only when an input is newer. Answers whether it was written. */
export async function buildWasm({ ifStale = false, target = "release" } = {}) {
  if (ifStale && isFresh(INPUTS, [WASM_OUTPUT])) return false;
  const asc = await import("assemblyscript/asc");
  const directory = mkdtempSync(join(tmpdir(), "seccomp-sim-wasm-"));
  try {
    const outFile = join(directory, "module.wasm");
    const { error, stderr } = await asc.main([
      "--config",
      join(root, "asconfig.json"),
      "--target",
      target,
      "--baseDir",
      root,
      "--outFile",
      outFile,
    ]);
    if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
    const base64 = readFileSync(outFile).toString("base64");
    writeAtomic(
      WASM_OUTPUT,
      `// Made by scripts/build-wasm.mjs from assembly/. Not for editing.\nexport const WASM_BASE64 =\n  "${base64}";\n`,
    );
    return true;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await buildWasm({ ifStale: process.argv.includes("--if-stale") });
}
