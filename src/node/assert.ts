import type { Simulator } from "../analysis/simulator.js";
import { formatTarget } from "../profile/target-options.js";
import { type CallLike, type Check, checkCall, checkSame } from "../report/check.js";
import type { Suite, SuiteTarget } from "../suite/suite.js";
import type { Target } from "../target.js";
import { pathOf } from "./simulate.js";
import { openSuite } from "./suite-files.js";
import { AssertionError, failuresIn } from "./suites.js";
import { asked } from "./told.js";

function require_(simulator: Simulator, check: () => Check): void {
  const found = asked(simulator, check);
  if (!found.pass) throw new AssertionError(found.message);
}

/** The words for a denial: any, or by this errno. */
export function denyWords(errno: string | number | undefined): string {
  return errno === undefined ? "deny" : `errno(${errno})`;
}

/** Each of these throws an AssertionError that says the call, the verdict and what decided. */
export function assertAllows(simulator: Simulator, call: CallLike): void {
  require_(simulator, () => checkCall(simulator, call, "allow"));
}

/** @param errno a name or number; without it, every way not to execute the call will do */
export function assertDenies(simulator: Simulator, call: CallLike, errno?: string | number): void {
  require_(simulator, () => checkCall(simulator, call, denyWords(errno)));
}

export function assertKills(simulator: Simulator, call: CallLike): void {
  require_(simulator, () => checkCall(simulator, call, "kill"));
}

export function assertLogs(simulator: Simulator, call: CallLike): void {
  require_(simulator, () => checkCall(simulator, call, "log"));
}

/** @param words as in a suite: `errno(EPERM)`, or several of which any may hold */
export function assertDecides(
  simulator: Simulator,
  call: CallLike,
  words: string | readonly string[],
): void {
  require_(simulator, () => checkCall(simulator, call, words));
}

/** The two are proven to decide alike, whatever the call. */
export function assertDecidesAs(simulator: Simulator, other: Simulator): void {
  require_(simulator, () => checkSame(simulator, other));
}

/** The suite's cases hold of this simulator, whatever profile and target the suite names. */
export function assertPassesSuite(simulator: Simulator, file: string | URL): void {
  require_(simulator, () => checkSuite(simulator, file));
}

export function checkSuite(simulator: Simulator, file: string | URL): Check {
  const path = pathOf(file);
  const { suite } = openSuite(path);
  const own = ownTarget(suite, simulator.target);
  const cases = suite.cases
    .filter((one) => one.appliesTo(own))
    .map((one) => ({ ...one, appliesTo: () => true }));
  const targets = [{ ...own, target: simulator.target }];
  const text = failuresIn({ ...suite, cases, targets }, () => simulator);
  return text === ""
    ? { pass: true, message: `expected ${path} not to hold, but every case does` }
    : { pass: false, message: `${path} does not hold:\n${text}` };
}

/** The target of a suite's matrix whose cases a target gets: itself, one of its architecture, or the first. */
function ownTarget({ targets }: Suite, target: Target): SuiteTarget {
  const { engine } = target;
  const isSame = (one: SuiteTarget): boolean =>
    formatTarget({ ...one.target, engine }) === formatTarget(target);
  const own = targets.find(isSame) ?? targets.find((one) => one.target.arch === target.arch);
  return own ?? (targets[0] as SuiteTarget);
}
