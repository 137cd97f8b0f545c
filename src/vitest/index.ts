/**
 * Matchers for vitest: `import "seccomp-sim/vitest"` extends `expect`, whose subject is a simulator.
 *
 * @packageDocumentation
 */
import { describe, expect, test } from "vitest";
import type { Simulator } from "../analysis/simulator.js";
import { asked, checkSuite, collectSuites, denyWords, simulate, target } from "../node/index.js";
import { type CallLike, type Check, checkCall, checkSame } from "../report/check.js";

export { simulate, target };

/** The matchers, as `expect(simulator)` has them. */
export interface SeccompMatchers<R = unknown> {
  /** The call is executed. */
  toAllow(call: CallLike): R;
  /** The call is not executed as asked; with `errno`, it fails with that error. */
  toDeny(call: CallLike, errno?: string | number): R;
  toKill(call: CallLike): R;
  toLog(call: CallLike): R;
  /** Words as in a suite: `errno(EPERM)`, `trace(5)`; of several any may hold. */
  toDecide(call: CallLike, words: string | readonly string[]): R;
  /** The cases of a suite's file hold of this simulator. */
  toPassSuite(file: string | URL): R;
  /** Proven to decide alike, whatever the call. */
  toDecideAs(other: Simulator): R;
}

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: as vitest declares it
  interface Matchers<T = any> extends SeccompMatchers<T> {}
}

function result(simulator: Simulator, work: () => Check): { pass: boolean; message: () => string } {
  const check = asked(simulator, work);
  return { pass: check.pass, message: () => check.message };
}

expect.extend({
  toAllow: (simulator: Simulator, call: CallLike) =>
    result(simulator, () => checkCall(simulator, call, "allow")),
  toDeny: (simulator: Simulator, call: CallLike, errno?: string | number) =>
    result(simulator, () => checkCall(simulator, call, denyWords(errno))),
  toKill: (simulator: Simulator, call: CallLike) =>
    result(simulator, () => checkCall(simulator, call, "kill")),
  toLog: (simulator: Simulator, call: CallLike) =>
    result(simulator, () => checkCall(simulator, call, "log")),
  toDecide: (simulator: Simulator, call: CallLike, words: string | readonly string[]) =>
    result(simulator, () => checkCall(simulator, call, words)),
  toPassSuite: (simulator: Simulator, file: string | URL) =>
    result(simulator, () => checkSuite(simulator, file)),
  toDecideAs: (simulator: Simulator, other: Simulator) =>
    result(simulator, () => checkSame(simulator, other)),
});

/**
 * Makes one test for each case of a suite's file, or of all suites below a folder; `skip` and `todo` are
 * vitest's.
 */
export function suiteTests(path: string | URL): void {
  const tests = collectSuites(path);
  for (const file of new Set(tests.map((one) => one.file))) {
    describe(file, () => {
      for (const { name, skip, todo, run } of tests.filter((one) => one.file === file)) {
        if (skip !== undefined) test.skip(name, run);
        else if (todo !== undefined) test.todo(name, run);
        else test(name, run);
      }
    });
  }
}
