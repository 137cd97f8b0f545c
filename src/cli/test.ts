import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { createSimulator } from "../analysis/simulator.js";
import { placed, SeccompSimError } from "../errors.js";
import { formatSuite, formatTotals } from "../report/pretty.js";
import type { readSuite, Suite } from "../suite/reader.js";
import { runSuite, type SuiteResult } from "../suite/runner.js";
import { readSmall, systemError } from "./input.js";
import { note, print, styleFor } from "./output.js";
import { folderOf, readProfileArgument, refuseTwoStdins } from "./profile-argument.js";
import { complaintText, warn } from "./simulate.js";

const SUITE_NAME = /\.seccomp\.(ya?ml|json)$/;

export function testCommand(): Command {
  return new Command("test")
    .summary("run suites of expectations")
    .description("Runs suite files; in a folder, every *.seccomp.yaml (.yml, .json) below it.")
    .argument("<PATH...>", "suite files or folders; - is standard input")
    .addHelpText(
      "after",
      `
A suite:
  profile: docker-default
  target: { kernel: "6.1", cap: [SYS_PTRACE] }
  cases:
    - call: clone(CLONE_NEWUSER|SIGCHLD)
      expect: errno(EPERM)

Example:
  seccomp-sim test examples`,
    )
    .action(test);
}

async function test(paths: string[], _: unknown, command: Command): Promise<void> {
  const { color } = command.optsWithGlobals<{ color: boolean }>();
  const style = styleFor(process.stdout, color);
  refuseTwoStdins(paths);
  // Reading YAML takes longer to load than all else together, so other commands go without it.
  const { readSuite } = await import("../suite/reader.js");
  const results: SuiteResult[] = [];
  let broken = 0;
  for (const file of [...new Set(paths.flatMap(suiteFiles))]) {
    try {
      const result = runFile(file, readSuite);
      results.push(result);
      await print(`${formatSuite(result, style)}\n`);
    } catch (error) {
      // The other suites are still run; the exit code tells.
      if (!(error instanceof SeccompSimError)) throw error;
      broken++;
      note(`error: ${complaintText(error)}`);
    }
  }
  if (results.length > 0) await print(formatTotals(results, style));
  if (broken > 0) process.exitCode = 2;
  else if (results.some((result) => !result.passed)) process.exitCode = 1;
}

function runFile(file: string, read: typeof readSuite): SuiteResult {
  const { bytes, name } = readSmall(file);
  const suite = read(suiteText(bytes, name), name);
  const simulator = simulatorOf(suite, file);
  try {
    return runSuite(suite, simulator);
  } finally {
    simulator.close();
  }
}

function simulatorOf(suite: Suite, file: string) {
  const base = file === "-" ? process.cwd() : folderOf(file);
  // A mistake without a place of its own is shown where the suite names the profile.
  return placed(suite.profilePlace, () => {
    const source = readProfileArgument(suite.profile, { base, arch: suite.target.arch });
    const simulator = createSimulator(source, suite.target);
    warn(simulator.warnings);
    return simulator;
  });
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
