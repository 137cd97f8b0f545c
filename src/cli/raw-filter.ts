import { decodeFilter, detectEndian } from "../bpf/encode.js";
import { detectFilterText, readFilterText } from "../bpf/filter-text.js";
import type { Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { readSmall } from "./input.js";
import { warn } from "./simulate.js";

/** Reads a filter: raw in whichever byte order its bytes show, or as text. */
export function readRawFilter(file: string): {
  instructions: readonly Instruction[];
  name: string;
} {
  const { bytes, name } = readSmall(file);
  const looksLikeText = !bytes.includes(0) && bytes.length > 0;
  const text = looksLikeText ? new TextDecoder().decode(bytes) : "";
  const form = looksLikeText ? detectFilterText(text) : undefined;
  if (form !== undefined) {
    const { instructions, warnings } = readFilterText(text, name, form);
    warn(warnings);
    return { instructions, name };
  }
  if (looksLikeText) {
    throw new SeccompSimError("not-a-filter", `${name} is no raw filter but text`, {
      hint: "compile a profile first: seccomp-sim compile PROFILE -o FILE",
    });
  }
  return { instructions: decodeFilter(bytes, detectEndian(bytes) ?? "little", name), name };
}
