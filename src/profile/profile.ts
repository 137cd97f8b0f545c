import type { Place } from "../errors.js";
import type { Word } from "./policy.js";

/** A Docker profile as its author wrote it (moby/profiles seccomp/seccomp.go `Seccomp`), with places. */
export interface Profile {
  readonly file: string;
  readonly place: Place;
  /** `undefined` when absent or null; then the default action is "". */
  readonly defaultAction: Word | undefined;
  readonly defaultErrnoRet: bigint | undefined;
  readonly architectures: readonly Word[];
  readonly archMap: readonly ArchMapEntry[];
  /** `undefined` = absent, which is not the same as an empty list. */
  readonly flags: readonly Word[] | undefined;
  readonly syscalls: readonly ProfileEntry[];
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
  readonly action: Word;
  readonly errnoRet: bigint | undefined;
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
}
