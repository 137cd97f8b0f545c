import { ARCHITECTURES } from "../abi/architecture.js";
import type { Instruction } from "../bpf/instruction.js";
import { constantAllow } from "../seccomp/constant-allow.js";
import type { Target } from "../target.js";
import { type Cost, measureCost } from "./cost.js";
import { type EvaluatorName, measureTimes, type Times, type TimingOptions } from "./timing.js";
import type { Variant } from "./variants.js";

/** What is measured: a stack of filters, oldest first, and other programs to compare it with. */
export interface BenchSubject {
  readonly name: string;
  readonly filters: readonly (readonly Instruction[])[];
  readonly target: Target;
  readonly variants: readonly Variant[];
}

export interface VariantResult {
  readonly name: string;
  readonly instructions: number;
  readonly cost: Cost;
}

export interface BenchResult extends VariantResult {
  /** Calls of the native architecture that the kernel's bitmap answers, of all that it has. */
  readonly bitmap: { readonly cached: number; readonly total: number };
  readonly variants: readonly VariantResult[];
  readonly evaluators: Readonly<Record<EvaluatorName, Times>>;
}

/**
 * Sizes, executed instructions, the kernel's bitmap and times of our evaluators, for each subject over
 * the same records, which are in the byte order of the subjects' architecture. Subjects must be
 * loadable and records at least one.
 */
export async function bench(
  subjects: readonly BenchSubject[],
  records: Uint8Array,
  options: TimingOptions,
): Promise<BenchResult[]> {
  const [first] = subjects;
  if (first === undefined) return [];
  const { endian } = ARCHITECTURES[first.target.arch];
  const results: Omit<BenchResult, "evaluators">[] = [];
  for (const { name, filters, target, variants } of subjects) {
    const counted = async (
      label: string,
      stack: readonly (readonly Instruction[])[],
    ): Promise<VariantResult & Pick<BenchResult, "bitmap">> => {
      await options.onPass?.();
      const bitmap = constantAllow(stack, target.arch, target.kernel);
      const instructions = stack.reduce((sum, { length }) => sum + length, 0);
      const { cached, total } = bitmap;
      const cost = measureCost(stack, records, endian, bitmap);
      return { name: label, instructions, cost, bitmap: { cached, total } };
    };
    const own = await counted(name, filters);
    const others: VariantResult[] = [];
    for (const one of variants) others.push(await counted(one.name, [one.instructions]));
    results.push({ ...own, variants: others });
  }
  const stacks = subjects.map(({ filters }) => filters);
  const times = await measureTimes(stacks, records, endian, options);
  return results.map((one, i) => ({ ...one, evaluators: times[i] as (typeof times)[number] }));
}
