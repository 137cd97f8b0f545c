import type { Instruction } from "../bpf/instruction.js";
import type { Target } from "../target.js";
import { compile } from "./simulator.js";
import type { Source } from "./source.js";

/** Another program with the same decisions. */
export interface Variant {
  /** How it finds a call: "chain" compares one number after another, "tree" halves them. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** libseccomp's ways to lay a program out, by its `SCMP_FLTATR_CTL_OPTIMIZE`. */
const LEVELS = [
  { name: "chain", optimize: 1 },
  { name: "tree", optimize: 2 },
] as const;

/** The programs that a profile may become; a filter is what it is. */
export function variantsOf(source: Source, target: Target): readonly Variant[] {
  if (source.kind !== "profile" && source.kind !== "preset") return [];
  return LEVELS.flatMap(({ name, optimize }) => {
    const { filter } = compile(source, { ...target, optimize });
    return filter ? [{ name, instructions: filter.instructions }] : [];
  });
}
