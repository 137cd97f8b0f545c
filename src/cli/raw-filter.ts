import { decodeFilter, detectEndian } from "../bpf/encode.js";
import type { Instruction } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import { readSmall } from "./input.js";

/** Reads a raw filter in whichever byte order its bytes show. */
export function readRawFilter(file: string): { instructions: Instruction[]; name: string } {
  const { bytes, name } = readSmall(file);
  const looksLikeText = !bytes.includes(0) && bytes.length > 0;
  if (looksLikeText) {
    throw new SeccompSimError("not-a-filter", `${name} is no raw filter but text`, {
      hint: "compile a profile first: seccomp-sim compile PROFILE -o FILE",
    });
  }
  try {
    return { instructions: decodeFilter(bytes, detectEndian(bytes) ?? "little"), name };
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    const { code, message, hint, place } = error;
    throw new SeccompSimError(code, `${name}: ${message}`, { hint, place, cause: error });
  }
}
