import { Command, Option } from "commander";
import { ARCHITECTURES } from "../abi/architecture.js";
import { detectFilterText, type FilterText, readFilterText } from "../bpf/filter-text.js";
import { SeccompSimError } from "../errors.js";
import { readSmall } from "../node/input.js";
import { parseTarget } from "../profile/target-options.js";
import { emitOption, type Form } from "./options.js";
import { note } from "./output.js";
import { warn } from "./simulate.js";
import { writeFilter } from "./write-file.js";

interface AsmOptions {
  readonly output: string;
  readonly emit: Form;
  readonly arch?: string;
  readonly type?: FilterText;
}

export function asmCommand(): Command {
  return new Command("asm")
    .summary("a filter from a listing, assembler text, a C array or numbers")
    .description(
      "Turns a filter's text into struct sock_filter[]: a listing, instructions by hand (see README), " +
        "a C array, or the numbers of tcpdump -ddd.",
    )
    .argument("<FILE>", "text of a filter; - is standard input")
    .option("-o, --output <FILE>", "where to write; - is standard output", "-")
    .addOption(emitOption())
    .option(
      "-a, --arch <NAME>",
      "byte order and names, unless the text says .arch (default: x86_64)",
    )
    .addOption(
      new Option("--type <TYPE>", "what FILE is; else its content tells").choices([
        "asm",
        "c",
        "decimal",
      ]),
    )
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim asm filter.s -o filter.bpf
  seccomp-sim disasm docker.bpf | seccomp-sim asm - --emit c`,
    )
    .action(asm);
}

async function asm(file: string, options: AsmOptions): Promise<void> {
  const { arch } = parseTarget(options.arch === undefined ? {} : { arch: options.arch });
  const { bytes, name } = readSmall(file);
  if (bytes.includes(0)) {
    throw new SeccompSimError("not-text", `${name} is binary, not a filter's text`, {
      hint: "seccomp-sim disasm lists raw filters",
    });
  }
  const text = new TextDecoder().decode(bytes);
  const form = options.type ?? detectFilterText(text) ?? "asm";
  const { instructions, endian, warnings } = readFilterText(text, name, form, {
    arch,
    endian: ARCHITECTURES[arch].endian,
  });
  warn(warnings);
  const count = instructions.length;
  await writeFilter(options.output, options.emit, instructions, endian);
  note(`${name}: ${count} instruction${count === 1 ? "" : "s"}, ${endian}-endian`);
}
