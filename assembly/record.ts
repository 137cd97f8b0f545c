import { RECORD_SIZE } from "./layout";

// struct seccomp_data (linux include/uapi/linux/seccomp.h): nr 0, arch 4, ip 8, args[i] 16 + 8i.

/** Bytes that `ld [k]` may read, and what `ld len` yields. */
export const DATA_SIZE: u32 = 64;

/**
 * Turns big-endian records into what a little-endian load of each word expects. Words only: a filter
 * sees a 64-bit field as two words, and their order is its own business.
 */
export function swapWords(records: usize, count: u32): void {
  const end = records + count * RECORD_SIZE;
  for (let at = records; at < end; at += 4) store<u32>(at, bswap<u32>(load<u32>(at)));
}
