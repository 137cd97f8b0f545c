/**
 * One classic-BPF instruction, `struct sock_filter` (linux include/uapi/linux/filter.h).
 *
 * ```
 * byte  0      2    3    4         8
 *       | code | jt | jf |    k    |     code: u16, jt/jf: u8, k: u32, machine byte order
 * ```
 */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  /** Always as an unsigned 32-bit number. */
  readonly k: number;
}

export type Endian = "little" | "big";

/** Bytes of one encoded instruction. */
export const INSTRUCTION_SIZE = 8;
/** Longest program the kernel loads (`BPF_MAXINSNS`). */
export const BPF_MAXINSNS = 4096;
