import { Command } from "commander";
import { ARCHITECTURES } from "../abi/architecture.js";
import { type ParsedCall, parseCall } from "../abi/call.js";
import type { Answer } from "../analysis/because.js";
import type { NearEntry } from "../analysis/nearest.js";
import type { Simulator } from "../analysis/simulator.js";
import { answerJson, targetJson } from "../report/answer-json.js";
import { formatBecause } from "../report/because.js";
import { formatNearInFile, nearJson } from "../report/nearest.js";
import { printable, type Style } from "../report/style.js";
import { describeEffect, executes, formatVerdict } from "../seccomp/verdict.js";
import { type Expectation, parseExpectation } from "../suite/expectation.js";
import { MAX_NEAREST, nearestTo } from "../suite/nearest.js";
import {
  type CommonOptions,
  formatOption,
  sourceOptions,
  stackOption,
  targetOptions,
} from "./options.js";
import { print, styleFor } from "./output.js";
import { formatTarget, simulatorFor } from "./simulate.js";

interface CheckOptions extends CommonOptions {
  readonly expect?: string;
  readonly format: "pretty" | "json";
  readonly color: boolean;
}

interface Checked {
  readonly call: ParsedCall;
  readonly answer: Answer;
  readonly missed: boolean;
  /** Of a call that missed. */
  readonly nearest: readonly NearEntry[];
}

export function checkCommand(): Command {
  const command = new Command("check")
    .summary("what happens to some calls, and why")
    .description("Prints for each CALL the verdict, what the program sees, and the reason.")
    .argument("<PROFILE>", "file, preset, -, or Docker's own seccomp=FILE, unconfined, builtin")
    .argument("<CALL...>", "calls as strace prints them, or bare names")
    .option("--expect <VERDICT>", "exit 1 unless every call gets it; words apart by commas: any")
    .addOption(formatOption(["pretty", "json"]));
  return targetOptions(stackOption(sourceOptions(command)))
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim check docker-default mount 'clone(CLONE_NEWUSER|SIGCHLD)'
  seccomp-sim check profile.json 'socket(AF_ALG, SOCK_SEQPACKET, 0)' --expect 'errno(EPERM)'
  docker run --rm IMAGE cat profile.json | seccomp-sim check - ptrace --format json`,
    )
    .action(check);
}

async function check(
  profile: string,
  calls: string[],
  _: unknown,
  command: Command,
): Promise<void> {
  const options = command.optsWithGlobals<CheckOptions>();
  const simulator = simulatorFor(profile, options);
  const { arch } = simulator.target;
  const expected =
    options.expect === undefined ? undefined : parseExpectation(options.expect.split(","));
  let looks = MAX_NEAREST;
  const checked = calls.map((text): Checked => {
    const call = parseCall(text, arch);
    const answer = simulator.evaluate(call);
    const missed = expected !== undefined && !expected.matches(answer.verdict, arch);
    const nearest = missed && looks-- > 0 ? nearestTo(simulator, { call, answer }, expected) : [];
    return { call, answer, missed, nearest };
  });
  if (checked.some((one) => one.missed)) process.exitCode = 1;
  const style = styleFor(process.stdout, options.color);
  await print(
    options.format === "json"
      ? json(checked, simulator)
      : pretty(checked, simulator, expected, style),
  );
  simulator.close();
}

function json(checked: readonly Checked[], { target }: Simulator): string {
  const rows = checked.map(({ call, answer, nearest }) => ({
    ...answerJson(call, answer),
    ...(nearest.length === 0 ? {} : { nearest: nearest.map(nearJson) }),
    target: targetJson(target),
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}

function pretty(
  checked: readonly Checked[],
  { target }: Simulator,
  expected: Expectation | undefined,
  style: Style,
): string {
  const blocks = checked.map(({ call, answer, missed, nearest }) => {
    const { record } = call;
    const verdict = formatVerdict(answer.verdict);
    const args = record.args.map((arg) => `0x${arg.toString(16)}`).join(" ");
    const audit = `0x${ARCHITECTURES[call.arch].audit.toString(16)}`;
    const paint = executes(answer.verdict) ? style.good : style.bad;
    return [
      `${style.strong(printable(call.text))}  ${paint(verdict)}`,
      `  effect   ${describeEffect(answer.verdict, target.kernel)}`,
      `  sees     nr ${record.nr | 0}, arch ${call.arch} (${audit}), args ${args}`,
      `  because  ${printable(formatBecause(answer.because))}`,
      ...(missed ? [style.bad(`  expected ${expected?.text}`)] : []),
      ...nearest.map((near) => `  nearest  ${printable(formatNearInFile(near))}`),
      "",
    ].join("\n");
  });
  return [...blocks, style.faint(`target: ${formatTarget(target)}`), ""].join("\n");
}
