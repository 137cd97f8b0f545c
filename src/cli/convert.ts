import { Command, Option } from "commander";
import { convertSource } from "../analysis/convert.js";
import { SeccompSimError } from "../errors.js";
import { readProfileArgument } from "../node/profile-argument.js";
import { formatContainer, parseTarget } from "../profile/target-options.js";
import { WRITTEN_FORMATS, type WrittenFormat } from "../profile/write/index.js";
import {
  type CommonOptions,
  containerOptions,
  engineOption,
  pickTarget,
  sourceOptions,
} from "./options.js";
import { note } from "./output.js";
import { warn } from "./simulate.js";
import { writeResult } from "./write-file.js";

interface ConvertOptions extends CommonOptions {
  readonly to: WrittenFormat;
  readonly output: string;
  readonly name?: string;
  readonly resolve?: true;
}

export function convertCommand(): Command {
  const command = new Command("convert")
    .summary("the same profile in another format")
    .description(
      "Writes PROFILE as Docker JSON, as a bare linux.seccomp object (OCI runtimes, containerd, Podman), " +
        "or as the Kubernetes SeccompProfile. What a format cannot say is an error.",
    )
    .argument("<PROFILE>", "file, preset, -, or Docker's own seccomp=FILE, unconfined, builtin")
    .addOption(
      new Option("--to <FORMAT>", "what to write")
        .choices([...WRITTEN_FORMATS])
        .makeOptionMandatory(),
    )
    .option("-o, --output <FILE>", "where to write; - is standard output", "-")
    .option("--name <NAME>", "metadata.name of the Kubernetes resource (default: after the file)")
    .option("--resolve", "decide includes, excludes and archMap for the container described below");
  return engineOption(containerOptions(sourceOptions(command)))
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim convert profile.json --to oci -o linux-seccomp.json
  seccomp-sim convert docker-default --to kubernetes --resolve --arch arm64 --cap SYS_ADMIN`,
    )
    .action(convert);
}

async function convert(profile: string, _: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals<ConvertOptions>();
  const { to, name, resolve } = options;
  if (name !== undefined && to !== "kubernetes") {
    throw new SeccompSimError("unused-name", "--name is for --to kubernetes: no other has a name");
  }
  const target = parseTarget(pickTarget(options));
  const source = readProfileArgument(profile, { type: options.type, arch: target.arch });
  const { text, warnings } = convertSource(source, target, to, { name, resolve });
  warn(warnings);
  if (resolve) note(`resolved for: ${formatContainer(target)}`);
  await writeResult(options.output, text);
}
