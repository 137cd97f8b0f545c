// From Docker's JSON to the program, ours against the installed libseccomp's rules to program.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("native/compile.c", import.meta.url));
const OPERATORS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];

/** The rule calls as the C program reads them. */
function ruleLines({ calls, archs, defaultAction }) {
  const rules = calls.map(({ action, name, conditions }) => {
    const args = conditions.map(
      (one) => `${one.index} ${OPERATORS.indexOf(one.op) + 1} ${one.value} ${one.valueTwo}`,
    );
    return `R ${action} ${name} ${[conditions.length, ...args].join(" ")}`;
  });
  return [`F ${defaultAction} 1`, ...archs.map((token) => `A ${token}`), ...rules].join("\n");
}

/** Nanoseconds per round of libseccomp, or `undefined` where it cannot be had. */
function measureLibrary(directory, lines, rounds) {
  const binary = join(directory, "compile");
  const built = spawnSync("cc", ["-O2", "-o", binary, SOURCE, "-lseccomp"], { stdio: "ignore" });
  if (built.error || built.status !== 0) return undefined;
  const file = join(directory, "rules");
  writeFileSync(file, lines);
  const { stdout } = spawnSync(binary, [file, String(rounds)], { encoding: "utf8" });
  const [first = "", ...times] = stdout.trim().split("\n");
  const [version, size] = first.split(" ");
  return { version, instructions: Number(size) / 8, times: times.map(Number) };
}

/**
 * Interleaved samples of both, in nanoseconds. `library` is empty where libseccomp or a compiler is
 * missing; its release decides which of our models would be the same one.
 */
export function measureCompile(directory, modules, rounds) {
  const { presetText, readDockerProfile, resolveProfile, parseTarget, compilePolicy, tokenOf } =
    modules;
  const text = presetText("docker-default");
  const target = parseTarget({ runtime: "libseccomp", libseccomp: "2.5.4" });
  const compile = () => {
    const { profile } = readDockerProfile(text, "docker-default");
    return compilePolicy(resolveProfile(profile, target), target);
  };
  const began = process.hrtime.bigint();
  const { calls, program } = compile();
  const cold = Number(process.hrtime.bigint() - began);
  for (let i = 0; i < 100; i++) compile();
  const lines = ruleLines({
    calls,
    archs: ["x86", "x32"].map(tokenOf),
    defaultAction: 0x00050001,
  });
  const ours = [];
  const library = [];
  let version;
  for (let round = 0; round < rounds; round++) {
    const theirs = measureLibrary(directory, lines, 10);
    if (theirs) {
      version = theirs.version;
      library.push(...theirs.times);
    }
    for (let i = 0; i < 10; i++) {
      const start = process.hrtime.bigint();
      compile();
      ours.push(Number(process.hrtime.bigint() - start));
    }
  }
  return { ours, library, cold, version, instructions: program.instructions.length };
}
