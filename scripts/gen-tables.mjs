/**
 * Turns the tables of facts in data/ into compact modules: `node scripts/gen-tables.mjs`.
 * With `--check` nothing is written; the exit code says whether the committed modules are current.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { capabilitiesModule, constantsModule, errnoModule } from "./tables/constants.mjs";
import { setsModule } from "./tables/sets.mjs";
import { signaturesModule } from "./tables/signatures.mjs";
import { syscallsModule } from "./tables/syscalls.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const readData = (name) => readFileSync(join(root, "data", name), "utf8");

const modules = {
  "src/abi/syscalls.gen.ts": syscallsModule,
  "src/abi/sets.gen.ts": setsModule,
  "src/abi/signatures.gen.ts": signaturesModule,
  "src/abi/constants.gen.ts": constantsModule,
  "src/abi/errno.gen.ts": errnoModule,
  "src/abi/capabilities.gen.ts": capabilitiesModule,
};

const checking = process.argv.includes("--check");
let stale = 0;
for (const [path, generate] of Object.entries(modules)) {
  const wanted = generate(readData);
  const file = join(root, path);
  let present = "";
  try {
    present = readFileSync(file, "utf8");
  } catch {
    // Not there yet: stale.
  }
  if (present === wanted) continue;
  if (checking) {
    console.error(`${path} is not what data/ says; run: npm run gen`);
    stale++;
  } else {
    writeFileSync(file, wanted);
    console.error(`wrote ${path}`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
