import type { Place, Warning } from "../errors.js";
import type { KernelVersion } from "../target.js";

/** A value with the place where the profile says it. */
export interface Located<T> {
  readonly value: T;
  readonly place: Place;
}

/**
 * A profile as Docker's JSON says it, decoded but not yet resolved for a target. Fields follow moby
 * profiles seccomp/seccomp.go; words (actions, operators, architectures) are unchecked, since Docker
 * passes them on and the runtime is the one to refuse them.
 */
export interface Profile {
  readonly file: string;
  /** No default action and no rules: moby loads no filter. */
  readonly off: boolean;
  readonly defaultAction: string;
  /** Where `defaultAction` stands, or the beginning of the profile. */
  readonly defaultPlace: Place;
  readonly defaultErrnoRet: bigint | undefined;
  readonly architectures: readonly Located<string>[];
  readonly archMap: readonly ArchMapEntry[];
  /** `undefined` where the key is absent or null: the runtime then has a default of its own. */
  readonly flags: readonly Located<string>[] | undefined;
  readonly listenerPath: string;
  readonly listenerMetadata: string;
  readonly syscalls: readonly ProfileEntry[];
}

export interface ArchMapEntry {
  readonly place: Place;
  readonly architecture: Located<string>;
  readonly subArchitectures: readonly Located<string>[];
}

/** One element of `syscalls`. */
export interface ProfileEntry {
  /** Counts from 0. */
  readonly index: number;
  readonly place: Place;
  /** The legacy spelling; "" when absent. */
  readonly name: Located<string>;
  readonly names: readonly Located<string>[];
  readonly action: string;
  readonly actionPlace: Place;
  readonly errnoRet: bigint | undefined;
  readonly conditions: readonly ProfileCondition[];
  readonly comment: string;
  readonly includes: ProfileGate | undefined;
  readonly excludes: ProfileGate | undefined;
}

/** One element of `args`. */
export interface ProfileCondition {
  readonly place: Place;
  readonly index: bigint;
  readonly value: bigint;
  readonly valueTwo: bigint;
  readonly op: string;
  readonly opPlace: Place;
}

/** `includes` or `excludes`. */
export interface ProfileGate {
  readonly caps: readonly Located<string>[];
  readonly arches: readonly Located<string>[];
  readonly minKernel: KernelVersion | undefined;
}

/**
 * A profile resolved for a target: what Docker hands to the runtime as `linux.seccomp` of the OCI
 * configuration, with the places it came from.
 */
export interface Policy {
  readonly file: string;
  /** No filter is loaded. */
  readonly off: boolean;
  readonly defaultAction: string;
  readonly defaultPlace: Place;
  readonly defaultErrnoRet?: bigint | undefined;
  readonly architectures: readonly string[];
  /** Parallel to `architectures`. */
  readonly architecturePlaces: readonly Place[];
  readonly flags: readonly Located<string>[] | undefined;
  readonly entries: readonly PolicyEntry[];
  /** Entries that the target's gates took out, and why. */
  readonly dropped: readonly DroppedEntry[];
  readonly warnings: readonly Warning[];
}

export interface PolicyEntry {
  /** The entry's index in the profile. */
  readonly index: number;
  readonly place: Place;
  readonly names: readonly Located<string>[];
  readonly action: string;
  readonly actionPlace: Place;
  readonly errnoRet: bigint | undefined;
  readonly conditions: readonly ProfileCondition[];
}

export interface DroppedEntry {
  readonly index: number;
  readonly place: Place;
  readonly reason: string;
}
