import type { ArchName } from "./abi/architecture.js";

export type EngineName = "docker";
export type RuntimeName = "runc" | "crun" | "libseccomp";
/** The releases whose code and syscall table are modelled. */
export type LibseccompVersion =
  | "2.5.0"
  | "2.5.1"
  | "2.5.2"
  | "2.5.3"
  | "2.5.4"
  | "2.5.5"
  | "2.5.6"
  | "2.6.0"
  | "2.6.1";

/**
 * Where a profile would be loaded: one value that travels from the command line to the verdict and is
 * printed with every answer.
 */
export interface Target {
  /** The container engine, whose rules resolve the profile. */
  readonly engine: EngineName;
  readonly runtime: RuntimeName;
  readonly libseccomp: LibseccompVersion;
  /** libseccomp's optimisation level; `undefined` = what the runtime chooses. */
  readonly optimize: 1 | 2 | undefined;
  /** The native architecture. */
  readonly arch: ArchName;
  /** The container's bounding set, full upper-case names (`CAP_CHOWN`), sorted. */
  readonly caps: readonly string[];
  readonly kernel: KernelVersion;
}

/** "6.1" → `{ major: 6, minor: 1 }`. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

/** Whether `kernel` is this version or a later one. */
export function isAtLeast(kernel: KernelVersion, { major, minor }: KernelVersion): boolean {
  return kernel.major > major || (kernel.major === major && kernel.minor >= minor);
}
