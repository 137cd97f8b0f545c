import type { Endian } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";

/**
 * One system call as a filter sees it, `struct seccomp_data` (linux include/uapi/linux/seccomp.h).
 *
 * ```
 * byte  0    4      8    16        24             64
 *       | nr | arch | ip | args[0] | … | args[5] |
 * ```
 */
export interface SeccompData {
  /** Signed or unsigned 32 bits; filters load it as u32. */
  readonly nr: number;
  /** AUDIT_ARCH token, unsigned. */
  readonly arch: number;
  readonly ip: bigint;
  /** Six unsigned 64-bit values. */
  readonly args: readonly bigint[];
}

/** Bytes of one record. */
export const RECORD_SIZE = 64;

/** How many records `bytes` hold. Throws `truncated-record` where a part of one is left over. */
export function recordCount(bytes: Uint8Array): number {
  const rest = bytes.length % RECORD_SIZE;
  if (rest !== 0) {
    throw new SeccompSimError(
      "truncated-record",
      `records take ${RECORD_SIZE} bytes each, and ${rest} bytes are left over`,
    );
  }
  return bytes.length / RECORD_SIZE;
}

/** Throws a RangeError where `out` has less room than a word for each of `count` records. */
export function requireRoom(count: number, out: Uint32Array): void {
  if (out.length >= count) return;
  throw new RangeError(`${count} records need ${count} results, there is room for ${out.length}`);
}

/** Offsets of the fields, where filters load them from. */
export const NR_OFFSET = 0;
export const ARCH_OFFSET = 4;
export const IP_OFFSET = 8;
export const ARGS_OFFSET = 16;
export const ARGS_COUNT = 6;

/**
 * The 64 bytes of a record in a machine's byte order, written to `out` at `offset` if given. Missing
 * arguments are 0, wider values are cut to their field.
 */
export function encodeRecord(
  data: SeccompData,
  endian: Endian,
  out: Uint8Array = new Uint8Array(RECORD_SIZE),
  offset = 0,
): Uint8Array {
  const view = viewOf(out, offset);
  const little = endian === "little";
  view.setUint32(NR_OFFSET, data.nr, little);
  view.setUint32(ARCH_OFFSET, data.arch, little);
  view.setBigUint64(IP_OFFSET, data.ip, little);
  for (let i = 0; i < ARGS_COUNT; i++) {
    view.setBigUint64(ARGS_OFFSET + 8 * i, data.args[i] ?? 0n, little);
  }
  return out;
}

/** The record at `offset`; `nr` and `arch` come out unsigned. */
export function decodeRecord(bytes: Uint8Array, endian: Endian, offset = 0): SeccompData {
  const view = viewOf(bytes, offset);
  const little = endian === "little";
  return {
    nr: view.getUint32(NR_OFFSET, little),
    arch: view.getUint32(ARCH_OFFSET, little),
    ip: view.getBigUint64(IP_OFFSET, little),
    args: Array.from({ length: ARGS_COUNT }, (_, i) =>
      view.getBigUint64(ARGS_OFFSET + 8 * i, little),
    ),
  };
}

/** The record that has these words, by their offsets; the others are 0. */
export function recordOfWords(words: ReadonlyMap<number, number>, endian: Endian): SeccompData {
  const word = (offset: number): bigint => BigInt(words.get(offset) ?? 0);
  const wide = (offset: number): bigint => {
    const [low, high] = endian === "little" ? [offset, offset + 4] : [offset + 4, offset];
    return (word(high) << 32n) | word(low);
  };
  return {
    nr: words.get(NR_OFFSET) ?? 0,
    arch: words.get(ARCH_OFFSET) ?? 0,
    ip: wide(IP_OFFSET),
    args: Array.from({ length: ARGS_COUNT }, (_, i) => wide(ARGS_OFFSET + 8 * i)),
  };
}

function viewOf(bytes: Uint8Array, offset: number): DataView {
  if (bytes.length - offset < RECORD_SIZE) {
    throw new SeccompSimError(
      "truncated-record",
      `a record takes ${RECORD_SIZE} bytes, but only ${Math.max(0, bytes.length - offset)} are left at offset ${offset}`,
    );
  }
  return new DataView(bytes.buffer, bytes.byteOffset + offset, RECORD_SIZE);
}
