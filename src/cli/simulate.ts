import { createSimulator, type Simulator } from "../analysis/simulator.js";
import type { Warning } from "../errors.js";
import { readProfileArgument, refuseTwoStdins } from "../node/profile-argument.js";
import { formatTarget, parseTarget } from "../profile/target-options.js";
import { complaintText } from "../report/complaint.js";
import { type CommonOptions, pickTarget } from "./options.js";
import { note } from "./output.js";

/** The simulator that a command's PROFILE, `--stack` and target options ask for. */
export function simulatorFor(profile: string, options: CommonOptions): Simulator {
  const target = parseTarget(pickTarget(options));
  const { arch } = target;
  const stack = options.stack ?? [];
  refuseTwoStdins([profile, ...stack]);
  const source = readProfileArgument(profile, { type: options.type, arch });
  const more = stack.map((one) => readProfileArgument(one, { arch }));
  const simulator = createSimulator(source, target, more);
  warn(simulator.warnings);
  return simulator;
}

/** What the real chain ignores silently is said here, once each. */
export function warn(warnings: readonly Warning[]): void {
  for (const line of new Set(warnings.map((one) => `warning: ${complaintText(one)}`))) note(line);
}

export { formatTarget };
