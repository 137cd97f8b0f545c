import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { encodeFilter } from "../bpf/encode.js";
import { formatFilter } from "../bpf/filter-text.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { systemError } from "../node/input.js";
import type { Form } from "./options.js";
import { print } from "./output.js";

/** Writes a result to `path` (`-`: standard output), whole or not at all. */
export async function writeResult(path: string, data: Uint8Array | string): Promise<void> {
  if (path !== "-") {
    writeParts(path, [data]);
    return;
  }
  if (typeof data !== "string" && process.stdout.isTTY) {
    throw new SeccompSimError("binary-terminal", "a terminal cannot show the raw filter", {
      hint: "give -o FILE, or --emit asm",
    });
  }
  await print(data);
}

/** Writes a file whose content comes in parts, whole or not at all. */
export function writeParts(path: string, parts: Iterable<Uint8Array | string>): void {
  try {
    if (isSpecial(path)) {
      writeAll(path, parts);
      return;
    }
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      writeAll(temporary, parts);
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  } catch (error) {
    // What goes wrong while the parts are made is no matter of the file.
    throw error instanceof Error && "code" in error ? systemError(path, error) : error;
  }
}

function writeAll(path: string, parts: Iterable<Uint8Array | string>): void {
  const file = openSync(path, "w");
  try {
    for (const part of parts) writeFileSync(file, part);
  } finally {
    closeSync(file);
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
