// From Docker's JSON to the program and to a ready evaluator, ours against the installed libseccomp's
// rules to program, warm and cold; and the bytes of both programs, which must not differ.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileDocker, timeDocker } from "./docker-default.mjs";
import { startChild } from "./native.mjs";
import { takeTurns } from "./rounds.mjs";

const SOURCE = fileURLToPath(new URL("native/compile.c", import.meta.url));
const COLD = fileURLToPath(new URL("cold.mjs", import.meta.url));
const OPERATORS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];
const REPETITIONS = 100;
/** Knows every name of the profile, so that its rules are all of them; the library skips what it does not know. */
const NEWEST = "2.6.1";
/** The release that is timed where no library is installed. */
const RELEASE = "2.5.4";

/** The rule calls as the C program reads them. */
function ruleLines({ ARCHITECTURES }, { calls }) {
  const rules = calls.map(({ action, name, conditions }) => {
    const args = conditions.map(
      (one) => `${one.index} ${OPERATORS.indexOf(one.op) + 1} ${one.value} ${one.valueTwo}`,
    );
    return `R ${action} ${name} ${[conditions.length, ...args].join(" ")}`;
  });
  const archs = ["x86", "x32"].map((name) => `A ${ARCHITECTURES[name].token}`);
  return [`F ${0x00050001} 1`, ...archs, ...rules].join("\n");
}

/** Starts libseccomp on the rules; `undefined` where it cannot be had. */
function buildLibrary(compiler, directory, lines) {
  const binary = join(directory, "compile");
  const built =
    compiler &&
    spawnSync(compiler.command, ["-O2", "-o", binary, SOURCE, "-lseccomp"], { stdio: "ignore" });
  if (built?.status !== 0) return undefined;
  const rules = join(directory, "rules");
  const program = join(directory, "program");
  writeFileSync(rules, lines);
  return { start: () => startChild(binary, [rules, program]), program };
}

/**
 * The release of ours whose program is libseccomp's, byte for byte. Distributions ship an older
 * release's code with a newer table of calls, so that others than the installed one may be it.
 */
function sameProgram(modules, bytes, installed) {
  const releases = [installed, "2.5.5", "2.5.6", "2.6.0", NEWEST];
  return releases.find((release) => {
    try {
      const { program, endian } = compileDocker(modules, release);
      return bytes.equals(modules.encodeFilter(program.instructions, endian));
    } catch {
      return false; // a release that we have no model of
    }
  });
}

/**
 * Samples of nanoseconds: `program`, `ready`, and `library` where there is one, warm and cold.
 * `same` is the release of ours that gives the library's very program.
 */
export async function measureCompile({ modules, bundle, compiler, directory, rounds }) {
  const lines = ruleLines(modules, compileDocker(modules, NEWEST));
  const library = buildLibrary(compiler, directory, lines);
  let release = RELEASE;
  const found = {};
  const child = library?.start();
  if (child) {
    [found.version] = (await child.read()).split(" ");
    found.same = sameProgram(modules, readFileSync(library.program), found.version);
    release = found.same ?? release;
  }
  const cold = await takeTurns(
    [
      { name: "ours", run: () => coldStart(bundle, release) },
      ...(library ? [{ name: "library", run: () => coldLibrary(library) }] : []),
    ],
    rounds,
  );
  for (let i = 0; i < REPETITIONS; i++) timeDocker(modules, release);
  const warm = await takeTurns(
    [
      { name: "ours", run: () => timeDocker(modules, release) },
      ...(child ? [{ name: "library", run: async () => Number(await child.ask("again")) }] : []),
    ],
    REPETITIONS,
  );
  child?.close();
  const instructions = compileDocker(modules, release).program.instructions.length;
  return { ...found, release, instructions, warm: bySide(warm), cold: bySide(cold) };
}

const bySide = ({ ours, library }) => ({
  program: ours.map((one) => one.program),
  ready: ours.map((one) => one.ready),
  library: library ?? [],
});

function coldStart(bundle, release) {
  const { stdout, stderr } = spawnSync(process.execPath, [COLD, bundle, release], {
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

async function coldLibrary({ start }) {
  const child = start();
  const [, nanoseconds] = (await child.read()).split(" ");
  child.close();
  return Number(nanoseconds);
}
