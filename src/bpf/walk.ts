import { type Decision, type Leaf, wordsTested } from "./decision.js";
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

/** What following one more path costs, in steps. */
const PATH_COST = 50;

export interface Walk {
  /** Steps that may be made; it is taken from, so that several walks can share one. */
  readonly budget: Budget;
  /** All records of a region end at these leaves, one for each filter. True ends the walk. */
  visit(leaves: readonly Leaf[], region: Region): boolean | undefined;
  /** Whether nothing beyond these places is of interest. */
  leaves?(places: readonly Decision[]): boolean;
  /** A region whose records go on as others did that were visited. */
  joined?(region: Region, places: readonly Decision[]): void;
}

/**
 * Walks filters for every record of a region, not by samples: all graphs side by side, and each test
 * divides the words that are left into those for which it holds and the others. Places that were met
 * before are not walked again for the same values of the words that are tested from there on.
 *
 * @returns whether the walk is over; false when the budget was used up, and then nothing is known
 */
export function walkDecisions(
  graphs: readonly Decision[],
  start: Region,
  { budget, visit, leaves, joined }: Walk,
): boolean {
  const seen = new Seen(graphs);
  const work: { places: readonly Decision[]; region: Region }[] = [
    { places: graphs, region: start },
  ];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { region } = next;
    budget.left -= PATH_COST;
    const places = next.places.map((place) => advance(place, region, budget));
    if (budget.left <= 0) return false;
    if (leaves?.(places)) continue;
    const test = places.find((place) => place.kind === "test");
    if (test === undefined) {
      if (visit(places as readonly Leaf[], region)) return true;
      continue;
    }
    if (!seen.add(places, region)) {
      joined?.(region, places);
      continue;
    }
    const set = region.get(test.offset) ?? ANY_WORD;
    for (const outcome of [false, true]) {
      for (const part of splitWordSet(set, test, outcome)) {
        const member = memberOfWordSet(part, budget);
        if (member === undefined) continue;
        // No smaller value need be looked at again.
        const rest = member === "unknown" ? part : { ...part, low: member };
        const narrowed = new Map(region).set(test.offset, rest);
        const after = (at: Decision): Decision => (at !== test ? at : outcome ? test.yes : test.no);
        work.push({ places: places.map(after), region: narrowed });
      }
    }
  }
  return true;
}

/** The places that were met together, and for which values. */
class Seen {
  private readonly tested: ReadonlyMap<Decision, number>;
  private readonly numbers = new Map<Decision, number>();
  private readonly keys = new Set<string>();

  constructor(graphs: readonly Decision[]) {
    this.tested = wordsTested(graphs);
  }

  /** Whether this is new. */
  add(places: readonly Decision[], region: Region): boolean {
    let tested = 0;
    let key = "";
    for (const place of places) {
      tested |= this.tested.get(place) ?? 0;
      key += `${this.numberOf(place)} `;
    }
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
function advance(decision: Decision, region: Region, budget: Budget): Decision {
  let at = decision;
  while (at.kind === "test") {
    const set = region.get(at.offset);
    const outcome: boolean | undefined = set === undefined ? undefined : settled(set, at);
    if (outcome === undefined) break;
    at = outcome ? at.yes : at.no;
    budget.left -= 1 + (set?.not.length ?? 0);
  }
  return at;
}

/**
 * A record of the region, by the words that the region names; `undefined` if there is none, or "unknown"
 * if the search would take too long.
 */
export function memberOfRegion(
  region: Region,
  budget: Budget,
): ReadonlyMap<number, number> | undefined | "unknown" {
  const words = new Map<number, number>();
  let unknown = false;
  for (const [offset, set] of region) {
    const word = memberOfWordSet(set, budget);
    if (word === undefined) return undefined;
    if (word === "unknown") unknown = true;
    else words.set(offset, word >>> 0);
  }
  return unknown ? "unknown" : words;
}
