import { ALL_BITS, type Test } from "./decision.js";

/**
 * The values that a 32-bit word may still have after some tests: an interval, known bits, and masked
 * values that are ruled out. Never changed in place.
 */
export interface WordSet {
  readonly low: number;
  readonly high: number;
  /** `(word & bits) == value`. */
  readonly bits: number;
  readonly value: number;
  /** `(word & mask) != k`, for each. */
  readonly not: readonly (readonly [mask: number, k: number])[];
}

/** Every value. */
export const ANY_WORD: WordSet = { low: 0, high: ALL_BITS, bits: 0, value: 0, not: [] };

/** The one value. */
export function onlyWord(value: number): WordSet {
  return { low: value, high: value, bits: ALL_BITS, value, not: [] };
}

/** Steps that may still be made, shared by all who take from it. */
export interface Budget {
  left: number;
}

/** Values that are skipped in search of a member before the bits are tried one by one. */
const MAX_SKIPS = 64;
/** Bits that are tried; sets of real filters need a handful. */
const MAX_TRIES = 20_000;

/** The smallest value from `low` on with the known bits, or `undefined` beyond the last. */
export function nextFitting(low: number, bits: number, value: number): number | undefined {
  if ((low & bits) >>> 0 === value) return low;
  // It agrees with `low` down to some bit, has a 1 there where `low` has a 0, and is least below.
  for (let bit = 0; bit < 32; bit++) {
    const one = (1 << bit) >>> 0;
    if ((low & one) !== 0 || ((bits & one) !== 0 && (value & one) === 0)) continue;
    const above = ~(one | (one - 1)) >>> 0;
    if ((low & above & bits) >>> 0 !== (value & above) >>> 0) continue;
    return ((low & above) | one | (value & (one - 1))) >>> 0;
  }
  return undefined;
}

/**
 * The smallest member, `undefined` if there is none, or "unknown" if the search would take too long.
 *
 * @param budget charged with a step for each value that is looked at, and for each that is ruled out
 */
export function memberOfWordSet(
  set: WordSet,
  budget: Budget = { left: Number.POSITIVE_INFINITY },
): number | undefined | "unknown" {
  const { bits, value, high, not } = set;
  let from = set.low;
  for (let skips = 0; skips < MAX_SKIPS; skips++) {
    budget.left -= 1 + not.length;
    if (budget.left <= 0) return "unknown";
    const found = nextFitting(from, bits, value);
    if (found === undefined || found > high) return undefined;
    const against = not.find(([mask, k]) => (found & mask) >>> 0 === k);
    if (against === undefined) return found;
    // All values with the same upper part down to the mask's lowest bit are ruled out with it.
    const lowest = (against[0] & -against[0]) >>> 0;
    const next = Math.floor(found / lowest) * lowest + lowest;
    if (next > ALL_BITS) return undefined;
    from = next;
  }
  return new BitSearch(set, budget).member();
}

/** Tries the bits from the highest on, and remembers what led nowhere. */
class BitSearch {
  private tries = 0;
  private readonly failed = new Set<string>();

  constructor(
    private readonly set: WordSet,
    private readonly budget: Budget,
  ) {}

  member(): number | undefined | "unknown" {
    return this.search(31, 0, true, true, this.set.not);
  }

  /**
   * @param atLow whether the bits so far are those of the least value, `atHigh` of the greatest
   * @param ruled those of the values that are ruled out which the bits so far agree with
   */
  private search(
    bit: number,
    word: number,
    atLow: boolean,
    atHigh: boolean,
    ruled: WordSet["not"],
  ): number | undefined | "unknown" {
    if (bit < 0) return ruled.length === 0 ? word : undefined;
    const key = `${bit} ${atLow} ${atHigh} ${ruled.join(" ")}`;
    if (this.failed.has(key)) return undefined;
    this.budget.left -= 1 + ruled.length;
    if (++this.tries > MAX_TRIES || this.budget.left <= 0) return "unknown";
    const one = (1 << bit) >>> 0;
    const { low, high, bits, value } = this.set;
    for (const digit of [0, one]) {
      if ((bits & one) !== 0 && (value & one) >>> 0 !== digit) continue;
      if (atLow && digit === 0 && (low & one) !== 0) continue;
      if (atHigh && digit !== 0 && (high & one) === 0) continue;
      const found = this.search(
        bit - 1,
        (word | digit) >>> 0,
        atLow && digit === (low & one) >>> 0,
        atHigh && digit === (high & one) >>> 0,
        ruled.filter(([mask, k]) => (mask & one) === 0 || (k & one) >>> 0 === digit),
      );
      if (found !== undefined) return found;
    }
    this.failed.add(key);
    return undefined;
  }
}

