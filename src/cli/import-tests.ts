import { Command } from "commander";
import { readSmall } from "../node/input.js";
import { parseTarget } from "../profile/target-options.js";
import { importTests } from "../suite/import-tests.js";
import { note } from "./output.js";
import { writeResult } from "./write-file.js";

interface ImportTestsOptions {
  readonly profile?: string;
  readonly arch?: string;
  readonly libseccomp?: string;
  readonly test?: string;
  readonly output: string;
}

export function importTestsCommand(): Command {
  return new Command("import-tests")
    .summary("a suite from libseccomp's own test tables")
    .description(
      "Reads a *.tests file of libseccomp and writes its table of calls (bpf-sim) as a suite.",
    )
    .argument("<FILE>", "the table; - is standard input")
    .option("--profile <FILTER>", "the filter under test, as in a suite (default: ./TEST.bpf)")
    .option("-a, --arch <NAME>", "the native architecture, which `all` means (default: x86_64)")
    .option("--libseccomp <VERSION>", "the release whose table it is (default: 2.6.1)")
    .option("--test <NAME>", "the test, where the file has several")
    .option("-o, --output <FILE>", "where to write; - is standard output", "-")
    .addHelpText(
      "after",
      `
Example:
  seccomp-sim import-tests 01-sim-allow.tests --profile ./allow.bpf -o allow.seccomp.yaml`,
    )
    .action(run);
}

async function run(file: string, options: ImportTestsOptions): Promise<void> {
  const { profile, test, output } = options;
  const target = parseTarget({ arch: options.arch, libseccomp: options.libseccomp });
  const arch = options.arch === undefined ? undefined : target.arch;
  const { bytes, name } = readSmall(file);
  const text = new TextDecoder().decode(bytes);
  const suite = importTests(text, name, { profile, test, arch, libseccomp: target.libseccomp });
  for (const left of suite.notes) note(`note: left out: ${left}`);
  await writeResult(output, suite.text);
  note(`${suite.cases} cases`);
}
