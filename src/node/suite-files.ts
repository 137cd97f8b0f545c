import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ArchName } from "../abi/architecture.js";
import { createSimulator, type Simulator } from "../analysis/simulator.js";
import type { Source } from "../analysis/source.js";
import { placed, SeccompSimError, type Warning } from "../errors.js";
import { readJsonSuite } from "../suite/json-document.js";
import { readSuite } from "../suite/reader.js";
import type { Suite, SuiteTarget } from "../suite/suite.js";
import { readSmall, systemError } from "./input.js";
import { fileOfArgument, folderOf, readProfileArgument } from "./profile-argument.js";

export const SUITE_NAME = /\.seccomp\.(ya?ml|json)$/;

/** The suites that a path stands for: itself, or all below a folder, in name order. */
export function suiteFiles(path: string): string[] {
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

/** Links to folders are not followed, so that this ends. */
function below(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : below(path);
      return SUITE_NAME.test(entry.name) ? [path] : [];
    });
}

/** A suite and its text. */
export interface OpenSuite {
  readonly suite: Suite;
  readonly text: string;
}

/** Reads a suite from a file or, for `-`, standard input. */
export function openSuite(path: string): OpenSuite {
  const { bytes, name } = readSmall(path);
  const text = suiteText(bytes, name);
  return { suite: suiteOf(text, name), text };
}

/**
 * A suite from the text of its file, whose name tells whether it is JSON or YAML.
 *
 * @param arch as of `readSuite`
 */
export function suiteOf(text: string, name: string, arch?: ArchName): Suite {
  return name.endsWith(".json")
    ? readJsonSuite(text, name, arch)
    : readSuite(text, name, undefined, arch);
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

/** What a suite is about, on one of its targets: first the profile, then what is loaded after it. */
export function sourcesOf(
  suite: Suite,
  path: string,
  { target: { arch } }: SuiteTarget,
): [Source, ...Source[]] {
  const base = baseOf(path);
  const read = (subject: Suite["subjects"][number]): Source =>
    subject.kind === "inline"
      ? subject.source
      : placed(subject.place, () => readProfileArgument(subject.text, { base, arch }));
  const [first, ...more] = suite.subjects;
  return [read(first), ...more.map(read)];
}

/** The files that a suite is about. */
export function filesOf(suite: Suite, path: string): string[] {
  return suite.subjects.flatMap((subject) => {
    const file = subject.kind === "inline" ? undefined : fileOfArgument(subject.text, baseOf(path));
    return file === undefined || file === "-" ? [] : resolve(file);
  });
}

/** Whether a suite is about a profile that comes from standard input. */
export function readsStdin(suite: Suite, path: string): boolean {
  return suite.subjects.some(
    (one) => one.kind === "argument" && fileOfArgument(one.text, baseOf(path)) === "-",
  );
}

function baseOf(path: string): string {
  return path === "-" ? process.cwd() : folderOf(path);
}

/**
 * The simulators of a suite's targets, of which one is open at a time. Warnings are looked for only where
 * somebody wants to hear them: that takes as long as compiling.
 */
export class SuiteSimulators {
  private open: Simulator | undefined;
  private readonly warn: Say | undefined;

  constructor(
    private readonly suite: Suite,
    private readonly path: string,
    warn?: Say,
  ) {
    this.warn = warn && sayOnce(warn);
  }

  next(on: SuiteTarget): Simulator {
    this.close();
    const { suite, path } = this;
    const [first, ...more] = sourcesOf(suite, path, on);
    // A mistake without a place of its own is shown where the suite names the profile.
    const simulator = placed(suite.subjects[0].place, () =>
      onTarget(on.label, () => createSimulator(first, on.target, more)),
    );
    this.open = simulator;
    this.warn?.(simulator.warnings);
    return simulator;
  }

  close(): void {
    this.open?.close();
    this.open = undefined;
  }
}

type Say = (warnings: readonly Warning[]) => void;

/** What was said once need not be said for each target. */
export function sayOnce(say: Say): Say {
  const said = new Set<string>();
  return (warnings) => {
    say(warnings.filter(({ message }) => !said.has(message)));
    for (const { message } of warnings) said.add(message);
  };
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
