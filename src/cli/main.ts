import { CommanderError } from "commander";
import { SeccompSimError } from "../errors.js";
import { complaintText } from "../report/complaint.js";
import { note } from "./output.js";
import { createProgram } from "./program.js";

try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong, in one message without a stack; gives the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof SeccompSimError) {
    note(`error: ${complaintText(error)}`);
  } else {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    note(`error: this is a defect of seccomp-sim, please report it: ${text}`);
  }
  return 2;
}
