import type { Decision, Leaf } from "./decision.js";
import { memberOfRegion, type Region, walkDecisions } from "./walk.js";
import type { Budget } from "./word-set.js";

export type { Region } from "./walk.js";

/** How two filters compare over a region. */
export type Comparison =
  | {
      readonly kind: "equal";
      /** Into how many regions the tests of both divided the records. */
      readonly regions: number;
    }
  | {
      readonly kind: "different";
      /** A record that shows it: its words by offset, the others do not matter. */
      readonly words: ReadonlyMap<number, number>;
      readonly left: Leaf;
      readonly right: Leaf;
    }
  /** Too much to look at: nothing is known. */
  | { readonly kind: "unknown" };

/**
 * Steps before a comparison is given up: a test on a path is one, and one more for each value that is
 * ruled out for its word. A million takes some tens of milliseconds.
 */
export const DEFAULT_BUDGET = 20_000_000;

const UNKNOWN: Comparison = { kind: "unknown" };

/**
 * Compares two filters for every record of a region (see {@link walkDecisions}).
 *
 * @param budget steps that may be made; it is taken from, so that several comparisons can share one
 * @param same whether two outcomes count as one; by default equal words
 */
export function compareDecisions(
  left: Decision,
  right: Decision,
  region: Region = new Map(),
  {
    budget = { left: DEFAULT_BUDGET },
    same = (a: Leaf, b: Leaf): boolean => a.ret === b.ret,
  }: { budget?: Budget; same?: (left: Leaf, right: Leaf) => boolean } = {},
): Comparison {
  let regions = 0;
  let found: Comparison | undefined;
  let unknown = false;
  const visit = ([a, b]: readonly Leaf[], words: Region): boolean => {
    regions++;
    if (a === undefined || b === undefined || same(a, b)) return false;
    const witness = memberOfRegion(words, budget);
    if (witness === "unknown") unknown = true;
    else if (witness !== undefined) {
      found = { kind: "different", words: witness, left: a, right: b };
      return true;
    }
    return false;
  };
  const done = walkDecisions([left, right], region, { budget, visit });
  if (!done) return UNKNOWN;
  return found ?? (unknown ? UNKNOWN : { kind: "equal", regions });
}
