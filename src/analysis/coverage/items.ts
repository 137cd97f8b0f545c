import type { Place } from "../../errors.js";
import { type GatePart, gatePartsOf, neverInForce } from "../../profile/gates.js";
import type { Word } from "../../profile/policy.js";
import type { Profile, ProfileCondition, ProfileEntry } from "../../profile/profile.js";

/** What a profile is made of, as far as calls can exercise it. */
export type CoverageKind = "entry" | "name" | "gate" | "condition" | "default" | "badArch" | "stub";

/** Something that calls exercise, or not. */
export interface Item {
  readonly kind: CoverageKind;
  readonly place: Place;
  /** Counted from 0; none for the outcomes that belong to no entry. */
  readonly entry: number | undefined;
  /** `mount`, `includes.caps CAP_SYS_ADMIN`, `arg 0 & 0x7e020000 == 0`. */
  readonly text: string;
  /** Gates and conditions are two items each. */
  readonly side: "open" | "shut" | "true" | "false" | undefined;
  covered: boolean;
}

export interface GateItems {
  readonly part: GatePart;
  readonly open: Item;
  readonly shut: Item;
}

export interface ConditionItems {
  readonly condition: ProfileCondition;
  readonly holds: Item;
  readonly fails: Item;
}

/** The items of one entry. */
export interface EntryItems {
  readonly source: ProfileEntry;
  readonly entry: Item;
  readonly names: readonly { readonly word: Word; readonly item: Item }[];
  readonly gates: readonly GateItems[];
  readonly conditions: readonly ConditionItems[];
  /** Why it is in force on no target at all, if that is so. */
  readonly never: string | undefined;
}

/** The items of a profile, all still to be covered. */
export interface ProfileItems {
  readonly profile: Profile;
  readonly entries: readonly EntryItems[];
  readonly defaultAction: Item;
  readonly badArch: Item;
  readonly stub: Item;
}

export function itemsOf(profile: Profile): ProfileItems {
  const { place, defaultAction, architectures, archMap } = profile;
  const outcome = (kind: CoverageKind, at: Place, text: string): Item => ({
    kind,
    place: at,
    entry: undefined,
    text,
    side: undefined,
    covered: false,
  });
  const archPlace = architectures[0]?.place ?? archMap[0]?.architecture.place ?? place;
  return {
    profile,
    entries: profile.syscalls.map((entry) => entryItems(entry, profile)),
    defaultAction: outcome(
      "default",
      defaultAction?.place ?? place,
      defaultAction?.value || "no default action",
    ),
    badArch: outcome("badArch", archPlace, "an architecture that the filter does not serve"),
    stub: outcome("stub", place, "ENOSYS for calls newer than every name"),
  };
}

function entryItems(source: ProfileEntry, profile: Profile): EntryItems {
  const item = (kind: CoverageKind, place: Place, text: string, side?: Item["side"]): Item => ({
    kind,
    place,
    entry: source.index,
    text,
    side,
    covered: false,
  });
  const words = namesOf(source);
  return {
    source,
    entry: item("entry", source.place, summary(words)),
    names: words.map((word) => ({ word, item: item("name", word.place, word.value) })),
    gates: gatePartsOf(source, profile).map((part) => {
      const text = `${part.side}.${part.key} ${part.text}`;
      return {
        part,
        open: item("gate", part.place, text, "open"),
        shut: item("gate", part.place, text, "shut"),
      };
    }),
    conditions: source.args.map((condition) => {
      const text = conditionText(condition);
      return {
        condition,
        holds: item("condition", condition.place, text, "true"),
        fails: item("condition", condition.place, text, "false"),
      };
    }),
    never: neverInForce(source, profile),
  };
}

/** In either form; whoever has both was refused. */
function namesOf({ name, names }: ProfileEntry): readonly Word[] {
  return names.length === 0 && name !== undefined && name.value !== "" ? [name] : names;
}

/** `mount`, `mount and umount2`, `read and 300 more`. */
function summary(words: readonly Word[]): string {
  const [first, second] = words;
  if (first === undefined) return "no names";
  if (second === undefined) return first.value;
  return words.length === 2
    ? `${first.value} and ${second.value}`
    : `${first.value} and ${words.length - 1} more`;
}

const SIGNS: Readonly<Record<string, string>> = {
  SCMP_CMP_NE: "!=",
  SCMP_CMP_LT: "<",
  SCMP_CMP_LE: "<=",
  SCMP_CMP_EQ: "==",
  SCMP_CMP_GE: ">=",
  SCMP_CMP_GT: ">",
};

/** `arg 0 < 16`, `arg 0 & 0x7e020000 == 0`. */
export function conditionText({ index, op, value, valueTwo }: ProfileCondition): string {
  const number = (n: bigint): string => (n < 1024n ? `${n}` : `0x${n.toString(16)}`);
  if (op.value === "SCMP_CMP_MASKED_EQ") {
    return `arg ${index} & 0x${value.toString(16)} == ${number(valueTwo)}`;
  }
  return `arg ${index} ${SIGNS[op.value] ?? op.value} ${number(value)}`;
}
