import { Command } from "commander";
import type { Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { verifyFilter } from "../evaluator/index.js";
import { refuseTwoStdins } from "../node/profile-argument.js";
import { complaintText } from "../report/complaint.js";
import { formatOption } from "./options.js";
import { note, print } from "./output.js";
import { readRawFilter } from "./raw-filter.js";

interface VerifyOptions {
  readonly format: "pretty" | "json";
}

type Row =
  | {
      readonly file: string;
      readonly ok: true;
      readonly length: number;
      readonly translatedLength: number;
    }
  | {
      readonly file: string;
      readonly ok: false;
      readonly length: number;
      readonly errno: string;
      readonly reason: string;
      readonly pc: number | null;
      readonly message: string;
    }
  | { readonly file: string; readonly ok: null; readonly message: string };

export function verifyCommand(): Command {
  return new Command("verify")
    .summary("would the kernel load a raw filter?")
    .description("Applies the kernel's load checks. Exit 0: yes; 1: no; 2: unreadable.")
    .argument("<FILE...>", "struct sock_filter[]; - is standard input")
    .addOption(formatOption(["pretty", "json"]))
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim verify docker.bpf
  seccomp-sim verify *.bpf --format json`,
    )
    .action(verify);
}

async function verify(files: string[], options: VerifyOptions): Promise<void> {
  refuseTwoStdins(files);
  const rows = files.map(verifyFile);
  if (rows.some((row) => row.ok === null)) process.exitCode = 2;
  else if (rows.some((row) => !row.ok)) process.exitCode = 1;
  if (options.format === "json") await print(`${JSON.stringify(rows, null, 2)}\n`);
  else await print(rows.map(pretty).join(""));
}

function verifyFile(file: string): Row {
  let instructions: readonly Instruction[];
  try {
    instructions = readRawFilter(file).instructions;
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    note(`error: ${complaintText(error)}`);
    return { file, ok: null, message: error.message };
  }
  const { length } = instructions;
  const result = verifyFilter(instructions);
  if (result.ok) return { file, ok: true, length, translatedLength: result.translatedLength };
  const { errno, reason, message } = result;
  return { file, ok: false, length, errno, reason, pc: result.pc ?? null, message };
}

function pretty(row: Row): string {
  if (row.ok === null) return "";
  if (row.ok) return `${row.file}: loads (${row.length} instructions)\n`;
  const where = row.pc === null ? "" : ` at instruction ${row.pc}`;
  return `${row.file}: ${row.errno} (${row.reason})${where}: ${row.message}\n`;
}
