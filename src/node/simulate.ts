import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createSimulator, type Simulator } from "../analysis/simulator.js";
import { TargetBuilder } from "../profile/target-builder.js";
import { asTarget, type TargetOptions } from "../profile/target-options.js";
import type { Target } from "../target.js";
import { readProfileArgument } from "./profile-argument.js";
import { told } from "./told.js";

/** Where something would be loaded: built word by word, as options, or ready. */
export type TargetLike = TargetBuilder | TargetOptions | Target;

export function targetOf(like: TargetLike): Target {
  return like instanceof TargetBuilder ? like.build() : asTarget(like);
}

/** A path as text; of a file beside a test: `new URL("./web.json", import.meta.url)`. */
export function pathOf(file: string | URL): string {
  return file instanceof URL ? fileURLToPath(file) : file;
}

/**
 * A simulator for a profile's file, a preset's name, or a raw filter.
 *
 * ```js
 * const simulator = simulate("./web.json", target("x86_64").caps("none"));
 * ```
 *
 * Throws SeccompSimError for a file that cannot be read, and where the real chain refuses the profile.
 */
export function simulate(profile: string | URL, on: TargetLike = {}): Simulator {
  return told(() => {
    const target = targetOf(on);
    const argument = profile instanceof URL ? resolve(pathOf(profile)) : profile;
    return createSimulator(readProfileArgument(argument, { arch: target.arch }), target);
  });
}
