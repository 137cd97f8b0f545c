import { SeccompSimError } from "../errors.js";
import { readProfile } from "../profile/document.js";
import type { Target } from "../target.js";
import { compareSimulators, type Witness } from "./equivalence.js";
import { type Mutant, mutantKey, mutantsOf } from "./mutants.js";
import { createSimulator, type Simulator } from "./simulator.js";
import { documentOf, type Source } from "./source.js";

/** One of the targets that mutants are tried on. */
export interface MutationTarget {
  /** "" for the only one. */
  readonly label: string;
  readonly target: Target;
  /** The profile, and what is loaded after it. */
  readonly sources: readonly Source[];
  /**
   * Do the expectations hold of this simulator? `change` says which calls it answers otherwise than the
   * original; the others need not be asked again.
   */
  holds(simulator: Simulator, change: Witness | undefined): boolean;
}

/**
 * What became of a mutant:
 * - `killed`: an expectation failed; `refused`: the runtime or the kernel would not load it, which no run
 *   of the suite would overlook either;
 * - `survived`: it decides otherwise (`witness`), and no expectation noticed;
 * - `equivalent`: proven to decide alike on every target;
 * - `unknown`: no expectation noticed, and it could not be proven whether it decides otherwise.
 */
export type MutantStatus = "killed" | "refused" | "survived" | "equivalent" | "unknown";

export interface MutantResult extends Pick<Mutant, "kind" | "place" | "what"> {
  readonly key: string;
  readonly status: MutantStatus;
  /** The target that noticed, or on which the witness differs; "" for the only one. */
  readonly target: string;
  /** A call that would notice the mutant: `left` is the profile's answer, `right` the mutant's. */
  readonly witness: Witness | undefined;
}

export interface MutationResult {
  readonly mutants: readonly MutantResult[];
  /** Ended before all mutants were tried; the others are not in the list. */
  readonly partial: boolean;
}

export interface MutationOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Keys of mutants that need not be tried: another suite noticed them. */
  readonly known?: ReadonlySet<string> | undefined;
  /** Steps that one comparison may make. */
  readonly budget?: number | undefined;
}

/** A mutant and the sources it stands in, by the number of the target. */
interface Planned {
  readonly key: string;
  readonly mutant: Mutant;
  readonly sources: Map<number, readonly Source[]>;
}

/** Steps of one comparison: below a second; Docker's default needs some ten thousand. */
const BUDGET = 20_000_000;

/** How long the thread is kept before others may run: signals, progress. */
const SLICE_MS = 50;

/**
 * Makes the mutants of every profile among the sources and sees which of them the expectations notice.
 * The same mistake on several targets is one mutant, noticed when one target notices it.
 *
 * Throws SeccompSimError `suite-fails` where the expectations do not hold of the profile itself.
 */
export async function mutate(
  targets: readonly MutationTarget[],
  options: MutationOptions = {},
): Promise<MutationResult> {
  const { signal, onProgress, known } = options;
  const originals: Simulator[] = [];
  try {
    for (const { target, sources, holds, label } of targets) {
      const simulator = simulatorOf(sources, target);
      originals.push(simulator);
      if (!holds(simulator, undefined)) throw suiteFails(label);
    }
    const planned = plan(targets).filter(({ key }) => !known?.has(key));
    const mutants: MutantResult[] = [];
    let began = performance.now();
    for (const one of planned) {
      if (performance.now() - began >= SLICE_MS) {
        await new Promise((resolve) => setTimeout(resolve));
        began = performance.now();
      }
      if (signal?.aborted) break;
      mutants.push(tryMutant(one, targets, originals, options.budget ?? BUDGET));
      onProgress?.(mutants.length, planned.length);
    }
    return { mutants, partial: mutants.length < planned.length };
  } finally {
    for (const simulator of originals) simulator.close();
  }
}

function suiteFails(label: string): SeccompSimError {
  const where = label === "" ? "" : ` (${label})`;
  return new SeccompSimError(
    "suite-fails",
    `mutants are only tried where every expectation holds, and one does not${where}`,
    { hint: "run the suite without mutants first" },
  );
}

