import { ARCHITECTURES, type Architecture, type ArchName } from "./architecture.js";

/** Other spellings: Go's GOARCH, Debian's, `uname -m`, the kernel's. */
const ALIASES: Readonly<Record<string, ArchName>> = {
  amd64: "x86_64",
  "x86-64": "x86_64",
  x64: "x86_64",
  i386: "x86",
  i486: "x86",
  i586: "x86",
  i686: "x86",
  386: "x86",
  ia32: "x86",
  arm64: "aarch64",
  armhf: "arm",
  armel: "arm",
  armv7: "arm",
  armv7l: "arm",
  armv6l: "arm",
  loong64: "loongarch64",
  mipsle: "mipsel",
  mips64le: "mipsel64",
  mips64el: "mipsel64",
  mips64p32: "mips64n32",
  mips64p32le: "mipsel64n32",
  hppa: "parisc",
  hppa64: "parisc64",
  powerpc: "ppc",
  powerpc64: "ppc64",
  powerpc64le: "ppc64le",
  ppc64el: "ppc64le",
  sh4: "sh",
  superh: "sh",
};

/** Tokens that logs show and libseccomp does not know (linux include/uapi/linux/audit.h). */
const OTHER_AUDIT: readonly (readonly [string, number])[] = [
  ["alpha", 0xc0009026],
  ["armeb", 0x28],
  ["ia64", 0xc0000032],
  ["sparc", 0x2],
  ["sparc64", 0x8000002b],
  ["riscv32", 0x400000f3],
  ["loongarch32", 0x40000102],
  ["csky", 0x400000fc],
  ["xtensa", 0x5e],
  ["openrisc", 0x5c],
  ["microblaze", 0xbd],
  ["nios2", 0x40000071],
  ["hexagon", 0xa4],
  ["arcv2", 0x400000c3],
];

/** libseccomp's names of all architectures. */
export const ARCH_NAMES = Object.keys(ARCHITECTURES) as readonly ArchName[];

/** Every spelling that {@link archByName} takes, lower case; for "did you mean". */
export const ARCH_SPELLINGS: readonly string[] = [...ARCH_NAMES, ...Object.keys(ALIASES)];

/**
 * libseccomp's name, a common alias (`amd64`, `arm64`, `i386`, …), or `SCMP_ARCH_X86_64`; the first
 * two in any case.
 */
export function archByName(text: string): Architecture | undefined {
  const lower = text
    .trim()
    .toLowerCase()
    .replace(/^scmp_arch_/, "");
  const isOwn = (table: object): boolean => Object.hasOwn(table, lower);
  if (isOwn(ARCHITECTURES)) return ARCHITECTURES[lower as ArchName];
  const alias = isOwn(ALIASES) ? ALIASES[lower] : undefined;
  return alias === undefined ? undefined : ARCHITECTURES[alias];
}

/**
 * The architecture of a `seccomp_data.arch` token, given signed or unsigned. x32 shares the token of
 * x86_64 there and is told by bit 30 of the number: pass `nr` to get x32 for such calls.
 */
export function archByAudit(token: number, nr = 0): Architecture | undefined {
  const unsigned = token >>> 0;
  const found = ARCH_NAMES.find((name) => name !== "x32" && ARCHITECTURES[name].audit === unsigned);
  if (found === "x86_64" && (nr & 0x40000000) !== 0 && nr >>> 31 === 0) return ARCHITECTURES.x32;
  return found === undefined ? undefined : ARCHITECTURES[found];
}

/** The name of a token, including those that libseccomp does not know (`sparc64`, …). */
export function auditArchName(token: number): string | undefined {
  const unsigned = token >>> 0;
  return archByAudit(unsigned)?.name ?? OTHER_AUDIT.find((entry) => entry[1] === unsigned)?.[0];
}

/** The token of a name that only the kernel knows: `otherAuditToken("sparc64")`. */
export function otherAuditToken(name: string): number | undefined {
  return OTHER_AUDIT.find((entry) => entry[0] === name.toLowerCase())?.[1];
}
