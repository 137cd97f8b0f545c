import { SeccompSimError } from "../errors.js";
import { STDIN_NAME } from "../node/input.js";
import { filesOf, openSuite, SuiteSimulators } from "../node/suite-files.js";
import type { SuiteOutcome } from "../report/run.js";
import { type RunOptions, runSuite } from "../suite/runner.js";
import type { Suite } from "../suite/suite.js";
import { Progress } from "./progress.js";
import { warn } from "./simulate.js";

/** One suite file and what became of it. */
export interface SuiteRun {
  readonly path: string;
  readonly outcome: SuiteOutcome;
  readonly suite: Suite | undefined;
  /** The profiles that it is about. */
  readonly files: readonly string[];
}

/** Runs the suite of a file. A mistake in it, or a refusal of the profile, is an outcome too. */
export async function runSuiteFile(path: string, options: RunOptions): Promise<SuiteRun> {
  const started = new Date();
  const begin = performance.now();
  const timing = () => ({
    file: path === "-" ? STDIN_NAME : path,
    started,
    milliseconds: performance.now() - begin,
  });
  let suite: Suite | undefined;
  const progress = new Progress("cases", "ends early");
  try {
    suite = openSuite(path).suite;
    warn(suite.warnings);
    const simulators = new SuiteSimulators(suite, path, warn);
    try {
      const result = await runSuite(suite, (target) => simulators.next(target), {
        ...options,
        onProgress: (done, total) => progress.update(done, total),
      });
      const outcome: SuiteOutcome = { kind: "ran", result, ...timing() };
      return { path, outcome, suite, files: filesOf(suite, path) };
    } finally {
      simulators.close();
      progress.end();
    }
  } catch (error) {
    progress.end();
    if (!(error instanceof SeccompSimError)) throw error;
    const files = suite === undefined ? [] : filesOf(suite, path);
    return { path, outcome: { kind: "broken", error, ...timing() }, suite, files };
  }
}
