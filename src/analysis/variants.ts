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

/**
 * The programs that a source may become: a profile in each way, a filter as it is and as optimised. Left
 * out is what would be too long for the kernel, and the optimised one where it cannot be proven to decide
 * as the other does.
 *
 * @param onLeftOut is told each, and why
 */
export function variantsOf(
  source: Source,
  target: Target,
  onLeftOut: (name: string, error: SeccompSimError) => void,
): readonly Variant[] {
  /** What is made, or `undefined` where that is refused for this reason. */
  const unless = <T>(code: string, name: string, make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof SeccompSimError) || error.code !== code) throw error;
      onLeftOut(name, error);
      return undefined;
    }
  };
  const isProfile = source.kind === "profile" || source.kind === "preset";
  const compiled = isProfile
    ? LEVELS.flatMap(({ name, optimize }) => {
        const make = () => compile(source, { ...target, optimize });
        const made = unless("filter-too-long", name, make);
        return made?.filter ? [{ name, instructions: made.filter.instructions }] : [];
      })
    : source.kind === "filter"
      ? [{ name: "as it is", instructions: source.instructions }]
      : [];
  const [first] = compiled;
  const optimal =
    first && unless("not-comparable", "optimal", () => optimizeProgram(first.instructions));
  if (optimal) return [...compiled, { name: "optimal", instructions: optimal.instructions }];
  return isProfile ? compiled : [];
}
