import type { ArchName } from "../abi/architecture.js";
import type { EngineName } from "../target.js";

/** How the engines differ when they turn a profile into the runtime's policy. */
export interface EngineRules {
  readonly name: string;
  /** The engine's word for the host's architecture, which `includes` and `excludes` are asked for. */
  word(arch: ArchName): string;
  /** Whether archMap is looked at on this host; else only the native architecture is served. */
  maps(arch: ArchName): boolean;
  /** The complaint about two keys of which only one may be given. */
  conflicts(a: string, b: string): string;
  /** `name` beside `names` is refused even where the entry is not in force. */
  readonly namesFirst: boolean;
  /** An entry without a name does not reach the runtime. */
  readonly dropsNameless: boolean;
  /** A profile with neither default action nor entries does not reach the runtime. */
  readonly dropsEmpty: boolean;
}

type Words = Readonly<Partial<Record<ArchName, string>>>;

/** moby's words, from Go's GOARCH; big-endian mips o32 has none. */
const DOCKER_WORDS: Words = {
  x86: "x86",
  x86_64: "amd64",
  x32: "amd64",
  arm: "arm",
  aarch64: "arm64",
  loongarch64: "loongarch64",
  mips64: "mips64",
  mipsel64: "mipsel64",
  mips64n32: "mips64n32",
  mipsel64n32: "mips3l64n32",
  mipsel: "mipsel",
  ppc: "ppc",
  ppc64: "ppc64",
  ppc64le: "ppc64le",
  riscv64: "riscv64",
  s390: "s390",
  s390x: "s390x",
};

/** moby looks these up under another word than it uses for the host, and finds nothing. */
const DOCKER_UNMAPPED: ReadonlySet<ArchName> = new Set(["loongarch64", "mipsel"]);

/** libseccomp-golang seccomp.go `ScmpArch.String`; where it says nothing here, it is libseccomp's own. */
const PODMAN_WORDS: Words = { x86_64: "amd64", aarch64: "arm64", loongarch64: "loong64" };

const PODMAN_MAPPED: ReadonlySet<ArchName> = new Set([
  "x86_64",
  "aarch64",
  "mips64",
  "mips64n32",
  "mipsel64",
  "mipsel64n32",
  "s390x",
]);

/** A LinuxSeccomp has neither gates nor archMap nor `name`: nothing to decide. */
function asItIs(name: string): EngineRules {
  return {
    name,
    word: () => "",
    maps: () => false,
    conflicts: (a, b) => `both '${a}' and '${b}' are given`,
    namesFirst: false,
    dropsNameless: false,
    dropsEmpty: false,
  };
}

export const ENGINE_RULES: Readonly<Record<EngineName, EngineRules>> = {
  /** moby/profiles seccomp/seccomp_linux.go `setupSeccomp`. */
  docker: {
    name: "Docker",
    word: (arch) => DOCKER_WORDS[arch] ?? "",
    maps: (arch) => DOCKER_WORDS[arch] !== undefined && !DOCKER_UNMAPPED.has(arch),
    conflicts: (a, b) => `both '${a}' and '${b}' are specified in the seccomp profile`,
    namesFirst: true,
    dropsNameless: false,
    dropsEmpty: true,
  },
  /** containers/common pkg/seccomp/seccomp_linux.go `setupSeccomp`. */
  podman: {
    name: "Podman",
    word: (arch) => PODMAN_WORDS[arch] ?? arch,
    maps: (arch) => PODMAN_MAPPED.has(arch),
    conflicts: (a, b) => `'${a}' and '${b}' were specified in the seccomp profile`,
    namesFirst: false,
    dropsNameless: true,
    dropsEmpty: true,
  },
  /** containerd contrib/seccomp/seccomp.go `WithProfile`. */
  containerd: asItIs("containerd"),
  oci: asItIs("the OCI runtime"),
};
