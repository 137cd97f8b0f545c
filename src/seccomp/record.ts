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
