import type { Instruction } from "../bpf/instruction.js";
import { optimizeProgram } from "../compiler/optimal/index.js";
import { SeccompSimError } from "../errors.js";
import type { Target } from "../target.js";
import { compile } from "./simulator.js";
import type { Source } from "./source.js";

/** Another program with the same decisions. */
export interface Variant {
  /**
   * How it finds a call: "chain" compares one number after another, "tree" halves them, "optimal" is the
   * smallest.
   */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** libseccomp's ways to lay a program out, by its `SCMP_FLTATR_CTL_OPTIMIZE`. */
const LEVELS = [
  { name: "chain", optimize: 1 },
  { name: "tree", optimize: 2 },
] as const;

/** The programs that a source may become: a profile in each way, a filter as it is and as optimised. */
export function variantsOf(source: Source, target: Target): readonly Variant[] {
  const isProfile = source.kind === "profile" || source.kind === "preset";
  const compiled = isProfile
    ? LEVELS.flatMap(({ name, optimize }) => {
        const { filter } = compile(source, { ...target, optimize });
        return filter ? [{ name, instructions: filter.instructions }] : [];
      })
    : source.kind === "filter"
      ? [{ name: "as it is", instructions: source.instructions }]
      : [];
  const optimal = compiled[0] && optimalOf(compiled[0].instructions);
  if (optimal) return [...compiled, { name: "optimal", instructions: optimal }];
  return isProfile ? compiled : [];
}

/** `undefined` for a program that cannot be proven to decide as the optimised one does. */
function optimalOf(instructions: readonly Instruction[]): readonly Instruction[] | undefined {
  try {
    return optimizeProgram(instructions).instructions;
  } catch (error) {
    if (error instanceof SeccompSimError && error.code === "not-comparable") return undefined;
    throw error;
  }
}
