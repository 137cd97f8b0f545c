import type { ArchName } from "./architecture.js";

/** The 64-bit kernels that serve more than one architecture (linux arch/…/include/asm/syscall.h). */
const SERVED: readonly (readonly ArchName[])[] = [
  ["x86_64", "x86", "x32"],
  ["aarch64", "arm"],
  ["s390x", "s390"],
  ["parisc64", "parisc"],
  // The compat token of a little-endian kernel belongs to no architecture that is known here.
  ["ppc64", "ppc"],
  ["mips64", "mips64n32", "mips"],
  ["mipsel64", "mipsel64n32", "mipsel"],
];

/** Architectures that only a 64-bit kernel of another name serves. */
const GUESTS: readonly ArchName[] = ["x32", "mips64n32", "mipsel64n32"];

/** The architectures whose calls a kernel of the native one takes, that one first. */
export function servedArchs(native: ArchName): readonly ArchName[] {
  const served = SERVED.find(
    (archs) => archs[0] === native || (GUESTS.includes(native) && archs.includes(native)),
  );
  return served === undefined ? [native] : [native, ...served.filter((arch) => arch !== native)];
}

/**
 * How many bits of an argument the kernel may show in a call of `arch`. A 64-bit process may make x86's
 * and mips' 32-bit calls with whole registers (linux arch/x86/include/asm/syscall.h
 * `syscall_get_arguments`); elsewhere the upper halves are cut off on the way in.
 */
export function shownBits(arch: ArchName, native: ArchName): 32 | 64 {
  switch (arch) {
    case "x86":
    case "mips":
    case "mipsel":
      return native === arch ? 32 : 64;
    case "arm":
    case "m68k":
    case "parisc":
    case "ppc":
    case "s390":
    case "sh":
    case "sheb":
      return 32;
    default:
      return 64;
  }
}
