import type { Choice, Node } from "./graph.js";

/** A comparison of the word, on the way to a node. `set`: some bit of `k` is set. */
export interface Step {
  readonly kind: "step";
  readonly op: "eq" | "ge" | "set";
  readonly k: number;
  readonly yes: Plan;
  readonly no: Plan;
}

export type Plan = Step | Node;

export function step(op: Step["op"], k: number, yes: Plan, no: Plan): Step {
  return { kind: "step", op, k, yes, no };
}

/** An interval of a choice's word, as planning sees it. */
export interface Interval {
  readonly low: number;
  /** It has one value: `low`. */
  readonly single: boolean;
  readonly target: Node;
  /** How often it is met. */
  readonly weight: number;
}

export interface PlanOptions {
  /** What one instruction more in the program costs, in steps that are executed. */
  readonly sizeCost: number;
  /** Indexes of intervals before which the word may be split; all where absent. */
  readonly splits?: readonly number[];
}

/** Places looked at for a split, around the one that halves the weight. */
const MAX_SPLITS = 10;
/** A range that is not split: JEQs alone. */
const CHAIN = -1;

/**
 * The cheapest tree of comparisons for a choice, by dynamic programming over its ranges of intervals: a
 * range is split by JGE until JEQs alone are cheaper. Splits far from the middle of the weight are not
 * looked at.
 */
export function planTree(intervals: readonly Interval[], options: PlanOptions): Plan {
  const planner = new Planner(intervals, options);
  planner.cost(0, intervals.length - 1);
  return planner.make(0, intervals.length - 1);
}

class Planner {
  /** Weight before each interval. */
  private readonly sums: Float64Array;
  private readonly chainEnds: Int32Array;
  private readonly splits: readonly number[];
  private readonly known = new Map<number, { readonly cost: number; readonly split: number }>();

  constructor(
    private readonly intervals: readonly Interval[],
    private readonly options: PlanOptions,
  ) {
    this.sums = new Float64Array(intervals.length + 1);
    intervals.forEach(({ weight }, i) => {
      this.sums[i + 1] = (this.sums[i] as number) + weight;
    });
    this.chainEnds = chainEnds(intervals);
    this.splits = options.splits ?? intervals.map((_, i) => i).slice(1);
  }

  /** Of the intervals from one to another: instructions and executed steps. */
  cost(from: number, to: number): number {
    const key = from * this.intervals.length + to;
    const before = this.known.get(key);
    if (before !== undefined) return before.cost;
    const weight = this.weight(from, to);
    const isChain = to <= (this.chainEnds[from] as number);
    let cost = isChain ? this.chain(from, to).cost : Number.POSITIVE_INFINITY;
    let split = CHAIN;
    for (const at of cost === 0 ? [] : this.candidates(from, to)) {
      const parts = this.cost(from, at - 1) + this.cost(at, to);
      if (this.options.sizeCost + weight + parts >= cost) continue;
      cost = this.options.sizeCost + weight + parts;
      split = at;
    }
    this.known.set(key, { cost, split });
    return cost;
  }

  make(from: number, to: number): Plan {
    const split = this.known.get(from * this.intervals.length + to)?.split ?? CHAIN;
    if (split !== CHAIN) {
      const { low } = this.intervals[split] as Interval;
      return step("ge", low, this.make(split, to), this.make(from, split - 1));
    }
    const { asked, rest } = this.chain(from, to);
    return asked.reduceRight<Plan>(
      (after, { low, target }) => step("eq", low, target, after),
      rest,
    );
  }

  private weight(from: number, to: number): number {
    return (this.sums[to + 1] as number) - (this.sums[from] as number);
  }

  /** What JEQs alone ask for, in a range of which all else leads to one node. */
  private chain(from: number, to: number) {
    const range = this.intervals.slice(from, to + 1);
    const rest = range.find(({ single }) => !single)?.target ?? mostFrequent(range);
    const asked = range.filter(({ target }) => target !== rest);
    asked.sort((a, b) => b.weight - a.weight);
    let left = this.weight(from, to);
    let cost = 0;
    for (const { weight } of asked) {
      cost += this.options.sizeCost + left;
      left -= weight;
    }
    return { asked, rest, cost };
  }

