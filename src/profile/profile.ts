import type { Place, Warning } from "../errors.js";
import type { EngineName } from "../target.js";
import type { Word } from "./policy.js";

/**
 * A profile as its author wrote it, as far as one engine reads it, with places: moby/profiles
 * seccomp/seccomp.go `Seccomp`, containers/common pkg/seccomp/types.go `Seccomp`, or runtime-spec
 * specs-go/config.go `LinuxSeccomp`.
 */
export interface Profile {
  readonly file: string;
  /** Whose reading this is. */
  readonly engine: EngineName;
  readonly place: Place;
  /** The object itself is null, or not in the config.json: no profile at all, and no filter. */
  readonly absent: boolean;
  /** `undefined` when absent or null; then the default action is "". */
  readonly defaultAction: Word | undefined;
  readonly defaultErrnoRet: bigint | undefined;
  /** Podman's: a name or decimal number; wins over `defaultErrnoRet`. */
  readonly defaultErrno: Word | undefined;
  readonly architectures: readonly Word[];
  readonly archMap: readonly ArchMapEntry[];
  /** `undefined` = absent, which is not the same as an empty list. */
  readonly flags: readonly Word[] | undefined;
  readonly listenerPath: Word | undefined;
  readonly listenerMetadata: Word | undefined;
  readonly syscalls: readonly ProfileEntry[];
}

/** A profile, and what its author may not have meant: looked for when somebody asks. */
export interface ReadProfile {
  readonly profile: Profile;
  readonly warnings: readonly Warning[];
}

/** An architecture and those that come with it on a host of that architecture. */
export interface ArchMapEntry {
  readonly architecture: Word;
  readonly subArchitectures: readonly Word[];
}

/** One entry of `syscalls`. */
export interface ProfileEntry {
  /** Counted from 0. */
  readonly index: number;
  readonly place: Place;
  /** The form of Docker 1.10: one name. */
  readonly name: Word | undefined;
  readonly names: readonly Word[];
  /** Neither form is there, which is not the same as an empty list. */
  readonly nameless?: boolean;
  readonly action: Word;
  readonly errnoRet: bigint | undefined;
  /** Podman's: a name or decimal number; wins over `errnoRet`. */
  readonly errno: Word | undefined;
  readonly comment: Word | undefined;
  readonly args: readonly ProfileCondition[];
  readonly includes: Gate | undefined;
  readonly excludes: Gate | undefined;
}

/** One comparison of an argument, unchecked. */
export interface ProfileCondition {
  readonly place: Place;
  readonly index: bigint;
  readonly value: bigint;
  readonly valueTwo: bigint;
  readonly op: Word;
}

/** When an entry is in force: all of `includes`, none of `excludes`. */
export interface Gate {
  readonly caps: readonly Word[];
  readonly arches: readonly Word[];
  readonly minKernel: { readonly major: number; readonly minor: number } | undefined;
  /** Where that stands. */
  readonly minKernelPlace: Place | undefined;
}
