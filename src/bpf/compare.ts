import { ALL_BITS, type Decision, type Leaf, wordsTested } from "./decision.js";
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
const DEFAULT_BUDGET = 20_000_000;

/** What following one more path costs, in steps. */
const PATH_COST = 50;

const UNKNOWN: Comparison = { kind: "unknown" };

/**
 * Compares two filters for every record of a region, not by samples: both graphs are walked side by
 * side, and each test divides the words that are left into those for which it holds and the others.
 * Two places that were compared before are not compared again for the same values of the words that
 * are tested from there on.
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
  let unknown = false;
  const seen = new Seen(left, right);
  const work: { left: Decision; right: Decision; region: Region }[] = [{ left, right, region }];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { region: words } = next;
    const a = advance(next.left, words);
    const b = advance(next.right, words);
    budget.left -= a.steps + b.steps + PATH_COST;
    if (budget.left <= 0) return UNKNOWN;
    const test = a.at.kind === "test" ? a.at : b.at;
    if (test.kind !== "test") {
      regions++;
      if (a.at.kind !== "leaf" || b.at.kind !== "leaf" || same(a.at, b.at)) continue;
      const witness = witnessOf(words, budget);
      if (witness === "unknown") unknown = true;
      else if (witness !== undefined) {
        return { kind: "different", words: witness, left: a.at, right: b.at };
      }
      continue;
    }
    if (!seen.add(a.at, b.at, words)) continue;
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
  return unknown ? UNKNOWN : { kind: "equal", regions };
}

/** The pairs of places that were compared, and for which values. */
class Seen {
  private readonly tested: ReadonlyMap<Decision, number>;
  private readonly numbers = new Map<Decision, number>();
  private readonly keys = new Set<string>();

  constructor(left: Decision, right: Decision) {
    this.tested = wordsTested([left, right]);
  }

  /** Whether this is new. */
  add(left: Decision, right: Decision, region: Region): boolean {
    const tested = (this.tested.get(left) ?? 0) | (this.tested.get(right) ?? 0);
    let key = `${this.numberOf(left)} ${this.numberOf(right)}`;
    for (let offset = 0; tested >>> (offset >> 2) !== 0; offset += 4) {
      const set = (tested & (1 << (offset >> 2))) === 0 ? undefined : region.get(offset);
      if (set === undefined) continue;
      const { low, high, bits, value, not } = set;
      key += `;${offset} ${low} ${high} ${bits} ${value} ${not.join(" ")}`;
    }
    const { size } = this.keys;
    return this.keys.add(key).size > size;
  }

  private numberOf(decision: Decision): number {
    const number = this.numbers.get(decision) ?? this.numbers.size;
    this.numbers.set(decision, number);
    return number;
  }
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
