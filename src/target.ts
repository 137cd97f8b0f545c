import type { ArchName } from "./abi/architecture.js";

/** The container engines that hand a profile to a runtime; "oci" is none: a runtime's own config.json. */
export type EngineName = "docker" | "podman" | "containerd" | "oci";
/**
 * Who turns the policy into a filter. "libseccomp" makes runc's calls without its stub; "ideal" loads
 * no filter: it is the plain reading of the policy, the yardstick for the others.
 */
export type RuntimeName = "runc" | "crun" | "youki" | "libseccomp" | "ideal";
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
  /** The container engine, whose rules resolve the profile; `undefined` = what the file's format means. */
  readonly engine: EngineName | undefined;
  readonly runtime: RuntimeName;
  /** Release of runc; `undefined` = the newest that is modelled. Others do not differ in what they load. */
  readonly runtimeVersion: RuntimeVersion | undefined;
  readonly libseccomp: LibseccompVersion;
  /** Release whose syscall table is in use, where a distribution mixes them; `undefined` = `libseccomp`. */
  readonly table: LibseccompVersion | undefined;
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

/** "1.1.15" → `{ major: 1, minor: 1, patch: 15 }`; "1.1" is 1.1.0. */
export interface RuntimeVersion extends KernelVersion {
  readonly patch: number;
}

/** The release whose syscall table resolves names on the target. */
export function syscallTable({ table, libseccomp }: Target): LibseccompVersion {
  return table ?? libseccomp;
}

/** Whether the target's runc is this release or a later one. */
export function isRuncAtLeast(
  { runtimeVersion: version }: Target,
  major: number,
  minor: number,
  patch = 0,
): boolean {
  if (version === undefined) return true;
  const [a, b] = [
    [version.major, version.minor, version.patch],
    [major, minor, patch],
  ] as const;
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return (a[i] ?? 0) > (b[i] ?? 0);
  return true;
}

/** Whether `kernel` is this version or a later one. */
export function isAtLeast(kernel: KernelVersion, { major, minor }: KernelVersion): boolean {
  return kernel.major > major || (kernel.major === major && kernel.minor >= minor);
}
