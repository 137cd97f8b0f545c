// What the benchmarks use of src/, bundled once into one module that fresh processes can import too.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildWasm } from "../scripts/build-wasm.mjs";

const EXPORTS = `
export { createEvaluator } from "./src/evaluator/evaluator.js";
export { runReference } from "./src/evaluator/reference.js";
export { decodeFilter, encodeFilter } from "./src/bpf/encode.js";
export { presetText } from "./src/profile/presets/index.js";
export { readDockerProfile } from "./src/profile/read-docker.js";
export { resolveProfile } from "./src/profile/resolve.js";
export { parseTarget } from "./src/profile/target-options.js";
export { compilePolicy } from "./src/runtime/compile.js";
export { ARCHITECTURES } from "./src/abi/architecture.js";
`;

/** The path of the bundle, written into `directory`. */
export async function bundleModules(directory) {
  await buildWasm({ ifStale: true });
  const outfile = join(directory, "modules.mjs");
  await build({
    stdin: {
      contents: EXPORTS,
      resolveDir: fileURLToPath(new URL("..", import.meta.url)),
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    platform: "neutral",
    outfile,
    logLevel: "warning",
  });
  return outfile;
}
