import type { ArchName } from "../abi/architecture.js";

interface Host {
  /** The word that `includes.arches` and `excludes.arches` are compared with; "" for none. */
  readonly word: string;
  /** The architecture that `archMap` is searched for; `undefined`: archMap is never applied. */
  readonly scmp: string | undefined;
}

function host(word: string, scmp?: string): Host {
  return { word, scmp: scmp === undefined ? undefined : `SCMP_ARCH_${scmp}` };
}

/**
 * moby profiles seccomp/seccomp_linux.go `goToNative` and `nativeToSeccomp`, followed from the native
 * architecture over GOARCH. Two keys of the tables do not fit each other (loongarch64 and mipsel), so
 * archMap has no effect there; Go does not run on x32, parisc, m68k and sh, and has no word for mips.
 */
const HOSTS: Readonly<Record<ArchName, Host>> = {
  x86: host("x86", "X86"),
  x86_64: host("amd64", "X86_64"),
  x32: host(""),
  arm: host("arm", "ARM"),
  aarch64: host("arm64", "AARCH64"),
  loongarch64: host("loongarch64"),
  m68k: host(""),
  mips: host(""),
  mipsel: host("mipsel"),
  mips64: host("mips64", "MIPS64"),
  mipsel64: host("mipsel64", "MIPSEL64"),
  mips64n32: host("mips64n32", "MIPS64N32"),
  mipsel64n32: host("mips3l64n32", "MIPSEL64N32"),
  parisc: host(""),
  parisc64: host(""),
  ppc: host("ppc", "PPC"),
  ppc64: host("ppc64", "PPC64"),
  ppc64le: host("ppc64le", "PPC64LE"),
  riscv64: host("riscv64", "RISCV64"),
  s390: host("s390", "S390"),
  s390x: host("s390x", "S390X"),
  sheb: host(""),
  sh: host(""),
};

/** How Docker names a machine of that architecture in its profiles. */
export function hostOf(arch: ArchName): Host {
  return HOSTS[arch];
}

/** All words that some machine answers to. */
export const HOST_WORDS: readonly string[] = Object.values(HOSTS)
  .map((one) => one.word)
  .filter((word) => word !== "");
