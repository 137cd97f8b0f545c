import type { Command } from "commander";
import { type MutantResult, type MutationResult, mutationScore } from "../analysis/mutation.js";
import { sourcesOf } from "../node/suite-files.js";
import { formatMutation, mutationJson } from "../report/mutation.js";
import type { Style } from "../report/style.js";
import { mutateSuite } from "../suite/mutation.js";
import type { Suite } from "../suite/suite.js";
import { Progress } from "./progress.js";
import { exitCodeFor, parsePercent, type Show } from "./threshold.js";
import { writeResult } from "./write-file.js";

/** Adds the options of `test` that ask how many mistakes in the profiles the suites would notice. */
export function mutationOptions(command: Command): Command {
  return command
    .option("--mutate", "make mistakes in the profiles, and list those that no suite notices")
    .option("--mutate-json <FILE>", "write it as JSON")
    .option(
      "--mutate-threshold <PERCENT>",
      "end with exit code 3 where fewer of the mistakes are noticed",
    );
}

export interface MutationCommandOptions {
  readonly mutate?: boolean;
  readonly mutateJson?: string;
  readonly mutateThreshold?: string;
}

/** What `test` does about mutants at its end. */
export interface MutationRun {
  /** Prints and writes what was asked for; gives the exit code that follows from the threshold, or 0. */
  end(
    suites: readonly MutatedSuite[],
    style: Style,
    show: Show,
    signal: AbortSignal,
  ): Promise<number>;
}

/** What the options ask for, if any does. Throws SeccompSimError for a bad threshold. */
export function startMutation(options: MutationCommandOptions): MutationRun | undefined {
  const { mutate: shown, mutateJson: json } = options;
  const threshold = parsePercent("--mutate-threshold", options.mutateThreshold);
  if (!shown && json === undefined && threshold === undefined) return undefined;
  return {
    async end(suites, style, show, signal) {
      const result = await runMutation(suites, signal);
      if (json !== undefined) {
        await writeResult(json, `${JSON.stringify(mutationJson(result), undefined, 2)}\n`);
      }
      if (shown) await show(formatMutation(result, style));
      const { percent = 100 } = mutationScore(result.mutants);
      const rounded = Math.floor(percent * 10) / 10;
      return exitCodeFor(percent, threshold, `${rounded} % of the mutants are noticed`);
    },
  };
}

/** A suite that holds, and the path it was read from (`-`: standard input). */
export interface MutatedSuite {
  readonly suite: Suite;
  readonly path: string;
}

/**
 * The mutants of the profiles of several suites: one that any suite notices is noticed. Suites must hold
 * as they are.
 */
async function runMutation(
  suites: readonly MutatedSuite[],
  signal?: AbortSignal,
): Promise<MutationResult> {
  const progress = new Progress("mutants", "ends early");
  const found = new Map<string, MutantResult>();
  let [done, partial] = [0, false];
  try {
    for (const { suite, path } of suites) {
      const noticed = [...found.values()].filter(isNoticed).map(({ key }) => key);
      const result = await mutateSuite(suite, (target) => sourcesOf(suite, path, target), {
        signal,
        known: new Set(noticed),
        onProgress: (count) => progress.update(done + count),
      });
      done += result.mutants.length;
      partial ||= result.partial;
      for (const one of result.mutants) {
        const before = found.get(one.key);
        if (before === undefined || rank(one) < rank(before)) found.set(one.key, one);
      }
      if (partial) break;
    }
  } finally {
    progress.end();
  }
  return { mutants: [...found.values()], partial };
}

function isNoticed({ status }: MutantResult): boolean {
  return status === "killed" || status === "refused";
}

/** What counts, where suites differ about a mutant. */
function rank({ status }: MutantResult): number {
  return ["killed", "refused", "survived", "unknown", "equivalent"].indexOf(status);
}
