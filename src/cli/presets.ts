import { Command } from "commander";
import { presetNames, presetSummary, presetText } from "../profile/presets/index.js";
import { parseTarget } from "../profile/target-options.js";
import { type CommonOptions, containerOptions, pickTarget } from "./options.js";
import { print } from "./output.js";

export function presetsCommand(): Command {
  const command = new Command("presets")
    .summary("the built-in profiles")
    .description("Lists the names that may stand for PROFILE.")
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim presets
  seccomp-sim presets show docker-default > profile.json`,
    )
    .action(async () => {
      const width = Math.max(...presetNames.map((name) => name.length));
      const lines = presetNames.map((name) => `${name.padEnd(width)}  ${presetSummary(name)}\n`);
      await print(lines.join(""));
    });
  containerOptions(command.command("show"))
    .summary("print one preset")
    .description(
      "Prints the preset's text, which its engine accepts; the lines are those that answers refer to.\n" +
        "The options describe the container: containerd-default is built for it, and docker-default has " +
        "its architecture's number of ENOSYS; the others hold for all.",
    )
    .argument("<NAME>", "a name from the list")
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim presets show docker-1.10
  seccomp-sim presets show containerd-default --arch arm64 --cap SYS_ADMIN`,
    )
    .action(async (name: string, _: unknown, show: Command) => {
      const text = presetText(name, parseTarget(pickTarget(show.optsWithGlobals<CommonOptions>())));
      await print(text.endsWith("\n") ? text : `${text}\n`);
    });
  return command;
}
