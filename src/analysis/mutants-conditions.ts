import type { ProfileCondition, ProfileEntry } from "../profile/profile.js";
import type { EntryChange } from "./mutants.js";

const MASKED = "SCMP_CMP_MASKED_EQ";
const LARGEST = (1n << 64n) - 1n;

const NEGATED: Readonly<Record<string, string>> = {
  SCMP_CMP_NE: "SCMP_CMP_EQ",
  SCMP_CMP_EQ: "SCMP_CMP_NE",
  SCMP_CMP_LT: "SCMP_CMP_GE",
  SCMP_CMP_GE: "SCMP_CMP_LT",
  SCMP_CMP_LE: "SCMP_CMP_GT",
  SCMP_CMP_GT: "SCMP_CMP_LE",
  // No operator negates it; without the mask, it is another question.
  [MASKED]: "SCMP_CMP_EQ",
};

/** Masks with more bits than people write are not taken apart. */
const MAX_MASK_BITS = 16;

/** Mistakes in the comparisons of an entry's arguments. */
export function conditionMutants(entry: ProfileEntry): EntryChange[] {
  return entry.args.flatMap((condition, index) => {
    const with_ = (changed: readonly ProfileCondition[]): ProfileEntry => ({
      ...entry,
      args: entry.args.flatMap((one, i) => (i === index ? changed : [one])),
    });
    const dropped: EntryChange = {
      kind: "condition",
      place: condition.place,
      what: `drops the condition on argument ${condition.index}`,
      entry: with_([]),
    };
    const changed = changes(condition).map(
      ({ kind, what, ...parts }): EntryChange => ({
        kind,
        place: kind === "operator" ? condition.op.place : condition.place,
        what,
        entry: with_([{ ...condition, ...parts }]),
      }),
    );
    return [dropped, ...changed];
  });
}

type Change = Partial<ProfileCondition> & Pick<EntryChange, "kind" | "what">;

function changes(condition: ProfileCondition): Change[] {
  const { op, value, valueTwo } = condition;
  const negated = NEGATED[op.value];
  const operator: Change[] =
    negated === undefined
      ? []
      : [
          {
            kind: "operator",
            what: `${op.value} → ${negated}${op.value === MASKED ? ` ${hex(valueTwo)}` : ""}`,
            op: { value: negated, place: op.place },
            ...(op.value === MASKED ? { value: valueTwo, valueTwo: 0n } : {}),
          },
        ];
  if (op.value === MASKED) return [...operator, ...maskChanges(value, valueTwo)];
  const moved = [value - 1n, value + 1n].filter((bound) => bound >= 0n && bound <= LARGEST);
  return [
    ...operator,
    ...moved.map(
      (bound): Change => ({ kind: "bound", what: `value ${value} → ${bound}`, value: bound }),
    ),
  ];
}

/** Each bit of a mask is a bound of its own: the question whether that flag is looked at. */
function maskChanges(mask: bigint, wanted: bigint): Change[] {
  const all = bitsOf(mask);
  const [lowest] = all;
  if (lowest === undefined) return [];
  const bits = all.length > MAX_MASK_BITS ? [lowest, all.at(-1) ?? lowest] : all;
  const masks = bits.map((bit): Change => {
    const [value, valueTwo] = [mask & ~bit, wanted & ~bit];
    const also = valueTwo === wanted ? "" : `, ${maskedValue(wanted, valueTwo)}`;
    return { kind: "bound", what: `mask ${hex(mask)} → ${hex(value)}${also}`, value, valueTwo };
  });
  const valueTwo = wanted ^ lowest;
  return [...masks, { kind: "bound", what: maskedValue(wanted, valueTwo), valueTwo }];
}

function maskedValue(before: bigint, after: bigint): string {
  return `masked value ${hex(before)} → ${hex(after)}`;
}

function bitsOf(mask: bigint): bigint[] {
  const bits: bigint[] = [];
  for (let rest = mask, bit = 1n; rest !== 0n; rest >>= 1n, bit <<= 1n) {
    if ((rest & 1n) !== 0n) bits.push(bit);
  }
  return bits;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
