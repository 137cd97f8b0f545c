import { Command } from "commander";
import { ARCHITECTURES } from "../abi/architecture.js";
import { compile } from "../analysis/simulator.js";
import { SeccompSimError } from "../errors.js";
import { readProfileArgument, refuseTwoStdins } from "../node/profile-argument.js";
import { parseTarget } from "../profile/target-options.js";
import { noProgram } from "../runtime/compile.js";
import { type CodegenOptions, chosenCodegen, codegenOptions, optimizeAndTell } from "./codegen.js";
import {
  type CommonOptions,
  emitOption,
  type Form,
  pickTarget,
  sourceOptions,
  targetOptions,
} from "./options.js";
import { note } from "./output.js";
import { formatTarget, warn } from "./simulate.js";
import { writeFilter, writeResult } from "./write-file.js";

interface CompileOptions extends CommonOptions, CodegenOptions {
  readonly output: string;
  readonly emit: Form;
}

export function compileCommand(): Command {
  const command = new Command("compile")
    .summary("the filter that the runtime would load")
    .description("Compiles PROFILE to the very program that the runtime loads on the target.")
    .argument("<PROFILE>", "file, preset, -, or Docker's own seccomp=FILE, unconfined, builtin")
    .option("-o, --output <FILE>", "where to write; - is standard output", "-")
    .addOption(emitOption());
  codegenOptions(command, ["libseccomp", "optimal", "balanced"]);
  return targetOptions(sourceOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim compile docker-default -o docker.bpf
  seccomp-sim compile profile.json --emit asm --arch aarch64
  seccomp-sim compile docker-default --codegen optimal -o small.bpf`,
    )
    .action(compileProfile);
}

async function compileProfile(profile: string, _: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals<CompileOptions>();
  const target = parseTarget(pickTarget(options));
  const codegen = chosenCodegen(options, "libseccomp");
  refuseTwoStdins([profile, ...(options.weights === undefined ? [] : [options.weights])]);
  const { endian } = ARCHITECTURES[target.arch];
  const source = readProfileArgument(profile, { type: options.type, arch: target.arch });
  if (source.kind === "strict") {
    throw new SeccompSimError("no-program", "strict is a mode of the kernel, not a filter", {
      hint: "there is nothing to compile; check and eval answer for it",
    });
  }
  const { filter, read, warnings, target: used } = compile(source, target);
  if (read) throw noProgram();
  warn(warnings);
  note(`target: ${formatTarget(used)}`);
  if (!filter) {
    note(`${source.name} loads no filter: the output is empty`);
    await writeResult(options.output, "");
    return;
  }
  const { instructions, compiled } = filter;
  const stub = compiled?.stubLength ? `, ${compiled.stubLength} of them the ENOSYS stub` : "";
  note(`${source.name}: ${instructions.length} instructions${stub}`);
  const output =
    codegen === "libseccomp"
      ? instructions
      : await optimizeAndTell(source.name, instructions, endian, codegen, options.weights);
  await writeFilter(options.output, options.emit, output, endian);
}
