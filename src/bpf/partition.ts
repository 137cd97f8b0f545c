import { ARCH_OFFSET, NR_OFFSET } from "../seccomp/record.js";
import type { Region } from "./compare.js";
import { type Decision, holds, type Leaf } from "./decision.js";
import type { Endian } from "./instruction.js";
import { ANY_WORD, type Budget, memberOfWordSet, settled, splitWordSet } from "./word-set.js";

/** A filter as the calls of one number on one architecture meet it. */
export interface CallView {
  readonly decision: Decision;
  /** Unsigned words of the record. */
  readonly nr: number;
  readonly arch: number;
  readonly endian: Endian;
}

/** Calls that take the same way through all filters. */
export interface Part {
  /** What each filter returns. */
  readonly leaves: readonly Leaf[];
  /** The words that were looked at, by their offset in a little-endian record. */
  readonly region: Region;
}

export interface Partition {
  /** No two of them share a call. */
  readonly parts: readonly Part[];
  /** Whether every call is in one of them; if not, it was too much to look at. */
  readonly complete: boolean;
}

/** What following one more way costs, in steps. */
const WAY_COST = 50;
const DEFAULT_BUDGET = 1_000_000;
const MAX_PARTS = 2000;

/**
 * Divides the calls of one number by what they make several filters return, for every value of every
 * argument: each test that is not settled yet divides the values of its word.
 *
 * @param budget steps that may be made; it is taken from, so that several can share one
 */
export function partition(
  views: readonly CallView[],
  budget: Budget = { left: DEFAULT_BUDGET },
): Partition {
  const parts: Part[] = [];
  const [first] = views;
  if (first === undefined) return { parts: [{ leaves: [], region: new Map() }], complete: true };
  let complete = true;
  const work: { at: Decision; leaves: readonly Leaf[]; region: Region }[] = [
    { at: first.decision, leaves: [], region: new Map() },
  ];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { leaves, region } = next;
    const view = views[leaves.length] as CallView;
    const at = advance(next.at, view, region, budget);
    budget.left -= WAY_COST;
    if (budget.left <= 0 || parts.length >= MAX_PARTS) return { parts, complete: false };
    if (at.kind === "leaf") {
      const all = [...leaves, at];
      const after = views[all.length];
      if (after === undefined) parts.push({ leaves: all, region });
      else work.push({ at: after.decision, leaves: all, region });
      continue;
    }
    const offset = offsetIn(view, at.offset);
    const set = region.get(offset) ?? ANY_WORD;
    for (const outcome of [false, true]) {
      for (const rest of splitWordSet(set, at, outcome)) {
        const member = memberOfWordSet(rest, budget);
        if (member === undefined) continue;
        if (member === "unknown") complete = false;
        else {
          const narrowed = new Map(region).set(offset, rest);
          work.push({ at: outcome ? at.yes : at.no, leaves, region: narrowed });
        }
      }
    }
  }
  return { parts, complete };
}

/** The halves of 64-bit values change places on big-endian machines. */
function offsetIn({ endian }: CallView, offset: number): number {
  return endian === "big" && offset > ARCH_OFFSET ? offset ^ 4 : offset;
}

/** Follows the tests whose outcome is settled. */
function advance(from: Decision, view: CallView, region: Region, budget: Budget): Decision {
  let at = from;
  while (at.kind === "test") {
    budget.left--;
    let outcome: boolean | undefined;
    if (at.offset === NR_OFFSET) outcome = holds(at, view.nr);
    else if (at.offset === ARCH_OFFSET) outcome = holds(at, view.arch);
    else {
      const set = region.get(offsetIn(view, at.offset));
      outcome = set === undefined ? undefined : settled(set, at);
    }
    if (outcome === undefined) break;
    at = outcome ? at.yes : at.no;
  }
  return at;
}
