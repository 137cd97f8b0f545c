// What the benchmarks use of src/, bundled once into one module that fresh processes can import too.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const EXPORTS = `
export { createEvaluator } from "./src/evaluator/evaluator.js";
export { runReference } from "./src/evaluator/reference.js";
export { decodeFilter, encodeFilter } from "./src/bpf/encode.js";
export { readDockerProfile } from "./src/profile/document.js";
export { resolveProfile } from "./src/profile/resolve.js";
export { parseTarget } from "./src/profile/target-options.js";
export { compilePolicy } from "./src/runtime/compile.js";
export { ARCHITECTURES } from "./src/abi/architecture.js";
`;

/** Measured where it exists. */
const POOL = "src/pool/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The built command line; `bundleModules` brings it up to date. */
export const CLI = join(root, "dist/cli.js");

/** The path of the bundle, written into `directory`. */
export async function bundleModules(directory) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "--if-stale"], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the build failed");
  const pool = existsSync(join(root, POOL)) ? `export { createPool } from "./${POOL}";` : "";
  const outfile = join(directory, "modules.mjs");
  await build({
    stdin: {
      contents: EXPORTS + pool,
      resolveDir: root,
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    platform: "neutral",
    // As the command line and the page are built.
    minify: true,
    mainFields: ["module", "main"],
    outfile,
    logLevel: "warning",
  });
  return outfile;
}
