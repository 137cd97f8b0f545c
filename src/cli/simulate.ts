import { createSimulator, type Simulator } from "../analysis/simulator.js";
import { formatPlace, type SeccompSimError, type Warning } from "../errors.js";
import { formatRuntime, formatTarget, parseTarget } from "../profile/target-options.js";
import { printable } from "../report/style.js";
import type { Target } from "../target.js";
import { type CommonOptions, pickTarget } from "./options.js";
import { note } from "./output.js";
import { readProfileArgument, refuseTwoStdins } from "./profile-argument.js";

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

/** `file:line:column: message` and the hint. */
export function complaintText(problem: Warning | SeccompSimError): string {
  const where = problem.place ? `${formatPlace(problem.place)}: ` : "";
  const hint = problem.hint ? `\n  hint: ${problem.hint}` : "";
  return `${printable(where)}${printableLines(problem.message)}${printableLines(hint)}`;
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** The target for programs; versions are text, since 6.10 is not 6.1. */
export function targetJson(target: Target): Record<string, unknown> {
  const { kernel, optimize, table, runtimeVersion: _, ...rest } = target;
  return {
    ...rest,
    engine: target.engine ?? "docker",
    runtime: formatRuntime(target),
    ...(table === undefined ? {} : { table }),
    ...(optimize === undefined ? {} : { optimize }),
    kernel: `${kernel.major}.${kernel.minor}`,
  };
}

export { formatTarget };
