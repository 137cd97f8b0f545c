import { Command } from "commander";
import { disassemble } from "../bpf/disassemble.js";
import { SeccompSimError } from "../errors.js";
import { print } from "./output.js";
import { readRawFilter } from "./raw-filter.js";

export function disasmCommand(): Command {
  return new Command("disasm")
    .summary("list a raw filter")
    .description("Lists the instructions of a raw filter; the byte order shows in its bytes.")
    .argument("<FILE>", "struct sock_filter[]; - is standard input")
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim disasm docker.bpf
  seccomp-sim compile profile.json | seccomp-sim disasm -`,
    )
    .action(async (file: string) => {
      const { instructions, name } = readRawFilter(file);
      if (instructions.length === 0) {
        throw new SeccompSimError("empty-filter", `${name} is empty: there is nothing to list`);
      }
      await print(`${disassemble(instructions).join("\n")}\n`);
    });
}
