import type { Simulator } from "../analysis/simulator.js";
import { type CallLike, type Check, checkCall, checkSame } from "../report/check.js";
import { pathOf } from "./simulate.js";
import { AssertionError, failuresIn, readSuiteFile } from "./suites.js";
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
  const suite = readSuiteFile(path);
  const { target } = simulator;
  const own = suite.targets.find((one) => one.target.arch === target.arch) ?? suite.targets[0];
  const on = own === undefined ? [] : [{ ...own, target }];
  const text = failuresIn({ ...suite, targets: on }, () => simulator);
  return text === ""
    ? { pass: true, message: `expected ${path} not to hold, but every case does` }
    : { pass: false, message: `${path} does not hold:\n${text}` };
}
