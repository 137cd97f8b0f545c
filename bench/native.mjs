// Compiles and drives the C interpreter that the figures are measured against.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const SOURCE = new URL("./native/interpreter.c", import.meta.url).pathname;

/** The compiled baseline, or `undefined` where there is no C compiler. */
export function compileBaseline(directory) {
  const binary = join(directory, "interpreter");
  for (const compiler of ["gcc", "cc"]) {
    const { error, status } = spawnSync(compiler, ["-O2", "-o", binary, SOURCE], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (!error && status === 0) return { binary, compiler: versionOf(compiler) };
  }
  return undefined;
}

function versionOf(compiler) {
  const { stdout } = spawnSync(compiler, ["--version"], { encoding: "utf8" });
  return `${stdout.split("\n")[0]}, -O2`;
}

/** A running baseline with one filter: `load` a file of records, `run` over the first of them. */
export function startBaseline(binary, filter) {
  const child = spawn(binary, [filter], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command) => {
    child.stdin.write(`${command}\n`);
    const { value, done } = await lines.next();
    if (done || value === "error") throw new Error(`the C interpreter did not answer "${command}"`);
    return value;
  };
  return {
    load: (path) => ask(`load ${path}`),
    async run(count, times) {
      const [nanoseconds, checksum] = (await ask(`run ${count} ${times}`)).split(" ");
      return { nanoseconds: Number(nanoseconds), checksum };
    },
    close: () => child.stdin.end(),
  };
}
