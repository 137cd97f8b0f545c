import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createSimulator, type Simulator } from "../analysis/simulator.js";
import { placed, SeccompSimError } from "../errors.js";
import { failureLines } from "../report/run.js";
import { readSuite } from "../suite/reader.js";
import { runSuiteSync } from "../suite/runner.js";
import type { Suite, SuiteCase, SuiteTarget } from "../suite/suite.js";
import { readSmall } from "./input.js";
import { folderOf, readProfileArgument } from "./profile-argument.js";
import { pathOf } from "./simulate.js";

/** One case of a suite on one target of its matrix, as a test of any runner. */
export interface SuiteTest {
  readonly file: string;
  /** The case's title, and in a matrix the target. */
  readonly name: string;
  /** Why it is not run, "" without a reason. */
  readonly skip: string | undefined;
  /** Why it may fail. */
  readonly todo: string | undefined;
  /** Throws an AssertionError where the case does not hold. */
  run(): void;
}

/** An expectation that does not hold, as runners of tests know it. */
export class AssertionError extends Error {
  readonly code = "ERR_ASSERTION";

  constructor(message: string) {
    super(message);
    this.name = "AssertionError";
  }
}

export function readSuiteFile(file: string | URL): Suite {
  const path = pathOf(file);
  const { bytes, name } = readSmall(path);
  return readSuite(new TextDecoder().decode(bytes), name);
}

/**
 * The cases of a suite, or of all suites below a folder, as tests:
 *
 * ```js
 * for (const { name, run } of collectSuites("suites")) test(name, run);
 * ```
 *
 * Throws SeccompSimError for a suite with a mistake in it.
 */
export function collectSuites(path: string | URL): readonly SuiteTest[] {
  return suitesBelow(pathOf(path)).flatMap((file) => {
    const suite = readSuiteFile(file);
    return suite.targets.flatMap((target) =>
      suite.cases
        .filter((one) => one.appliesTo(target))
        .map((one) => testOf(suite, one, target, file)),
    );
  });
}

function testOf(suite: Suite, one: SuiteCase, target: SuiteTarget, file: string): SuiteTest {
  const { label } = target;
  return {
    file,
    name: label === "" ? one.title : `${one.title} [${label}]`,
    skip: one.skip,
    todo: one.todo,
    run() {
      const text = failuresIn({ ...suite, cases: [one], targets: [target] }, file);
      if (text !== "") throw new AssertionError(text);
    },
  };
}

/** What does not hold, a line for each call; "" where all holds. Cases that are to do may fail. */
export function failuresIn(suite: Suite, file: string, on?: Simulator): string {
  const open: Simulator[] = [];
  try {
    const result = runSuiteSync(suite, (target) => {
      if (on !== undefined) return on;
      const simulator = simulatorFor(suite, target, file);
      open.push(simulator);
      return simulator;
    });
    return result.runs
      .flatMap((run) => run.cases)
      .filter(({ status }) => status === "failed")
      .flatMap(failureLines)
      .join("\n");
  } finally {
    for (const simulator of open) simulator.close();
  }
}

function simulatorFor({ subjects }: Suite, { target }: SuiteTarget, file: string): Simulator {
  const { arch } = target;
  const [first, ...stack] = subjects.map((subject) =>
    subject.kind === "inline"
      ? subject.source
      : placed(subject.place, () =>
          readProfileArgument(subject.text, { base: folderOf(file), arch }),
        ),
  );
  if (first === undefined) throw new Error("a suite without a subject");
  return placed(subjects[0].place, () => createSimulator(first, target, stack));
}

const SUITE_NAME = /\.seccomp\.(ya?ml|json)$/;

function suitesBelow(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const found = readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory() && SUITE_NAME.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/(^|[\\/])node_modules[\\/]/.test(file))
    .sort();
  if (found.length > 0) return found;
  throw new SeccompSimError("no-suite", `${path} holds no suite`, {
    hint: "suites are files named *.seccomp.yaml",
  });
}