  /** Splits of a range, those that come nearest to halving its weight. */
  private candidates(from: number, to: number): readonly number[] {
    const { splits, sums } = this;
    const first = lowerBound(splits.length, (i) => (splits[i] as number) > from);
    const end = lowerBound(splits.length, (i) => (splits[i] as number) > to);
    if (end - first <= MAX_SPLITS) return splits.slice(first, end);
    const half = ((sums[from] as number) + (sums[to + 1] as number)) / 2;
    const middle = lowerBound(splits.length, (i) => (sums[splits[i] as number] as number) >= half);
    const start = Math.max(first, Math.min(middle - (MAX_SPLITS >> 1), end - MAX_SPLITS));
    return splits.slice(start, start + MAX_SPLITS);
  }
}

/** The node that most of some intervals lead to, and of those the one that is met most. */
function mostFrequent(intervals: readonly Interval[]): Node {
  const counts = new Map<Node, { count: number; weight: number }>();
  for (const { target, weight } of intervals) {
    const so = counts.get(target) ?? { count: 0, weight: 0 };
    counts.set(target, { count: so.count + 1, weight: so.weight + weight });
  }
  const [most] = [...counts].sort(([, a], [, b]) => b.count - a.count || b.weight - a.weight);
  return most?.[0] as Node;
}

/** For each interval the last one up to which all but single values lead to one node. */
function chainEnds(intervals: readonly Interval[]): Int32Array {
  const ends = new Int32Array(intervals.length);
  let end = intervals.length - 1;
  let next: Node | undefined;
  let nextAt = 0;
  for (let i = intervals.length - 1; i >= 0; i--) {
    const { single, target } = intervals[i] as Interval;
    if (!single) {
      if (next !== undefined && next !== target) end = nextAt - 1;
      [next, nextAt] = [target, i];
    }
    ends[i] = end;
  }
  return ends;
}

/** The first index at which a condition holds that holds from there on; `length` if nowhere. */
function lowerBound(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Where a choice is split in the smallest tree: into as few parts as possible, counting the single values
 * that JEQs must ask for in a part, of which all else leads to one node. A split and a JEQ are an
 * instruction each, and the shape of the tree does not matter for its size, so one pass over the
 * intervals finds it, remembering for each node that the part may be about what is the least so far.
 */
export function smallestSplits(intervals: readonly Interval[]): number[] {
  interface State {
    readonly cost: number;
    /** Where the part begins, and the state before it. */
    readonly start: number;
    readonly before: State | undefined;
  }
  const cheaper = (a: State | undefined, b: State): State =>
    a === undefined || b.cost < a.cost ? b : a;
  let states = new Map<Node, State>();
  let least: State | undefined;
  intervals.forEach(({ single, target }, i) => {
    const fresh: State = {
      cost: least === undefined ? 0 : least.cost + 1,
      start: i,
      before: least,
    };
    const next = new Map<Node, State>();
    if (single) {
      // The fraction prefers, among equals, short chains.
      for (const [node, state] of states) next.set(node, { ...state, cost: state.cost + 1.0001 });
    }
    next.set(target, cheaper(states.get(target), fresh));
    states = next;
    least = undefined;
    for (const state of states.values()) least = cheaper(least, state);
  });
  const splits: number[] = [];
  for (let at = least; at?.before !== undefined; at = at.before) splits.push(at.start);
  return splits.reverse();
}

/** The intervals of a choice; single values as they are after masking. */
export function intervalsOf(
  { cuts, targets, mask }: Choice,
  weights: ArrayLike<number>,
): Interval[] {
  return cuts.map((low, i) => {
    const high = (cuts[i + 1] ?? mask + 1) - 1;
    return { low, single: low === high, target: targets[i] as Node, weight: weights[i] as number };
  });
}
