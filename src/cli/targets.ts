import { Command } from "commander";
import { suggest } from "../abi/suggest.js";
import {
  compareTargets,
  DIMENSIONS,
  type Dimension,
  type TargetAnswer,
  type TargetRow,
  type Variation,
  varyTarget,
} from "../analysis/targets.js";
import { SeccompSimError, type Warning } from "../errors.js";
import { readProfileArgument } from "../node/profile-argument.js";
import { targetJson } from "../report/answer-json.js";
import { formatTargets } from "../report/targets.js";
import { formatVerdict } from "../seccomp/verdict.js";
import {
  type CommonOptions,
  collect,
  formatOption,
  pickTarget,
  sourceOptions,
  targetOptions,
} from "./options.js";
import { print, styleFor } from "./output.js";
import { warn } from "./simulate.js";

interface TargetsOptions extends CommonOptions {
  readonly vary?: string[];
  readonly format: "pretty" | "json" | "ndjson";
  readonly color: boolean;
}

export function targetsCommand(): Command {
  const command = new Command("targets")
    .summary("what some calls get on many targets")
    .description(
      "Compiles PROFILE for many targets and prints each CALL's verdict on each of them.",
    )
    .argument("<PROFILE>", "file, preset, or Docker's own seccomp=FILE, unconfined, builtin")
    .argument("<CALL...>", "calls as strace prints them, or bare names")
    .option(
      "--vary <DIMENSIONS>",
      `combine these: ${DIMENSIONS.join(", ")}; NAME=VALUE,VALUE names the values; may be repeated (default: each of the first five alone)`,
      collect,
    )
    .addOption(formatOption(["pretty", "json", "ndjson"]));
  return targetOptions(sourceOptions(command))
    .addHelpText(
      "after",
      `
The other options say the target that the variations begin with.

Examples:
  seccomp-sim targets docker-default clone3 'socket(AF_VSOCK, SOCK_STREAM, 0)'
  seccomp-sim targets profile.json mount --vary runtime,caps --arch arm64
  seccomp-sim targets profile.json ptrace --vary kernel=4.4,4.8 --vary libseccomp=2.5.4,2.6.1`,
    )
    .action(targets);
}

async function targets(
  profile: string,
  calls: string[],
  _: unknown,
  command: Command,
): Promise<void> {
  const options = command.optsWithGlobals<TargetsOptions>();
  const variations = options.vary?.flatMap(parseVariation);
  const varied = varyTarget(
    pickTarget(options),
    variations ?? DIMENSIONS.slice(0, 5).map((dimension) => ({ dimension })),
    variations !== undefined,
  );
  const arch = varied[0]?.target.arch ?? "x86_64";
  const source = readProfileArgument(profile, { type: options.type, arch });
  const rows = compareTargets(source, varied, calls);
  // What a target lacks is what the table shows; only the first one's warnings, and faults, are said.
  const isFault = ({ code }: Warning): boolean => code === "libseccomp-fault";
  warn(rows.flatMap(({ warnings }, i) => (i === 0 ? warnings : warnings.filter(isFault))));
  const style = styleFor(process.stdout, options.color);
  await print(
    options.format === "pretty"
      ? formatTargets(rows, calls, style)
      : json(rows, calls, options.format),
  );
}

function json(
  rows: readonly TargetRow[],
  calls: readonly string[],
  format: "json" | "ndjson",
): string {
  const data = rows.map(({ options, target, answers }) => ({
    options,
    target: targetJson(target),
    answers: answers.map((answer, i) => ({ call: calls[i], ...answerJson(answer) })),
  }));
  if (format === "json") return `${JSON.stringify(data, null, 2)}\n`;
  return data.map((row) => `${JSON.stringify(row)}\n`).join("");
}

function answerJson(answer: TargetAnswer): object {
  const { kind, differs } = answer;
  if (kind !== "answer") return { error: answer.error.message, code: answer.error.code, differs };
  const { verdict, ret, because } = answer;
  return { verdict: formatVerdict(verdict), ret: ret >>> 0, because, differs };
}

/** `runtime,caps` or `arch=x86_64,aarch64`. */
function parseVariation(text: string): Variation[] {
  const [names = "", values] = text.split("=", 2);
  const list = (words: string): string[] =>
    words
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "");
  const dimensions = list(names).map((name): Dimension => {
    const known = DIMENSIONS.find((one) => one === name);
    if (known !== undefined) return known;
    const near = suggest(name, DIMENSIONS);
    throw new SeccompSimError("unknown-dimension", `targets do not differ in "${name}"`, {
      hint: near === undefined ? `one of ${DIMENSIONS.join(", ")}` : `did you mean ${near}?`,
    });
  });
  if (values === undefined) return dimensions.map((dimension) => ({ dimension }));
  const [dimension] = dimensions;
  const named = list(values);
  if (dimension === undefined || dimensions.length > 1 || named.length === 0) {
    throw new SeccompSimError("bad-variation", `--vary ${text} does not say what to vary`, {
      hint: "write NAME=VALUE,VALUE, and --vary again for the next one",
    });
  }
  return [{ dimension, values: named }];
}
