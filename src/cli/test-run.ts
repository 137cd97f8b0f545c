import { SeccompSimError, type Warning } from "../errors.js";
import { STDIN_NAME } from "../node/input.js";
import { filesOf, openSuite, SuiteSimulators, sayOnce, suiteOf } from "../node/suite-files.js";
import { CaseWriter } from "../report/json.js";
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
  /** The suite; `undefined` where it has a mistake. */
  suite(): Suite | undefined;
  /** The profiles that it is about. */
  readonly files: readonly string[];
}

type Say = (warnings: readonly Warning[]) => void;

/** A suite that was read, and can be run. */
interface Runnable {
  readonly suite: () => Suite;
  readonly warnings: readonly Warning[];
  readonly files: readonly string[];
  run(say: Say): Promise<SuiteResult>;
}

/** Reads a suite file; `undefined` where that is not wanted any more. */
type Open = (path: string) => Promise<Runnable | undefined>;

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
    const open = onThisThread({ ...options, onProgress: (...how) => progress.update(...how) });
    const ran = await runSuiteFile(file, open, warn).finally(() => progress.end());
    if (ran !== undefined) yield ran;
  }
}

async function* runOnWorkers(
  files: readonly string[],
  workers: number,
  options: RunOptions,
): AsyncGenerator<SuiteRun, void, undefined> {
  const { run, bail = false, explain = true, signal } = options;
  const progress = new Progress("cases", "ends early");
  const settings = { run, bail, explain };
  const pool = new SuitePool(workers, settings, (...how) => progress.update(...how));
  const open: Open = async (path) => {
    const opened = await pool.open(path);
    if (opened === undefined) return undefined;
    const { text, name, warnings, files } = opened;
    return {
      suite: () => suiteOf(text, name),
      warnings,
      files,
      run: (say) => pool.run(opened, sayOnce(say), signal),
    };
  };
  const begin = (file: string) => {
    const said: (readonly Warning[])[] = [];
    const ran = runSuiteFile(file, open, (warnings) => said.push(warnings));
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
      if (ran !== undefined) yield ran;
    }
  } finally {
    await pool.close();
    progress.end();
  }
}

function onThisThread(options: RunOptions): Open {
  return async (path) => {
    const { suite } = openSuite(path);
    const run = async (say: Say): Promise<SuiteResult> => {
      const simulators = new SuiteSimulators(suite, path, say);
      const keeper = options.explain ? new CaseWriter() : undefined;
      try {
        return await runSuite(suite, (target) => simulators.next(target), { ...options, keeper });
      } finally {
        simulators.close();
      }
    };
    return { suite: () => suite, warnings: suite.warnings, files: filesOf(suite, path), run };
  };
}

/** Runs the suite of a file. A mistake in it, or a refusal of the profile, is an outcome too. */
async function runSuiteFile(path: string, open: Open, say: Say): Promise<SuiteRun | undefined> {
  const started = new Date();
  const begin = performance.now();
  const timing = () => ({
    file: path === "-" ? STDIN_NAME : path,
    started,
    milliseconds: performance.now() - begin,
  });
  let opened: Runnable | undefined;
  try {
    opened = await open(path);
    if (opened === undefined) return undefined;
    const { suite, files, warnings } = opened;
    say(warnings);
    const result = await opened.run(say);
    const outcome: SuiteOutcome = { kind: "ran", result, ...timing() };
    return { path, outcome, suite, files };
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    const { suite = () => undefined, files = [] } = opened ?? {};
    return { path, outcome: { kind: "broken", error, ...timing() }, suite, files };
  }
}