function simulatorOf(sources: readonly Source[], target: Target): Simulator {
  const [first, ...stack] = sources;
  if (first === undefined) throw new Error("no source");
  return createSimulator(first, target, stack);
}

function plan(targets: readonly MutationTarget[]): Planned[] {
  const planned = new Map<string, Planned>();
  targets.forEach(({ target, sources }, number) => {
    sources.forEach((source, at) => {
      if (source.kind !== "profile" && source.kind !== "preset") return;
      const { profile } = readProfile(documentOf(source, target), target.engine, target.runtime);
      for (const mutant of mutantsOf(profile, target.arch)) {
        const key = mutantKey(mutant);
        const one = planned.get(key) ?? { key, mutant, sources: new Map() };
        planned.set(key, one);
        // The same word twice at one place cannot be, but the same profile twice in a stack can.
        if (one.sources.has(number)) continue;
        const mutated: Source = { ...source, profile: mutant.profile };
        one.sources.set(
          number,
          sources.map((other, i) => (i === at ? mutated : other)),
        );
      }
    });
  });
  return [...planned.values()];
}

function tryMutant(
  { key, mutant, sources }: Planned,
  targets: readonly MutationTarget[],
  originals: readonly Simulator[],
  steps: number,
): MutantResult {
  const { kind, place, what } = mutant;
  const result = (status: MutantStatus, target = "", witness?: Witness): MutantResult => {
    return { key, kind, place, what, status, target, witness };
  };
  let missed: MutantResult | undefined;
  for (const [number, mutated] of sources) {
    const { label, target, holds } = targets[number] as MutationTarget;
    const original = originals[number] as Simulator;
    const simulator = unlessRefused(() => simulatorOf(mutated, target));
    if (simulator === undefined) return result("refused", label);
    try {
      if (sameFilters(original, simulator)) continue;
      const found = compareSimulators(original, simulator, { left: steps });
      if (found.kind === "equal") continue;
      const witness = found.kind === "different" ? found.witness : undefined;
      if (!holds(simulator, witness)) return result("killed", label, witness);
      if (missed?.status === "survived") continue;
      missed = result(witness === undefined ? "unknown" : "survived", label, witness);
    } finally {
      simulator.close();
    }
  }
  return missed ?? result("equivalent");
}

function unlessRefused(make: () => Simulator): Simulator | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof SeccompSimError) return undefined;
    throw error;
  }
}

/** Most mutants of what another target decides change nothing here; then nothing need be compared. */
function sameFilters(left: Simulator, right: Simulator): boolean {
  const [a, b] = [left.filters, right.filters];
  // The plain reading has none.
  if (a.length !== b.length || a.length === 0) return false;
  return a.every(({ instructions }, i) => {
    const others = b[i]?.instructions ?? [];
    return (
      instructions.length === others.length &&
      instructions.every((one, pc) => {
        const other = others[pc];
        return (
          one.k === other?.k &&
          one.code === other.code &&
          one.jt === other.jt &&
          one.jf === other.jf
        );
      })
    );
  });
}

/** How many mutants there are of each kind, and which part was noticed. */
export interface MutationScore {
  readonly killed: number;
  readonly survived: number;
  readonly equivalent: number;
  readonly unknown: number;
  /** Noticed ones among those that are known to decide otherwise, 0 to 100; `undefined` without any. */
  readonly percent: number | undefined;
}

/** Refused mutants count as killed; equivalent and unknown ones do not count. */
export function mutationScore(mutants: readonly Pick<MutantResult, "status">[]): MutationScore {
  const count = (...statuses: readonly MutantStatus[]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const [killed, survived] = [count("killed", "refused"), count("survived")];
  const all = killed + survived;
  return {
    killed,
    survived,
    equivalent: count("equivalent"),
    unknown: count("unknown"),
    percent: all === 0 ? undefined : (100 * killed) / all,
  };
}
