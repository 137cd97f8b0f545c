import type { Simulator } from "../analysis/simulator.js";
import { failureLines } from "../report/run.js";
import { runSuiteSync } from "../suite/runner.js";
import type { Suite, SuiteCase, SuiteTarget } from "../suite/suite.js";
import { pathOf } from "./simulate.js";
import { openSuite, SuiteSimulators, suiteFiles } from "./suite-files.js";
import { told } from "./told.js";

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
  /** As of `assert.fail`: Jest compares the operands of others, and would show two that are undefined. */
  readonly operator = "fail";

  constructor(message: string) {
    super(message);
    this.name = "AssertionError";
  }
}

export function readSuiteFile(file: string | URL): Suite {
  return told(() => openSuite(pathOf(file)).suite);
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
  return told(() => suiteFiles(pathOf(path))).flatMap((file) => {
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
      const text = failuresIn({ ...suite, cases: [one], targets: [target] }, () =>
        simulatorFor(suite, target, file),
      );
      if (text !== "") throw new AssertionError(text);
    },
  };
}

/** That of the test that ran last: the tests of a target follow each other, and no runner says which is the last. */
let open:
  | { suite: Suite; target: SuiteTarget; simulators: SuiteSimulators; simulator: Simulator }
  | undefined;

function simulatorFor(suite: Suite, target: SuiteTarget, file: string): Simulator {
  if (open?.suite === suite && open.target === target) return open.simulator;
  open?.simulators.close();
  open = undefined;
  const simulators = new SuiteSimulators(suite, file);
  const simulator = told(() => simulators.next(target));
  open = { suite, target, simulators, simulator };
  return simulator;
}

/** What does not hold, a line for each call; "" where all holds. Cases that are to do may fail. */
export function failuresIn(suite: Suite, simulatorFor: (target: SuiteTarget) => Simulator): string {
  return runSuiteSync(suite, simulatorFor, { explain: false })
    .runs.flatMap((run) => run.cases)
    .filter(({ status }) => status === "failed")
    .flatMap(failureLines)
    .join("\n");
}
