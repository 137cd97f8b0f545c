import { ALL_BITS, type Decision, type Leaf } from "./decision.js";
import {
  ANY_WORD,
  type Budget,
  memberOfWordSet,
  settled,
  splitWordSet,
  type WordSet,
} from "./word-set.js";

/** What the words of a record may be, by offset; a word that is not named may be anything. */
export type Region = ReadonlyMap<number, WordSet>;

/** How two filters compare over a region. */
export type Comparison =
  | { readonly kind: "equal" }
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
const DEFAULT_BUDGET = 20_000_000;

/** What following one more path costs, in steps. */
const PATH_COST = 50;

const EQUAL: Comparison = { kind: "equal" };
const UNKNOWN: Comparison = { kind: "unknown" };

/**
 * Compares two filters for every record of a region, not by samples: both graphs are walked side by
 * side, and each test divides the words that are left into those for which it holds and the others.
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
  let unknown = false;
  const work: { left: Decision; right: Decision; region: Region }[] = [{ left, right, region }];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { region: words } = next;
    const a = advance(next.left, words);
    const b = advance(next.right, words);
    budget.left -= a.steps + b.steps + PATH_COST;
    if (budget.left <= 0) return UNKNOWN;
    const test = a.at.kind === "test" ? a.at : b.at;
    if (test.kind !== "test") {
      if (a.at.kind !== "leaf" || b.at.kind !== "leaf" || same(a.at, b.at)) continue;
      const witness = witnessOf(words, budget);
      if (witness === "unknown") unknown = true;
      else if (witness !== undefined) {
        return { kind: "different", words: witness, left: a.at, right: b.at };
      }
      continue;
    }
    const set = words.get(test.offset) ?? ANY_WORD;
    for (const outcome of [false, true]) {
      for (const part of splitWordSet(set, test, outcome)) {
        const member = memberOfWordSet(part, budget);
        if (member === undefined) continue;
        // No smaller value need be looked at again.
        const rest = member === "unknown" ? part : { ...part, low: member };
        const narrowed = new Map(words).set(test.offset, rest);
        const after = (at: Decision): Decision => (at !== test ? at : outcome ? test.yes : test.no);
        work.push({ left: after(a.at), right: after(b.at), region: narrowed });
      }
    }
  }
  return unknown ? UNKNOWN : EQUAL;
}

/** Follows the tests whose outcome the region settles. */
function advance(decision: Decision, region: Region): { at: Decision; steps: number } {
  let at = decision;
  let steps = 0;
  while (at.kind === "test") {
    const set = region.get(at.offset);
    const outcome: boolean | undefined = set === undefined ? undefined : settled(set, at);
    if (outcome === undefined) break;
    at = outcome ? at.yes : at.no;
    steps += 1 + (set?.not.length ?? 0);
  }
  return { at, steps };
}

function witnessOf(
  region: Region,
  budget: Budget,
): ReadonlyMap<number, number> | undefined | "unknown" {
  const words = new Map<number, number>();
  let unknown = false;
  for (const [offset, set] of region) {
    const word = memberOfWordSet(set, budget);
    if (word === undefined) return undefined;
    if (word === "unknown") unknown = true;
    else words.set(offset, (word & ALL_BITS) >>> 0);
  }
  return unknown ? "unknown" : words;
}
