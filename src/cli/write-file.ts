import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { encodeFilter } from "../bpf/encode.js";
import { formatFilter } from "../bpf/filter-text.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { systemError } from "../node/input.js";
import type { Form } from "./options.js";
import { print } from "./output.js";

/** Writes a result to `path` (`-`: standard output), whole or not at all. */
export async function writeResult(path: string, data: Uint8Array | string): Promise<void> {
  if (path === "-") {
    if (typeof data !== "string" && process.stdout.isTTY) {
      throw new SeccompSimError("binary-terminal", "a terminal cannot show the raw filter", {
        hint: "give -o FILE, or --emit asm",
      });
    }
    await print(data);
    return;
  }
  try {
    if (isSpecial(path)) {
      writeFileSync(path, data);
      return;
    }
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, data);
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  } catch (error) {
    throw systemError(path, error);
  }
}

/** Writes a program in the form that was asked for. */
export function writeFilter(
  path: string,
  form: Form,
  instructions: readonly Instruction[],
  endian: Endian,
): Promise<void> {
  const data =
    form === "raw" ? encodeFilter(instructions, endian) : formatFilter(instructions, form);
  return writeResult(path, data);
}

/** Devices, pipes and links are written to, not replaced. */
function isSpecial(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile();
}
