// From Docker's JSON text to a program and to an evaluator that is ready to answer: what is timed, in
// the benchmark's own process (warm) and by cold.mjs in fresh ones.

import { readFileSync } from "node:fs";

const FILE = new URL("../test/fixtures/profiles/docker-default.json", import.meta.url);
const text = readFileSync(FILE, "utf8");

/** Where the profile is for: a release of libseccomp, driven as runc drives it. */
const targetOf = ({ parseTarget }, libseccomp) =>
  parseTarget({ runtime: "libseccomp", libseccomp });

/** The compiled policy of Docker's default for a release of libseccomp. */
export function compileDocker(modules, libseccomp, target = targetOf(modules, libseccomp)) {
  const { readDockerProfile, resolveProfile, compilePolicy } = modules;
  const { profile } = readDockerProfile(text, "docker-default");
  return compilePolicy(resolveProfile(profile, target), target);
}

/** An evaluator that has answered once: whatever is put off until then belongs to getting ready. */
export function readyEvaluator({ createEvaluator }, instructions) {
  const evaluator = createEvaluator([instructions], "little", { mode: "jit" });
  evaluator.evaluateBatch(new Uint8Array(64), new Uint32Array(1));
  return evaluator;
}

/** Nanoseconds from the text to the program and to the ready evaluator; the target is given, as to the library. */
export function timeDocker(modules, libseccomp) {
  const target = targetOf(modules, libseccomp);
  const began = process.hrtime.bigint();
  const { program } = compileDocker(modules, libseccomp, target);
  const compiled = process.hrtime.bigint();
  const evaluator = readyEvaluator(modules, program.instructions);
  const ready = process.hrtime.bigint();
  evaluator.close();
  return { program: Number(compiled - began), ready: Number(ready - began) };
}
