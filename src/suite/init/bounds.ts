import type { ProfileCondition } from "../../profile/profile.js";

/** Masks with more bits than people write are not taken apart. */
const MAX_BITS = 16;

/**
 * Values on both sides of each bound of a condition: next to the value that it compares with; of a mask,
 * one for each of its flags, and one with a flag that it does not look at.
 *
 * @param value what the argument is in a call that meets the condition
 * @param bits how many bits of an argument are compared
 */
export function valuesAtBounds(
  { op, value: bound, valueTwo }: ProfileCondition,
  value: bigint,
  bits: 32 | 64,
): readonly bigint[] {
  const largest = (1n << BigInt(bits)) - 1n;
  const values =
    op.value === "SCMP_CMP_MASKED_EQ"
      ? [value, valueTwo | lowest(~bound & largest), ...flips(bound, value)]
      : [bound - 1n, bound, bound + 1n];
  return [...new Set(values)].filter((one) => one >= 0n && one <= largest);
}

function flips(mask: bigint, value: bigint): bigint[] {
  const flags: bigint[] = [];
  for (let bit = 1n; bit <= mask; bit <<= 1n) if ((mask & bit) !== 0n) flags.push(bit);
  const [first = 0n] = flags;
  const some = flags.length > MAX_BITS ? [first, flags.at(-1) ?? first] : flags;
  return some.map((flag) => value ^ flag);
}

function lowest(flags: bigint): bigint {
  return flags & -flags;
}
