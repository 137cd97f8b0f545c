import { existsSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { Command } from "commander";
import { percentOf, totalShare } from "../analysis/coverage/index.js";
import { SeccompSimError } from "../errors.js";
import { readProfileArgument } from "../node/profile-argument.js";
import { presetNames } from "../profile/presets/index.js";
import { parseTarget } from "../profile/target-options.js";
import { initSuite } from "../suite/init/index.js";
import { type CommonOptions, pickTarget, sourceOptions, targetOptions } from "./options.js";
import { note } from "./output.js";
import { writeResult } from "./write-file.js";

interface InitOptions extends CommonOptions {
  readonly output: string;
  readonly force?: boolean;
}

/** Where editors find the schema of suites: in the package, as projects install it. */
const SCHEMA = "node_modules/seccomp-sim/schema/suite.json";

export function initCommand(): Command {
  const command = new Command("init")
    .summary("write a first suite for a profile")
    .description(
      "Writes a suite that passes and exercises all of PROFILE: each entry, both sides of gates and conditions; of a filter, each verdict of each call.",
    )
    .argument("<PROFILE>", "file, preset, or Docker's own seccomp=FILE, builtin")
    .option("-o, --output <FILE>", "where to write; - is standard output", "-")
    .option("--force", "replace a file that exists");
  return targetOptions(sourceOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim init profile.json -o profile.seccomp.yaml
  seccomp-sim init docker-default --arch aarch64 -o docker.seccomp.yaml
  seccomp-sim test profile.seccomp.yaml --coverage`,
    )
    .action(init);
}

async function init(argument: string, _: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals<InitOptions>();
  const { output, force = false } = options;
  if (output !== "-" && !force && existsSync(output)) {
    throw new SeccompSimError("exists", `${output} exists already`, {
      hint: "--force replaces it; -o names another file",
    });
  }
  const target = pickTarget(options);
  const { arch } = parseTarget(target);
  const source = readProfileArgument(argument, { type: options.type, arch });
  const folder = output === "-" ? process.cwd() : dirname(resolve(output));
  const { text, coverage } = initSuite(
    source,
    nameFrom(argument, folder),
    target,
    schemaFrom(folder),
  );
  await writeResult(output, text);
  const [filter] = coverage.filters;
  const [what, share] =
    source.kind === "filter" && filter !== undefined
      ? ["of the instructions of ", filter.instructions]
      : ["of ", totalShare(coverage.profiles)];
  note(
    `the suite exercises ${percentOf(share)} % ${what}${source.name} (${share.covered}/${share.total})`,
  );
}

/** What a suite in a folder calls the profile. */
function nameFrom(argument: string, folder: string): string {
  const [, prefix = "", value = ""] = /^(seccomp[=:])?(.*)$/s.exec(argument) ?? [];
  const words: readonly string[] = [...presetNames, "builtin", "unconfined"];
  if (value === "-") {
    throw new SeccompSimError("no-profile", "a suite cannot name standard input as its profile", {
      hint: "save the profile as a file",
    });
  }
  if (words.includes(value)) return argument;
  const path = relative(folder, resolve(value));
  return `${prefix}${words.includes(path) ? `./${path}` : path}`;
}

function schemaFrom(folder: string): string {
  const path = relative(folder, resolve(SCHEMA)).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
}
