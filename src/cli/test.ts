import { existsSync, statSync } from "node:fs";
import { Command, Option } from "commander";
import { SeccompSimError } from "../errors.js";
import { refuseTwoStdins } from "../node/profile-argument.js";
import { SUITE_NAME, suiteFiles } from "../node/suite-files.js";
import { complaintText } from "../report/complaint.js";
import { REPORTERS } from "../report/reporters.js";
import { type SuiteOutcome, totalsOf } from "../report/run.js";
import { type CoverageOptions, coverageOptions, startCoverage } from "./coverage.js";
import { type MutationCommandOptions, mutationOptions, startMutation } from "./mutate.js";
import { collect, workerCount } from "./options.js";
import { note, print, styleFor } from "./output.js";
import { updateSuite } from "./record.js";
import { openReports } from "./reports.js";
import { runSuites, type SuiteRun } from "./test-run.js";
import { nextChange } from "./watch.js";

export function testCommand(): Command {
  return mutationOptions(coverageOptions(suiteOptions(new Command("test"))))
    .summary("run suites of expectations")
    .description("Runs suite files; in a folder, every *.seccomp.yaml (.yml, .json) below it.")
    .argument("[PATH...]", "suite files or folders; - is standard input", ["."])
    .addHelpText(
      "after",
      `
A suite:
  profile: docker-default
  target: { kernel: "6.1", cap: [SYS_PTRACE] }
  cases:
    - call: clone(CLONE_NEWUSER|SIGCHLD)
      expect: errno(EPERM)

Examples:
  seccomp-sim test examples
  seccomp-sim test examples --reporter pretty --reporter junit=report.xml
  seccomp-sim test web.seccomp.yaml --coverage --mutate`,
    )
    .action(test);
}

function suiteOptions(command: Command): Command {
  return command
    .option(
      "--reporter <NAME[=FILE]>",
      `how results are reported, to FILE if given: ${Object.keys(REPORTERS).join(", ")}; may be repeated (default: pretty)`,
      collect,
    )
    .option("--run <REGEX>", "only cases whose name (or call) matches")
    .option("--bail", "end after the first case that fails")
    .addOption(
      new Option("--workers <N>", "threads that run the targets of matrices, and several suites")
        .argParser(workerCount(1))
        .default(1),
    )
    .option("--watch", "run again whenever a suite or its profile changes, until Ctrl-C")
    .option(
      "--update",
      "write the actual verdict of each case with `record: true` into its suite, and show the change",
    );
}

interface TestOptions extends CoverageOptions, MutationCommandOptions {
  readonly reporter?: string[];
  readonly run?: string;
  readonly bail?: boolean;
  readonly workers: number;
  readonly watch?: boolean;
  readonly update?: boolean;
  readonly color: boolean;
}

async function test(paths: string[], _: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals<TestOptions>();
  refuseTwoStdins(paths);
  if (options.watch && paths.includes("-")) {
    throw new SeccompSimError("watch-stdin", "--watch cannot read standard input again");
  }
  const interrupt = new AbortController();
  const { signal } = interrupt;
  // The first Ctrl-C ends the run in good order, a second one at once.
  process.once("SIGINT", () => interrupt.abort());
  for (;;) {
    const since = Date.now();
    const found = suitesOf(paths);
    const runs = await runAll(found, options, signal);
    if (!options.watch) break;
    const files = [...found, ...runs.flatMap((one) => one.files)];
    const folders = paths.filter((path) =>
      statSync(path, { throwIfNoEntry: false })?.isDirectory(),
    );
    const find = (): string[] => suitesOf(paths.filter((path) => existsSync(path)));
    const watched = { files, folders, pattern: SUITE_NAME, since, found, find };
    const change = await nextChange(watched, signal, () =>
      note("waiting for a change; Ctrl-C ends"),
    );
    if (change === undefined) return;
    note(`\n${change} has changed`);
    process.exitCode = 0;
  }
  if (signal.aborted) process.exitCode = 130;
}

function suitesOf(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap(suiteFiles))];
}

/** Runs and reports all suites once, and sets the exit code. */
async function runAll(
  files: readonly string[],
  options: TestOptions,
  signal: AbortSignal,
): Promise<readonly SuiteRun[]> {
  const { color, bail, workers } = options;
  const run = options.run === undefined ? undefined : parsePattern(options.run);
  const coverage = startCoverage(options);
  if (coverage && workers > 1) {
    throw new SeccompSimError("coverage-workers", "coverage is measured on one thread", {
      hint: "leave --workers out",
    });
  }
  const mutation = startMutation(options);
  const reports = openReports(options.reporter ?? ["pretty"], color);
  if (options.update) {
    const style = styleFor(process.stderr, color);
    for (const file of files) await updateSuite(file, style, { run, signal });
  }
  const { explaining: explain } = reports;
  const runs: SuiteRun[] = [];
  for await (const one of runSuites(files, workers, { run, bail, signal, explain, ...coverage })) {
    runs.push(one);
    // The other suites are still run; the exit code tells. People see it in the report as well.
    if (one.outcome.kind === "broken" && !(reports.forPeople && process.stdout.isTTY)) {
      note(`error: ${complaintText(one.outcome.error)}`);
    }
    await reports.suite(one.outcome);
    if (signal.aborted || (bail && hasFailed(one))) break;
  }
  const outcomes = runs.map(({ outcome }) => outcome);
  const measured = coverage?.end();
  await reports.end(outcomes, measured);
  const left = files.length - runs.length;
  if (left > 0) note(`${left} more suite${left === 1 ? " was" : "s were"} not run`);

  // What is for programs stays alone on standard output.
  const style = styleFor(reports.forPeople ? process.stdout : process.stderr, color);
  const show = async (text: string): Promise<void> =>
    reports.forPeople ? print(`\n${text}`) : note(text.trimEnd());
  const low = (measured && (await coverage?.tell(measured, style, show))) ?? 0;
  const code = exitCodeOf(outcomes, options, signal);
  process.exitCode = code ?? low;
  if (mutation && code === 1) note("no mutants are made: the suites do not hold as they are");
  if (mutation === undefined || code !== undefined) return runs;
  const suites = runs.flatMap(({ suite: open, path }) => {
    const suite = open();
    return suite ? [{ suite, path }] : [];
  });
  process.exitCode = (await mutation.end(suites, style, show, signal)) || low;
  return runs;
}

/** The exit code that follows from the suites; `undefined` where all is well. */
function exitCodeOf(
  outcomes: readonly SuiteOutcome[],
  { run }: TestOptions,
  { aborted }: AbortSignal,
): number | undefined {
  const { broken, failedCases, cases } = totalsOf(outcomes);
  if (broken > 0) return 2;
  if (cases === 0 && run !== undefined && !aborted) {
    throw new SeccompSimError("no-case", `no case matches --run ${run}`);
  }
  if (failedCases > 0) return 1;
  return aborted ? 130 : undefined;
}

function hasFailed({ outcome }: SuiteRun): boolean {
  return outcome.kind === "broken" || !outcome.result.passed;
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^Invalid regular expression: /, "");
    throw new SeccompSimError("bad-pattern", `--run: ${reason}`, { cause });
  }
}
