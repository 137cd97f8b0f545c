import { SeccompSimError, type Warning } from "../errors.js";
import { STDIN_NAME } from "../node/input.js";
import {
  filesOf,
  type OpenSuite,
  openSuite,
  readsStdin,
  SuiteSimulators,
} from "../node/suite-files.js";
import type { SuiteOutcome } from "../report/run.js";
import { type RunOptions, runSuite, type SuiteResult } from "../suite/runner.js";
import type { Suite } from "../suite/suite.js";
import { Progress } from "./progress.js";
import { warn } from "./simulate.js";
import { SuitePool } from "./test-pool.js";

/** One suite file and what became of it. */
export interface SuiteRun {
  readonly path: string;
  readonly outcome: SuiteOutcome;
  readonly suite: Suite | undefined;
  /** The profiles that it is about. */
  readonly files: readonly string[];
}

type Say = (warnings: readonly Warning[]) => void;

/** Runs a suite that was read. */
type Execute = (opened: OpenSuite, path: string, say: Say) => Promise<SuiteResult>;

/**
 * Runs suite files, and gives what became of them in their order; to give up early ends all work. With
 * more than one worker, the targets of their matrices are run side by side.
 */
export async function* runSuites(
  files: readonly string[],
  workers: number,
  options: RunOptions,
): AsyncGenerator<SuiteRun, void, undefined> {
  if (workers > 1) return yield* runOnWorkers(files, workers, options);
  for (const file of files) {
    const progress = new Progress("cases", "ends early");
    const execute = onThisThread({ ...options, onProgress: (...how) => progress.update(...how) });
    yield await runSuiteFile(file, execute, warn).finally(() => progress.end());
  }
}

async function* runOnWorkers(
  files: readonly string[],
  workers: number,
  options: RunOptions,
): AsyncGenerator<SuiteRun, void, undefined> {
  const { run, bail = false, signal } = options;
  const progress = new Progress("cases", "ends early");
  const pool = new SuitePool(workers, { run, bail }, (...how) => progress.update(...how));
  const here = onThisThread(options);
  // Standard input can be read once, and not by several threads.
  const execute: Execute = (opened, path, say) =>
    readsStdin(opened.suite, path) ? here(opened, path, say) : pool.run(opened, path, say, signal);
  const begin = (file: string) => {
    const said: (readonly Warning[])[] = [];
    const ran = runSuiteFile(file, execute, (warnings) => said.push(warnings));
    // Who waits for it sees the error; nobody may, where the run ends before.
    ran.catch(() => {});
    return { said, ran };
  };
  // Some suites ahead, so that there is work for all.
  const begun = files.slice(0, workers).map(begin);
  try {
    for (let next = begun.length; ; next++) {
      const first = begun.shift();
      if (first === undefined) return;
      const ran = await first.ran;
      progress.end();
      first.said.forEach(warn);
      const file = files[next];
      if (file !== undefined && !signal?.aborted) begun.push(begin(file));
      yield ran;
    }
  } finally {
    await pool.close();
    progress.end();
  }
}

function onThisThread(options: RunOptions): Execute {
  return async ({ suite }, path, say) => {
    const simulators = new SuiteSimulators(suite, path, say);
    try {
      return await runSuite(suite, (target) => simulators.next(target), options);
    } finally {
      simulators.close();
    }
  };
}

/** Runs the suite of a file. A mistake in it, or a refusal of the profile, is an outcome too. */
async function runSuiteFile(path: string, execute: Execute, say: Say): Promise<SuiteRun> {
  const started = new Date();
  const begin = performance.now();
  const timing = () => ({
    file: path === "-" ? STDIN_NAME : path,
    started,
    milliseconds: performance.now() - begin,
  });
  let suite: Suite | undefined;
  try {
    const opened = openSuite(path);
    suite = opened.suite;
    say(suite.warnings);
    const result = await execute(opened, path, say);
    const outcome: SuiteOutcome = { kind: "ran", result, ...timing() };
    return { path, outcome, suite, files: filesOf(suite, path) };
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    const files = suite === undefined ? [] : filesOf(suite, path);
    return { path, outcome: { kind: "broken", error, ...timing() }, suite, files };
  }
}