/** Whether a test comes out the same for every member as far as interval and bits tell at once. */
export function settled(
  set: WordSet,
  { mask, op, k }: Pick<Test, "mask" | "op" | "k">,
): boolean | undefined {
  if (set.low === set.high) {
    const word = (set.low & mask) >>> 0;
    return op === "eq" ? word === k : word > k;
  }
  const common = (set.bits & mask) >>> 0;
  if (op === "eq") {
    if ((k & ~mask) !== 0) return false;
    if ((set.value & common) >>> 0 !== (k & common) >>> 0) return false;
    if (common === mask) return true;
    if (set.not.some(([other, ruled]) => other === mask && ruled === k)) return false;
    return mask === ALL_BITS && (k < set.low || k > set.high) ? false : undefined;
  }
  if (mask !== ALL_BITS) return undefined;
  if (set.low > k) return true;
  return set.high <= k ? false : undefined;
}

function withBits(set: WordSet, mask: number, k: number): WordSet | undefined {
  if (((set.value ^ k) & set.bits & mask) !== 0) return undefined;
  const bits = (set.bits | mask) >>> 0;
  const value = (set.value | k) >>> 0;
  if (bits !== ALL_BITS) return { ...set, bits, value };
  if (value < set.low || value > set.high) return undefined;
  return { ...set, bits, value, low: value, high: value };
}

/**
 * The members for which a test comes out as `outcome`, as sets that have none in common; sets that are
 * plainly empty are left out.
 */
export function splitWordSet(
  set: WordSet,
  { mask, op, k }: Pick<Test, "mask" | "op" | "k">,
  outcome: boolean,
): readonly WordSet[] {
  const plain = settled(set, { mask, op, k });
  if (plain !== undefined) return plain === outcome ? [set] : [];
  if (op === "eq") {
    if (!outcome && mask === ALL_BITS) return around(set, k);
    if (!outcome) return [{ ...set, not: [...set.not, [mask, k]] }];
    const fixed = withBits(set, mask, k);
    return fixed === undefined ? [] : [fixed];
  }
  if (mask === ALL_BITS) {
    return [outcome ? { ...set, low: k + 1 } : { ...set, high: k }];
  }
  return maskedOrder(set, mask, k, outcome);
}

/** All but one value, as the intervals beside it. */
function around(set: WordSet, k: number): WordSet[] {
  const sides: WordSet[] = [];
  if (k > set.low) sides.push({ ...set, high: k - 1 });
  if (k < set.high) sides.push({ ...set, low: k + 1 });
  return sides;
}

/** `(word & mask) > k`, or not: one set for each bit at which the two first differ. */
function maskedOrder(set: WordSet, mask: number, k: number, greater: boolean): WordSet[] {
  const sets: WordSet[] = [];
  let same: WordSet | undefined = set;
  for (let bit = 31; bit >= 0 && same !== undefined; bit--) {
    const one = (1 << bit) >>> 0;
    const wanted = (k & one) !== 0;
    if ((mask & one) === 0) {
      // The masked value has a 0 here: it is smaller than k if k has a 1.
      if (!wanted) continue;
      if (!greater) sets.push(same);
      return sets;
    }
    if (wanted !== greater) {
      const differing = withBits(same, one, wanted ? 0 : one);
      if (differing !== undefined) sets.push(differing);
    }
    same = withBits(same, one, wanted ? one : 0);
  }
  if (!greater && same !== undefined) sets.push(same);
  return sets;
}
