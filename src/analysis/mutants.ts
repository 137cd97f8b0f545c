import type { ArchName } from "../abi/architecture.js";
import { errnoName } from "../abi/errno.js";
import type { Place } from "../errors.js";
import type { Gate, Profile, ProfileEntry } from "../profile/profile.js";
import { errnoOf } from "../profile/resolve.js";
import { conditionMutants } from "./mutants-conditions.js";

/** What kind of mistake a mutant is. */
export type MutantKind =
  | "entry"
  | "name"
  | "action"
  | "errno"
  | "operator"
  | "bound"
  | "condition"
  | "gate"
  | "default";

/** A profile with one small mistake in it. */
export interface Mutant {
  readonly kind: MutantKind;
  /** Where the mistake is. */
  readonly place: Place;
  /** What was done: `drops the entry`, `SCMP_CMP_EQ → SCMP_CMP_NE`. */
  readonly what: string;
  readonly profile: Profile;
}

/** A changed entry, and where and what was changed. */
export type EntryChange = Pick<Mutant, "kind" | "place" | "what"> & {
  readonly entry: ProfileEntry;
};

/**
 * The same mistake in the profile's text has the same key, whatever the target it is read for, unless
 * the number of an error has another name there.
 */
export function mutantKey({ place, what }: Pick<Mutant, "place" | "what">): string {
  return `${place.file}:${place.line}:${place.column}: ${what}`;
}

const ALLOW = "SCMP_ACT_ALLOW";
const ERRNO = "SCMP_ACT_ERRNO";
const KILL = "SCMP_ACT_KILL_PROCESS";
const EPERM = 1n;
const EACCES = 13n;

/**
 * The mutants of a profile, in its order: each leaves out an entry, a name, a condition or a gate,
 * negates an operator, moves a bound by one, or has another action or errno.
 *
 * @param arch the host's, which numbers errors
 */
export function mutantsOf(profile: Profile, arch: ArchName): readonly Mutant[] {
  const own = profile.syscalls.flatMap((entry, index) => {
    const others = profile.syscalls;
    const without = { ...profile, syscalls: others.filter((_, i) => i !== index) };
    const dropped: Mutant = {
      kind: "entry",
      place: entry.place,
      what: "drops the entry",
      profile: without,
    };
    const changed = entryChanges(entry, profile, arch).map(
      ({ entry: changed, ...mutant }): Mutant => {
        const syscalls = others.map((other, i) => (i === index ? changed : other));
        return { ...mutant, profile: { ...profile, syscalls } };
      },
    );
    return [dropped, ...changed];
  });
  return [...defaultMutants(profile, arch), ...own];
}

function defaultMutants(profile: Profile, arch: ArchName): Mutant[] {
  const { defaultAction: word } = profile;
  if (word === undefined || word.value === "") return [];
  const { place } = word;
  const actions = otherActions(word.value, undefined).map((value): Mutant => {
    const what = `default action ${word.value} → ${value}`;
    return {
      kind: "default",
      place,
      what,
      profile: { ...profile, defaultAction: { value, place } },
    };
  });
  if (word.value !== ERRNO) return actions;
  const before = errnoOf(profile.defaultErrno, profile.defaultErrnoRet, arch) ?? EPERM;
  const after = otherErrno(before);
  const what = `default errno ${errnoText(before, arch)} → ${errnoText(after, arch)}`;
  const changed = { ...profile, defaultErrno: undefined, defaultErrnoRet: after };
  return [...actions, { kind: "default", place, what, profile: changed }];
}

function entryChanges(entry: ProfileEntry, profile: Profile, arch: ArchName): EntryChange[] {
  return [
    ...nameChanges(entry),
    ...actionChanges(entry, profile),
    ...errnoChanges(entry, arch),
    ...conditionMutants(entry),
    ...gateChanges(entry, "includes"),
    ...gateChanges(entry, "excludes"),
  ];
}

/** Without its only name, an entry is none. */
function nameChanges(entry: ProfileEntry): EntryChange[] {
  if (entry.names.length < 2) return [];
  return entry.names.map((name, index) => ({
    kind: "name",
    place: name.place,
    what: `drops the name ${name.value}`,
    entry: { ...entry, names: entry.names.filter((_, i) => i !== index) },
  }));
}

function actionChanges(entry: ProfileEntry, { defaultAction }: Profile): EntryChange[] {
  const { value: before, place } = entry.action;
  return otherActions(before, defaultAction?.value).map((value) => ({
    kind: "action",
    place,
    what: `${before} → ${value}`,
    entry: { ...entry, action: { value, place } },
  }));
}

/** What allows is made to deny, and the reverse; what denies otherwise than by an errno, to do so. */
function otherActions(action: string, defaultAction: string | undefined): string[] {
  // An entry with the default action does nothing, as one that is left out.
  const usable = (words: readonly string[]) => words.find((word) => word !== defaultAction);
  if (action === ALLOW) return [usable([ERRNO, KILL]) ?? KILL];
  if (action === ERRNO) return [usable([ALLOW, KILL]) ?? KILL];
  return [ALLOW, ERRNO].filter((word) => word !== defaultAction);
}

function errnoChanges(entry: ProfileEntry, arch: ArchName): EntryChange[] {
  if (entry.action.value !== ERRNO) return [];
  const before = errnoOf(entry.errno, entry.errnoRet, arch) ?? EPERM;
  const after = otherErrno(before);
  return [
    {
      kind: "errno",
      place: entry.action.place,
      what: `errno ${errnoText(before, arch)} → ${errnoText(after, arch)}`,
      entry: { ...entry, errno: undefined, errnoRet: after },
    },
  ];
}

function otherErrno(errno: bigint): bigint {
  return errno === EPERM ? EACCES : EPERM;
}

function errnoText(errno: bigint, arch: ArchName): string {
  return errnoName(Number(errno), arch) ?? String(errno);
}

function gateChanges(entry: ProfileEntry, side: "includes" | "excludes"): EntryChange[] {
  const gate = entry[side];
  if (gate === undefined) return [];
  const without = (part: Partial<Gate>): ProfileEntry => ({
    ...entry,
    [side]: { ...gate, ...part },
  });
  const lists = (["caps", "arches"] as const).flatMap((key): EntryChange[] => {
    const [first] = gate[key];
    if (first === undefined) return [];
    const words = gate[key].map(({ value }) => value).join(", ");
    const what = `drops the gate ${side}.${key} (${words})`;
    return [{ kind: "gate", place: first.place, what, entry: without({ [key]: [] }) }];
  });
  const { minKernel: kernel } = gate;
  if (kernel === undefined) return lists;
  const what = `drops the gate ${side}.minKernel (${kernel.major}.${kernel.minor})`;
  return [
    ...lists,
    { kind: "gate", place: entry.place, what, entry: without({ minKernel: undefined }) },
  ];
}
