import { compareDecisions } from "../../bpf/compare.js";
import { type Decision, decisionsOf } from "../../bpf/decision.js";
import { BPF_MAXINSNS, type Endian, type Instruction } from "../../bpf/instruction.js";
import { SeccompSimError } from "../../errors.js";
import { makeRecords } from "../../seccomp/mix.js";
import { RECORD_SIZE } from "../../seccomp/record.js";
import { type Choice, choicesFrom, gather, type Node } from "./graph.js";
import { layOut } from "./layout.js";
import { intervalsOf, type Plan, planTree, smallestSplits, step } from "./plan.js";
import { countedWeights, evenWeights, type Weights } from "./weights.js";

/**
 * "optimal" is the smallest program; "balanced" executes the fewest instructions per call for its weights,
 * and without any few for every call. (Most filters are decided by number: there the smallest is as fast.)
 */
export type Codegen = "optimal" | "balanced";

export interface OptimizeOptions {
  readonly codegen?: Codegen;
  /**
   * What calls are made: records (`struct seccomp_data`, 64 bytes each) in the byte order of `endian`.
   * Without them a balanced program takes all calls that it tells apart for equally frequent, and an
   * optimal one is, among the smallest, the one that executes least over the real mix.
   */
  readonly weights?: Uint8Array | undefined;
  /** Byte order of the records; little if absent. */
  readonly endian?: Endian;
}

export interface Optimized {
  readonly instructions: readonly Instruction[];
  /** That both programs return the same word for every record, in so many regions of them. */
  readonly proof: { readonly regions: number };
}

/** What an instruction more is worth: executed instructions, of one call and of all calls counted. */
const SIZE_COST = 1;
const COUNTED_SIZE_COST = 1e-3;
/** Records of the real mix that give an optimal program its shape. */
const SHAPING_RECORDS = 8192;
let shaping: Uint8Array | undefined;
const PROOF_BUDGET = 25_000_000;

/**
 * A program with the same decisions as one that the kernel accepts, by interval maps of its words and
 * trees of comparisons chosen for size or speed. Both programs are compared over all their regions
 * before this returns. Where nothing shorter is found for "optimal", the program is returned as it is.
 *
 * ```ts
 * optimizeProgram(decodeFilter(bytes, "little"), { codegen: "balanced" }).instructions;
 * ```
 *
 * Throws SeccompSimError `not-comparable` for programs whose decisions cannot be told: those that
 * calculate with words of the record other than by AND, return them, or are too entangled.
 */
export function optimizeProgram(
  instructions: readonly Instruction[],
  options: OptimizeOptions = {},
): Optimized {
  const decision = decisionsOf(instructions);
  if (decision === undefined) {
    throw notComparable(
      "it calculates with words of the call or returns them, or its decisions are too many",
    );
  }
  const root = gather(decision);
  if (root === undefined) throw notComparable("its tests are too entangled");
  const result = generate(root, instructions, options);
  const proof = compareDecisions(decision, decisionsOf(result) as Decision, new Map(), {
    budget: { left: PROOF_BUDGET },
  });
  if (proof.kind === "different") throw new Error("an optimised program decides otherwise");
  if (proof.kind === "unknown") throw notComparable("comparing it with the result takes too long");
  return { instructions: result, proof: { regions: proof.regions } };
}

function notComparable(why: string): SeccompSimError {
  return new SeccompSimError("not-comparable", `the program cannot be optimised: ${why}`, {
    hint: "nothing is written that is not proven to decide as the program does",
  });
}

function generate(
  root: Node,
  original: readonly Instruction[],
  { codegen = "optimal", weights: records, endian = "little" }: OptimizeOptions,
): readonly Instruction[] {
  const weights = weigh(root, codegen, records, endian);
  if (codegen === "balanced") {
    const sizeCost = records === undefined ? SIZE_COST : COUNTED_SIZE_COST;
    const balanced = layOut(root, planAll(root, weights, sizeCost));
    if (balanced.length <= BPF_MAXINSNS) return balanced;
  }
  const smallest = layOut(root, planAll(root, weights, "smallest"));
  return smallest.length <= original.length ? smallest : original;
}

function weigh(
  root: Node,
  codegen: Codegen,
  records: Uint8Array | undefined,
  endian: Endian,
): Weights {
  if (records !== undefined) {
    if (records.length === 0 || records.length % RECORD_SIZE !== 0) {
      throw new SeccompSimError(
        "bad-weights",
        `weights are whole records of ${RECORD_SIZE} bytes, at least one, not ${records.length} bytes`,
      );
    }
    return countedWeights(root, records, endian);
  }
  if (codegen === "balanced") return evenWeights(root);
  shaping ??= makeRecords("real", SHAPING_RECORDS);
  return countedWeights(root, shaping, "little");
}

function planAll(
  root: Node,
  weights: Weights,
  sizeCost: number | "smallest",
): ReadonlyMap<Choice, Plan> {
  const plans = new Map<Choice, Plan>();
  for (const choice of choicesFrom(root)) {
    plans.set(choice, planChoice(choice, weights.get(choice) as Float64Array, sizeCost));
  }
  return plans;
}

function planChoice(choice: Choice, weights: Float64Array, sizeCost: number | "smallest"): Plan {
  const { mask, cuts, targets } = choice;
  const [none, some] = targets;
  const lowestBit = (mask & -mask) >>> 0;
  // Whether any bit is set: JSET needs no AND before it.
  if (none && some && targets.length === 2 && (cuts[1] as number) <= lowestBit) {
    return step("set", mask, some, none);
  }
  const intervals = intervalsOf(choice, weights);
  if (sizeCost !== "smallest") return planTree(intervals, { sizeCost });
  // More than any tree executes: an instruction less always wins.
  const most = intervals.length * intervals.reduce((sum, { weight }) => sum + weight, 0);
  return planTree(intervals, { sizeCost: most, splits: smallestSplits(intervals) });
}
