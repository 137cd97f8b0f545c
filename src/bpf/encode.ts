import { SeccompSimError } from "../errors.js";
import { type Endian, INSTRUCTION_SIZE, type Instruction } from "./instruction.js";

/** `struct sock_filter[]` in the byte order of the machine that would load it. */
export function encodeFilter(instructions: readonly Instruction[], endian: Endian): Uint8Array {
  const bytes = new Uint8Array(instructions.length * INSTRUCTION_SIZE);
  const view = new DataView(bytes.buffer);
  const little = endian === "little";
  instructions.forEach(({ code, jt, jf, k }, pc) => {
    const at = pc * INSTRUCTION_SIZE;
    view.setUint16(at, code, little);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, little);
  });
  return bytes;
}

/** Equal for equal programs only, also where several stand behind one another. */
export function filterKey(instructions: readonly Instruction[]): string {
  const bytes = encodeFilter(instructions, "little");
  return `${instructions.length}:${new TextDecoder("latin1").decode(bytes)}`;
}

/**
 * The instructions of a `struct sock_filter[]`. Says nothing about whether the kernel would load them:
 * see `verifyFilter`.
 *
 * @param file named in the complaint about a length that is no multiple of 8
 */
export function decodeFilter(bytes: Uint8Array, endian: Endian, file?: string): Instruction[] {
  const rest = bytes.length % INSTRUCTION_SIZE;
  if (rest !== 0) {
    throw new SeccompSimError(
      "truncated-filter",
      `${file === undefined ? "" : `${file}: `}a raw filter is a sequence of ${INSTRUCTION_SIZE}-byte instructions, but ${bytes.length} bytes ` +
        `leave ${rest} over after instruction ${(bytes.length - rest) / INSTRUCTION_SIZE}`,
      { hint: "the file is cut off, or not a raw filter" },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endian === "little";
  const instructions: Instruction[] = [];
  for (let at = 0; at < bytes.length; at += INSTRUCTION_SIZE) {
    instructions.push({
      code: view.getUint16(at, little),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, little),
    });
  }
  return instructions;
}

/**
 * The byte order in which `bytes` look like a raw filter, or `undefined` when they do not. An opcode is
 * a 16-bit field of which only the low byte is used, so its high byte, zero in every instruction, gives
 * the order away; text has no zero bytes. Where both orders fit (all opcodes 0), little is taken.
 */
export function detectEndian(bytes: Uint8Array): Endian | undefined {
  if (bytes.length === 0 || bytes.length % INSTRUCTION_SIZE !== 0) return undefined;
  const highByteIsZero = (offset: number) => {
    for (let at = offset; at < bytes.length; at += INSTRUCTION_SIZE) {
      if (bytes[at] !== 0) return false;
    }
    return true;
  };
  if (highByteIsZero(1)) return "little";
  return highByteIsZero(0) ? "big" : undefined;
}
