import type { EngineName } from "../target.js";
import type { Reader } from "./go-decode.js";

/** How the types differ into which the engines decode a profile (spec: what each of them ignores). */
export interface Dialect extends Reader {
  /** Keys, of any object, that this reader does not have. */
  readonly unknown: readonly string[];
  /** Entries of `syscalls` are pointers: null in the list crashes the engine instead of being empty. */
  readonly pointers: boolean;
  /** The same of `args`. */
  readonly pointerArgs: boolean;
  /** An errno of 0 and an empty list of flags are taken for absent ones. */
  readonly emptyIsAbsent?: boolean;
}

const PODMANS = ["defaultErrno", "errno"];
const GATED =
  "the rule is in force whatever the capabilities, architecture and kernel; --engine docker decides such gates";

/** runtime-spec specs-go/config.go `LinuxSeccomp`, as containerd and the runtimes decode it. */
function ociDialect(name: string): Dialect {
  return {
    name,
    unknown: [...PODMANS, "archMap", "name", "comment", "includes", "excludes"],
    pointers: false,
    pointerArgs: false,
    foreign: {
      archMap: 'only Docker and Podman read it; write "architectures"',
      name: 'only Docker and Podman read it; write "names", a list',
      includes: GATED,
      excludes: GATED,
      defaultErrno: 'it is Podman\'s key; write "defaultErrnoRet", a number',
      errno: 'it is Podman\'s key; write "errnoRet", a number',
      comment: "it changes nothing",
    },
  };
}

export const DIALECTS: Readonly<Record<EngineName, Dialect>> = {
  /** moby/profiles seccomp/seccomp.go `Seccomp`, `Syscall`, `Filter`. */
  docker: {
    name: "Docker",
    unknown: PODMANS,
    pointers: true,
    pointerArgs: false,
    foreign: {
      defaultErrno: 'it is Podman\'s key; Docker reads "defaultErrnoRet", a number',
      errno: 'it is Podman\'s key; Docker reads "errnoRet", a number',
    },
  },
  /** containers/common pkg/seccomp/types.go `Seccomp`, `Syscall`, `Arg`, `Filter`. */
  podman: {
    name: "Podman",
    unknown: ["minKernel"],
    pointers: true,
    pointerArgs: true,
    foreign: { minKernel: "Podman keeps the rule on every kernel" },
  },
  containerd: ociDialect("containerd"),
  oci: ociDialect("an OCI runtime"),
};

/** libocispec, with which crun itself reads a config.json. */
export const CRUN_DIALECT: Dialect = {
  ...ociDialect("crun"),
  exactKeys: true,
  looksUp: true,
};

/** The `spec` of a SeccompProfile resource: the same fields, decoded by the API server. */
export const KUBERNETES_DIALECT: Dialect = {
  ...ociDialect("the Kubernetes resource"),
  unknown: [...DIALECTS.oci.unknown, "defaultErrnoRet"],
  exactKeys: true,
  emptyIsAbsent: true,
};
