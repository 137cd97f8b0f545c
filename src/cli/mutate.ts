import type { MutantResult, MutationResult } from "../analysis/mutation.js";
import type { Source } from "../analysis/source.js";
import { placed } from "../errors.js";
import { folderOf, readProfileArgument } from "../node/profile-argument.js";
import { mutateSuite } from "../suite/mutation.js";
import type { Suite, SuiteTarget } from "../suite/suite.js";
import { Progress } from "./progress.js";

/** A suite that holds, and the path it was read from (`-`: standard input). */
export interface MutatedSuite {
  readonly suite: Suite;
  readonly path: string;
}

/**
 * The mutants of the profiles of several suites: one that any suite notices is noticed. Suites must hold
 * as they are.
 */
export async function runMutation(
  suites: readonly MutatedSuite[],
  signal?: AbortSignal,
): Promise<MutationResult> {
  const progress = new Progress("mutants");
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

function sourcesOf(suite: Suite, path: string, { target }: SuiteTarget): readonly Source[] {
  const base = path === "-" ? process.cwd() : folderOf(path);
  return suite.subjects.map((subject) =>
    subject.kind === "inline"
      ? subject.source
      : placed(subject.place, () => readProfileArgument(subject.text, { base, arch: target.arch })),
  );
}
