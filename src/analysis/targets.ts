import { parseCall } from "../abi/call.js";
import { SeccompSimError, type Warning } from "../errors.js";
import {
  ENGINES,
  LIBSECCOMP_VERSIONS,
  parseTarget,
  RUNTIMES,
  type TargetOptions,
} from "../profile/target-options.js";
import { formatVerdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";
import type { Answer } from "./because.js";
import { createSimulator } from "./simulator.js";
import type { Source } from "./source.js";

/** What targets may differ in, by the name of the option. */
export const DIMENSIONS = [
  "runtime",
  "arch",
  "libseccomp",
  "caps",
  "kernel",
  "engine",
  "optimize",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A dimension and the values that it takes; without values, those that tell targets apart. */
export interface Variation {
  readonly dimension: Dimension;
  readonly values?: readonly string[];
}

const USUAL_VALUES: Readonly<Record<Dimension, readonly string[]>> = {
  runtime: RUNTIMES.flatMap((name) => (name === "runc" ? ["runc", "runc@1.1"] : [name])),
  arch: "x86_64 x86 aarch64 arm ppc64le s390x riscv64 loongarch64 mips64 mipsel64".split(" "),
  libseccomp: LIBSECCOMP_VERSIONS,
  caps: ["none", "docker", "all"],
  // Long-term releases, and 4.8, before which ptrace could get round filters.
  kernel: "4.4 4.8 4.19 5.4 5.10 5.15 6.1 6.6 6.12".split(" "),
  engine: ENGINES,
  optimize: ["1", "2"],
};

/** More targets than anybody reads; each one is compiled for. */
const MAX_TARGETS = 2000;

/** One target of a comparison: what it changes, by option, and what that makes. */
export interface VariedTarget {
  readonly options: Readonly<Partial<Record<Dimension, string>>>;
  readonly target: Target;
}

/**
 * The targets that a set of variations means. With `together`, every combination of their values; else each
 * dimension is varied alone. The base comes first and is not repeated.
 *
 * Throws SeccompSimError for an unknown value, and for more than 2000 targets.
 */
export function varyTarget(
  base: TargetOptions,
  variations: readonly Variation[],
  together: boolean,
): readonly VariedTarget[] {
  const lists = variations.map(({ dimension, values = USUAL_VALUES[dimension] }) =>
    values.map((value) => ({ [dimension]: value })),
  );
  const count = lists.reduce(
    (n, list) => (together ? n * list.length : n + list.length),
    together ? 1 : 0,
  );
  if (count > MAX_TARGETS) {
    throw new SeccompSimError(
      "too-many-targets",
      `these variations make ${count} targets, at most ${MAX_TARGETS} are compared`,
      { hint: "vary fewer dimensions, or name values: arch=x86_64,aarch64" },
    );
  }
  const changes = together
    ? lists.reduce<Partial<Record<Dimension, string>>[]>(
        (made, list) => made.flatMap((one) => list.map((more) => ({ ...one, ...more }))),
        [{}],
      )
    : lists.flat();
  const seen = new Set<string>();
  return [{}, ...changes].flatMap((options): VariedTarget[] => {
    const target = parseTarget({ ...base, ...options, ...capsOf(base, options) });
    const key = JSON.stringify(target);
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ options, target }];
  });
}

/** Where the set is varied, capabilities that were added one by one are part of every set. */
function capsOf(base: TargetOptions, { caps }: VariedTarget["options"]): TargetOptions {
  return caps === undefined ? {} : { caps, cap: base.cap };
}

/** A call's answer on a target, or why there is none. */
export type TargetAnswer =
  | ({ readonly kind: "answer"; readonly differs: boolean } & Answer)
  /** The real chain refuses the profile there. */
  | { readonly kind: "refused"; readonly differs: boolean; readonly error: SeccompSimError }
  /** The architecture has no such call. */
  | { readonly kind: "no-call"; readonly differs: boolean; readonly error: SeccompSimError };

export interface TargetRow extends VariedTarget {
  /** One for each call. */
  readonly answers: readonly TargetAnswer[];
  readonly warnings: readonly Warning[];
}

/**
 * What calls get on many targets. `differs` marks answers that are not those of the first target.
 *
 * Throws SeccompSimError for a call that no target can make.
 */
export function compareTargets(
  source: Source,
  targets: readonly VariedTarget[],
  calls: readonly string[],
): readonly TargetRow[] {
  let first: readonly string[] | undefined;
  const rows = targets.map((varied): TargetRow => {
    const { answers, warnings, target } = answersOn(source, varied.target, calls);
    // Not the word: the same error may have another number elsewhere.
    const keys = answers.map((one) => {
      if (one.kind === "answer") return formatVerdict(one.verdict);
      return one.kind === "refused" ? one.error.message : one.kind;
    });
    first ??= keys;
    const base = first;
    const marked = answers.map((one, i) => ({ ...one, differs: keys[i] !== base[i] }));
    return { ...varied, target, answers: marked, warnings };
  });
  calls.forEach((_, i) => {
    const [answer, ...others] = rows.map((row) => row.answers[i]);
    if (answer?.kind !== "no-call" || others.some((one) => one?.kind !== "no-call")) return;
    throw answer.error;
  });
  return rows;
}

function answersOn(
  source: Source,
  target: Target,
  calls: readonly string[],
): { answers: TargetAnswer[]; warnings: readonly Warning[]; target: Target } {
  const differs = false;
  const attempt = <T>(work: () => T, kind: "refused" | "no-call"): T | TargetAnswer => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SeccompSimError)) throw error;
      return { kind, differs, error };
    }
  };
  const simulator = attempt(() => createSimulator(source, target), "refused");
  if ("kind" in simulator) return { answers: calls.map(() => simulator), warnings: [], target };
  const answers = calls.map((text): TargetAnswer => {
    const call = attempt(() => parseCall(text, target.arch), "no-call");
    if ("kind" in call) return call;
    return { kind: "answer", differs, ...simulator.evaluate(call) };
  });
  simulator.close();
  return { answers, warnings: simulator.warnings, target: simulator.target };
}
