import type { Place, Warning } from "../errors.js";

/**
 * A profile resolved for one target: what the container engine hands to the runtime
 * (OCI runtime-spec `LinuxSeccomp`), with the places it came from. Words such as actions and
 * operators are not validated yet; that is the runtime's part.
 */
export interface Policy {
  readonly file: string;
  /** Neither default action nor rules: the engine asks for no filter at all. */
  readonly off: boolean;
  /** `SCMP_ACT_*`, "" when the profile has none. */
  readonly defaultAction: string;
  readonly defaultErrnoRet?: bigint;
  readonly defaultPlace: Place | undefined;
  /** `SCMP_ARCH_*` in the profile's order. */
  readonly architectures: readonly Word[];
  /** `undefined` when the key is absent, which is not the same as an empty list. */
  readonly flags?: readonly Word[];
  /** The socket of the program that answers NOTIFY; `undefined` when the key is absent. */
  readonly listenerPath?: Word;
  readonly entries: readonly PolicyEntry[];
  readonly warnings: readonly Warning[];
}

/** Where complaints about the default action, or about the whole profile, point. */
export function defaultPlaceOf({ defaultPlace, file }: Policy): Place {
  return defaultPlace ?? { file, line: 1, column: 1 };
}

/** A word of the profile with its place. */
export interface Word {
  readonly value: string;
  readonly place: Place;
}

/** One entry of `syscalls` that is in force on this target. */
export interface PolicyEntry {
  /** Index into the profile's `syscalls`, from 0. */
  readonly index: number;
  readonly place: Place;
  readonly names: readonly Word[];
  /** Not even an empty list of them. */
  readonly nameless?: boolean;
  readonly action: Word;
  readonly errnoRet?: bigint;
  readonly conditions: readonly PolicyCondition[];
}

/** One `LinuxSeccompArg`. */
export interface PolicyCondition {
  readonly place: Place;
  readonly index: bigint;
  /** `SCMP_CMP_*`. */
  readonly op: Word;
  readonly value: bigint;
  readonly valueTwo: bigint;
}
