import type { Instruction } from "../../src/bpf/instruction.js";
import { i, j } from "../evaluator/build.js";

/** Words that tell the records apart: ERRNO by the number's lowest 12 bits, from the accumulator. */
export const TELLING: readonly Instruction[] = [
  i("ld", 0),
  i("and", 0xfff),
  i("or", 0x00050000),
  i("retA"),
];

/**
 * Takes long for each record, however it is evaluated: `length` instructions that depend on each other
 * and on an argument, down to the last bit of the word.
 */
export function slow(length: number): Instruction[] {
  const steps = Array.from({ length: length - 2 }, (_, n) =>
    i(n % 2 === 0 ? "mul" : "xor", 77 + n),
  );
  return [i("ld", 16), ...steps, i("retA")];
}

/** Allows one number, refuses the others. */
export const ONLY_7: readonly Instruction[] = [
  i("ld", 0),
  j("jeq", 7, 0, 1),
  i("ret", 0x7fff0000),
  i("ret", 0x00050001),
];

/** Records whose numbers count up, little-endian. */
export function numbered(count: number, shared = false): Uint8Array {
  const size = count * 64;
  const bytes = new Uint8Array(shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size));
  const view = new DataView(bytes.buffer);
  for (let n = 0; n < count; n++) {
    view.setInt32(64 * n, n, true);
    view.setUint32(64 * n + 4, 0xc000003e, true);
  }
  return bytes;
}

/** What TELLING says to them. */
export function told(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, n) => 0x00050000 | (n & 0xfff));
}

/** For comparing long arrays, which `toEqual` takes its time for. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
