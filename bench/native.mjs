// Compiles and drives the native baselines. Everything that takes time happens inside the child
// process; this side only asks for one pass at a time, so that ours and theirs take turns.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { transliterate } from "./transliterate.mjs";

const source = (name) => fileURLToPath(new URL(`native/${name}`, import.meta.url));
/** Each file with what it is compiled with: a plain interpreter is what one would write and ship. */
const SOURCES = {
  "interpreter.c": "-O2",
  "main.c": "-O2",
  "compiled.c": "-O3",
  "table.c": "-O3",
  "touch.c": "-O3",
};

/** What a child can run; "touch" decides nothing, so it has no checksum. */
export const BASELINES = ["switch", "compiled", "table", "touch"];

/** The C compiler and what it calls itself, or `undefined`. */
export function findCompiler() {
  for (const command of ["gcc", "cc"]) {
    const { error, status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
    if (!error && status === 0) return { command, version: stdout.split("\n")[0] };
  }
  return undefined;
}

/** Builds the baselines for one filter; the path of the program. */
export function buildBaselines({ command }, directory, name, program) {
  const place = join(directory, name);
  mkdirSync(place);
  writeFileSync(join(place, "filter.inc"), transliterate(program));
  const run = (args) => {
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  };
  const objects = Object.entries(SOURCES).map(([file, level]) => {
    const object = join(place, file.replace(/c$/, "o"));
    run([level, "-Wall", "-Wextra", "-I", place, "-c", source(file), "-o", object]);
    return object;
  });
  const binary = join(place, "baselines");
  run(["-o", binary, ...objects]);
  return binary;
}

/** A child that answers a line with a line. */
export function startChild(binary, args) {
  const child = spawn(binary, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done || value === "error") throw new Error(`no answer from ${binary}`);
    return value;
  };
  return {
    read,
    ask(command) {
      child.stdin.write(`${command}\n`);
      return read();
    },
    close: () => child.stdin.end(),
  };
}

/** The running baselines of one filter. */
export function startBaselines(binary, filter) {
  const { ask, close } = startChild(binary, [filter]);
  return {
    load: (path) => ask(`load ${path}`),
    async run(name, count, times) {
      const [nanoseconds, checksum] = (await ask(`run ${name} ${count} ${times}`)).split(" ");
      return {
        nanoseconds: Number(nanoseconds),
        checksum: name === "touch" ? undefined : checksum,
      };
    },
    close,
  };
}
