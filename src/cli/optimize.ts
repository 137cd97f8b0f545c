import { Command } from "commander";
import { requireLoadable } from "../analysis/simulator.js";
import type { Codegen } from "../compiler/optimal/index.js";
import { refuseTwoStdins } from "../node/profile-argument.js";
import { parseTarget } from "../profile/target-options.js";
import { type CodegenOptions, chosenCodegen, codegenOptions, optimizeAndTell } from "./codegen.js";
import { emitOption, type Form } from "./options.js";
import { readRawFilter } from "./raw-filter.js";
import { writeFilter } from "./write-file.js";

interface OptimizeCommandOptions extends CodegenOptions {
  readonly output: string;
  readonly emit: Form;
  readonly arch?: string;
}

export function optimizeCommand(): Command {
  const command = new Command("optimize")
    .summary("a smaller or faster filter with the same decisions")
    .description(
      "Rewrites a filter with the same decisions. Both programs are compared over all their regions; " +
        "a filter that cannot be compared is refused.",
    )
    .argument("<FILTER>", "struct sock_filter[] or a filter's text; - is standard input")
    .option("-o, --output <FILE>", "where to write; - is standard output", "-")
    .addOption(emitOption())
    .option(
      "-a, --arch <NAME>",
      "byte order and names of a filter's text that has no .arch (default: x86_64)",
    );
  return codegenOptions(command, ["optimal", "balanced"])
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim optimize docker.bpf -o small.bpf
  seccomp-sim optimize docker.bpf --weights calls.raw -o fast.bpf`,
    )
    .action(optimize);
}

async function optimize(file: string, options: OptimizeCommandOptions): Promise<void> {
  const { weights } = options;
  const { arch } = parseTarget(options.arch === undefined ? {} : { arch: options.arch });
  refuseTwoStdins([file, ...(weights === undefined ? [] : [weights])]);
  const { instructions, name, endian } = readRawFilter(file, arch);
  requireLoadable(instructions, name);
  const codegen = chosenCodegen(options, "optimal") as Codegen;
  const optimized = await optimizeAndTell(name, instructions, endian, codegen, weights);
  await writeFilter(options.output, options.emit, optimized, endian);
}
