import { ARCHITECTURES } from "../abi/architecture.js";
import {
  type MutationOptions,
  type MutationResult,
  type MutationTarget,
  mutate,
} from "../analysis/mutation.js";
import type { Simulator } from "../analysis/simulator.js";
import type { Source } from "../analysis/source.js";
import type { SeccompData } from "../seccomp/record.js";
import { runSuiteSync } from "./runner.js";
import type { Suite, SuiteCase, SuiteTarget } from "./suite.js";

/**
 * Which mistakes in the suite's profiles the suite would notice: see {@link mutate}.
 *
 * @param sourcesFor the suite's subjects for one of its targets
 */
export function mutateSuite(
  suite: Suite,
  sourcesFor: (target: SuiteTarget) => readonly Source[],
  options: MutationOptions = {},
): Promise<MutationResult> {
  const targets = suite.targets.map((one): MutationTarget => {
    const asks = new Asks(suite, one);
    return {
      label: one.label,
      target: one.target,
      sources: sourcesFor(one),
      holds: (simulator, change) => asks.hold(simulator, change?.record),
    };
  });
  return mutate(targets, options);
}

/** The cases of one target, those about a certain call first: they fail soonest. */
class Asks {
  private readonly cases: readonly SuiteCase[];

  constructor(
    private readonly suite: Suite,
    private readonly target: SuiteTarget,
  ) {
    // What may fail, or is not run, notices nothing.
    this.cases = suite.cases.filter(
      (one) => one.skip === undefined && one.todo === undefined && one.appliesTo(target),
    );
  }

  hold(simulator: Simulator, changed: SeccompData | undefined): boolean {
    if (changed === undefined) return this.all(this.cases, simulator);
    const about = this.cases.filter((one) => this.asks(one, changed));
    if (!this.all(about, simulator)) return false;
    return this.all(
      this.cases.filter((one) => !about.includes(one)),
      simulator,
    );
  }

  private asks(one: SuiteCase, { nr, arch }: SeccompData): boolean {
    return one
      .callsFor(this.target)
      .some(
        (call) =>
          ARCHITECTURES[call.arch].audit === arch &&
          call.numbers.some(({ low, high }) => low <= nr >>> 0 && nr >>> 0 <= high),
      );
  }

  private all(cases: readonly SuiteCase[], simulator: Simulator): boolean {
    const suite = { ...this.suite, cases, targets: [this.target] };
    return runSuiteSync(suite, () => simulator, { nearest: false, explain: false }).passed;
  }
}
