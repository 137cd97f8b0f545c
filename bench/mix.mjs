// The mixes that all figures are about, as the library makes them, for scripts that run without a build.
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const built = buildSync({
  stdin: {
    contents:
      'export { makeRecords } from "./src/seccomp/mix.js";\n' +
      'export { RECORD_SIZE } from "./src/seccomp/record.js";\n',
    resolveDir: fileURLToPath(new URL("..", import.meta.url)),
  },
  bundle: true,
  format: "esm",
  write: false,
});
const code = Buffer.from(built.outputFiles[0].contents).toString("base64");

export const { makeRecords, RECORD_SIZE } = await import(`data:text/javascript;base64,${code}`);

/** One number for all words of a run, to compare runs by. */
export function checksum(words) {
  let hash = 0;
  for (const word of words) hash = (Math.imul(hash, 16777619) ^ word) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
