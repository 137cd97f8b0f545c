import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { decodeFilter, detectEndian } from "../bpf/encode.js";
import { detectFilterText, readFilterText } from "../bpf/filter-text.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { readSmall } from "../node/input.js";
import { warn } from "./simulate.js";

/** Reads a filter: raw in whichever byte order its bytes show, or as text for `arch`. */
export function readRawFilter(
  file: string,
  arch: ArchName = "x86_64",
): {
  instructions: readonly Instruction[];
  name: string;
  endian: Endian;
} {
  const { bytes, name } = readSmall(file);
  const looksLikeText = !bytes.includes(0) && bytes.length > 0;
  const text = looksLikeText ? new TextDecoder().decode(bytes) : "";
  const form = looksLikeText ? detectFilterText(text) : undefined;
  if (form !== undefined) {
    const { instructions, warnings, endian } = readFilterText(text, name, form, {
      arch,
      endian: ARCHITECTURES[arch].endian,
    });
    warn(warnings);
    return { instructions, name, endian };
  }
  if (looksLikeText) {
    throw new SeccompSimError("not-a-filter", `${name} is no raw filter but text`, {
      hint: "compile a profile first: seccomp-sim compile PROFILE -o FILE",
    });
  }
  const endian = detectEndian(bytes) ?? "little";
  return { instructions: decodeFilter(bytes, endian, name), name, endian };
}
