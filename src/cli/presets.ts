import { Command } from "commander";
import { presetNames, presetSummary, presetText } from "../profile/presets/index.js";
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
  command
    .command("show")
    .summary("print one preset")
    .description("Prints the preset's text; the lines are those that answers refer to.")
    .argument("<NAME>", "a name from the list")
    .addHelpText("after", "\nExample:\n  seccomp-sim presets show docker-1.10")
    .action(async (name: string) => {
      const text = presetText(name);
      await print(text.endsWith("\n") ? text : `${text}\n`);
    });
  return command;
}
