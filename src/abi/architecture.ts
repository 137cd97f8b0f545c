import type { Endian } from "../bpf/instruction.js";

/** libseccomp's names of the architectures it knows (libseccomp src/arch-*.c). */
export type ArchName =
  | "x86"
  | "x86_64"
  | "x32"
  | "arm"
  | "aarch64"
  | "loongarch64"
  | "m68k"
  | "mips"
  | "mipsel"
  | "mips64"
  | "mipsel64"
  | "mips64n32"
  | "mipsel64n32"
  | "parisc"
  | "parisc64"
  | "ppc"
  | "ppc64"
  | "ppc64le"
  | "riscv64"
  | "s390"
  | "s390x"
  | "sheb"
  | "sh";

/** The columns of the syscall table; little- and big-endian twins share one. */
export type TableColumn =
  | "x86"
  | "x86_64"
  | "x32"
  | "arm"
  | "aarch64"
  | "loongarch64"
  | "m68k"
  | "mips"
  | "mips64"
  | "mips64n32"
  | "parisc"
  | "parisc64"
  | "ppc"
  | "ppc64"
  | "riscv64"
  | "s390"
  | "s390x"
  | "sh";

export interface Architecture {
  readonly name: ArchName;
  /** What the kernel writes into `seccomp_data.arch` (linux include/uapi/linux/audit.h). */
  readonly audit: number;
  /** libseccomp's own token; differs from `audit` only on x32. */
  readonly token: number;
  readonly endian: Endian;
  /** How many bits of an argument libseccomp compares. */
  readonly bits: 32 | 64;
  /** Offset of the first number: 0, 4000 (mips o32), 5000 (n64), 6000 (n32), 0x40000000 (x32). */
  readonly base: number;
  /** Numbers of the multiplexers, where libseccomp knows them. */
  readonly socketcall?: number;
  readonly ipc?: number;
  readonly column: TableColumn;
}

function arch(
  name: ArchName,
  audit: number,
  endian: Endian,
  bits: 32 | 64,
  column: TableColumn,
  more: Partial<Architecture> = {},
): Architecture {
  return { name, audit, token: audit, endian, bits, base: 0, column, ...more };
}

const MUX = { socketcall: 102, ipc: 117 };
const MUX_O32 = { socketcall: 4102, ipc: 4117, base: 4000 };

/** All architectures of libseccomp 2.6, by name. */
export const ARCHITECTURES: Readonly<Record<ArchName, Architecture>> = {
  x86: arch("x86", 0x40000003, "little", 32, "x86", MUX),
  x86_64: arch("x86_64", 0xc000003e, "little", 64, "x86_64"),
  x32: arch("x32", 0xc000003e, "little", 32, "x32", { token: 0x4000003e, base: 0x40000000 }),
  arm: arch("arm", 0x40000028, "little", 32, "arm"),
  aarch64: arch("aarch64", 0xc00000b7, "little", 64, "aarch64"),
  loongarch64: arch("loongarch64", 0xc0000102, "little", 64, "loongarch64"),
  m68k: arch("m68k", 0x00000004, "big", 32, "m68k", MUX),
  mips: arch("mips", 0x00000008, "big", 32, "mips", MUX_O32),
  mipsel: arch("mipsel", 0x40000008, "little", 32, "mips", MUX_O32),
  mips64: arch("mips64", 0x80000008, "big", 64, "mips64", { base: 5000 }),
  mipsel64: arch("mipsel64", 0xc0000008, "little", 64, "mips64", { base: 5000 }),
  mips64n32: arch("mips64n32", 0xa0000008, "big", 32, "mips64n32", { base: 6000 }),
  mipsel64n32: arch("mipsel64n32", 0xe0000008, "little", 32, "mips64n32", { base: 6000 }),
  parisc: arch("parisc", 0x0000000f, "big", 32, "parisc"),
  parisc64: arch("parisc64", 0x8000000f, "big", 64, "parisc64"),
  ppc: arch("ppc", 0x00000014, "big", 32, "ppc", MUX),
  ppc64: arch("ppc64", 0x80000015, "big", 64, "ppc64", MUX),
  ppc64le: arch("ppc64le", 0xc0000015, "little", 64, "ppc64", MUX),
  riscv64: arch("riscv64", 0xc00000f3, "little", 64, "riscv64"),
  s390: arch("s390", 0x00000016, "big", 32, "s390", MUX),
  s390x: arch("s390x", 0x80000016, "big", 64, "s390x", MUX),
  sheb: arch("sheb", 0x0000002a, "big", 32, "sh", MUX),
  sh: arch("sh", 0x4000002a, "little", 32, "sh", MUX),
};
