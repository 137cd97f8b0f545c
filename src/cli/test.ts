import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { ArchName } from "../abi/architecture.js";
import { createSimulator, type Simulator } from "../analysis/simulator.js";
import type { Source } from "../analysis/source.js";
import { placed, SeccompSimError } from "../errors.js";
import { complaintText } from "../report/complaint.js";
import { REPORTERS } from "../report/reporters.js";
import { type SuiteOutcome, totalsOf } from "../report/run.js";
import { readSuite } from "../suite/reader.js";
import { runSuite } from "../suite/runner.js";
import type { Suite, SuiteSubject, SuiteTarget } from "../suite/suite.js";
import { readSmall, STDIN_NAME, systemError } from "./input.js";
import { collect } from "./options.js";
import { note } from "./output.js";
import { folderOf, readProfileArgument, refuseTwoStdins } from "./profile-argument.js";
import { openReports } from "./reports.js";
import { warn } from "./simulate.js";

const SUITE_NAME = /\.seccomp\.(ya?ml|json)$/;

export function testCommand(): Command {
  return new Command("test")
    .summary("run suites of expectations")
    .description("Runs suite files; in a folder, every *.seccomp.yaml (.yml, .json) below it.")
    .argument("<PATH...>", "suite files or folders; - is standard input")
    .option(
      "--reporter <NAME[=FILE]>",
      `how results are reported, to FILE if given: ${Object.keys(REPORTERS).join(", ")}; may be repeated (default: pretty)`,
      collect,
    )
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
  seccomp-sim test examples --reporter pretty --reporter junit=report.xml`,
    )
    .action(test);
}

interface TestOptions {
  readonly reporter?: string[];
  readonly color: boolean;
}

async function test(paths: string[], _: unknown, command: Command): Promise<void> {
  const { color, reporter } = command.optsWithGlobals<TestOptions>();
  const reports = openReports(reporter ?? ["pretty"], color);
  refuseTwoStdins(paths);
  const outcomes: SuiteOutcome[] = [];
  for (const file of [...new Set(paths.flatMap(suiteFiles))]) {
    const outcome = await runFile(file);
    outcomes.push(outcome);
    // The other suites are still run; the exit code tells.
    if (outcome.kind === "broken") note(`error: ${complaintText(outcome.error)}`);
    await reports.suite(outcome);
  }
  const { broken, failedCases } = totalsOf(outcomes);
  if (broken > 0) process.exitCode = 2;
  else if (failedCases > 0) process.exitCode = 1;
  await reports.end(outcomes);
}

async function runFile(path: string): Promise<SuiteOutcome> {
  const started = new Date();
  const begin = performance.now();
  const timing = () => ({
    file: path === "-" ? STDIN_NAME : path,
    started,
    milliseconds: performance.now() - begin,
  });
  try {
    const { bytes, name } = readSmall(path);
    const suite = readSuite(suiteText(bytes, name), name);
    warn(suite.warnings);
    const simulators = new Simulators(suite, path);
    try {
      const result = await runSuite(suite, (target) => simulators.next(target));
      return { kind: "ran", result, ...timing() };
    } finally {
      simulators.close();
    }
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    return { kind: "broken", error, ...timing() };
  }
}

/** The simulators of a suite's targets, of which one is open at a time. */
class Simulators {
  private readonly base: string;
  private open: Simulator | undefined;
  /** What was said once need not be said for each target. */
  private readonly said = new Set<string>();

  constructor(
    private readonly suite: Suite,
    file: string,
  ) {
    this.base = file === "-" ? process.cwd() : folderOf(file);
  }

  next({ target, label }: SuiteTarget): Simulator {
    this.close();
    const [first, ...more] = this.suite.subjects.map((one) => this.sourceOf(one, target.arch));
    // A mistake without a place of its own is shown where the suite names the profile.
    const simulator = placed(this.suite.subjects[0].place, () =>
      onTarget(label, () => createSimulator(first as Source, target, more)),
    );
    this.open = simulator;
    warn(simulator.warnings.filter(({ message }) => !this.said.has(message)));
    for (const { message } of simulator.warnings) this.said.add(message);
    return simulator;
  }

  close(): void {
    this.open?.close();
    this.open = undefined;
  }

  private sourceOf(subject: SuiteSubject, arch: ArchName): Source {
    if (subject.kind === "inline") return subject.source;
    const { base } = this;
    return placed(subject.place, () => readProfileArgument(subject.text, { base, arch }));
  }
}

/** A refusal names the target of the matrix that it is about. */
function onTarget<T>(label: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SeccompSimError) || label === "") throw error;
    const { code, message, place, hint } = error;
    throw new SeccompSimError(code, `${message} (${label})`, { place, hint, cause: error });
  }
}

function suiteFiles(path: string): string[] {
  if (path === "-") return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const found = below(path);
    if (found.length > 0) return found;
  } catch (error) {
    throw systemError(path, error);
  }
  throw new SeccompSimError("no-suite", `${path} holds no suite`, {
    hint: "suites are files named *.seccomp.yaml",
  });
}

/** Suites below a folder, in name order; links to folders are not followed, so that this ends. */
function below(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : below(path);
      return SUITE_NAME.test(entry.name) ? [path] : [];
    });
}

/** A suite is UTF-8; a byte that is not would silently become another character. */
function suiteText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const before = new TextDecoder().decode(bytes).split("\ufffd")[0] ?? "";
    const lines = before.split("\n");
    const column = (lines.at(-1) ?? "").length + 1;
    throw new SeccompSimError("not-utf8", "here is a byte that is not UTF-8 text", {
      place: { file, line: lines.length, column },
      hint: "save the suite as UTF-8",
    });
  }
}
