import { ALL_BITS, type Decision, type Test, wordsTested } from "../../bpf/decision.js";

/** What a program decides, with each word's tests gathered: a choice between ranges of its values. */
export type Node = Outcome | Choice;

export interface Outcome {
  readonly kind: "outcome";
  /** The SECCOMP_RET_* word. */
  readonly ret: number;
}

/** The value of `word & mask` chooses one of `targets`, of which neighbours always differ. */
export interface Choice {
  readonly kind: "choice";
  /** Byte offset of the word in the record. */
  readonly offset: number;
  readonly mask: number;
  /** Lowest values of the intervals, ascending from 0; the last one ends at the mask. */
  readonly cuts: readonly number[];
  /** Where each interval leads. */
  readonly targets: readonly Node[];
}

/** Tests that are looked at before a program is given up, and how many of them a new place counts for. */
const MAX_STEPS = 30_000_000;
const NEW_PLACE = 512;

/** Values that a masked word may have where a place is reached: least and greatest. */
type Range = readonly [low: number, high: number];
/** What is known of masked words, by `variable`. */
type Context = ReadonlyMap<number, Range>;

const variable = (offset: number, mask: number): number => offset * 0x100000000 + mask;

/** A place in a context, on the way to becoming a node. */
interface Entry {
  readonly at: Test;
  /** Which bits of the word make up the values that are divided. */
  readonly mask: number;
  readonly lows: number[];
  readonly targets: (Entry | Outcome)[];
  node?: Node;
}

/**
 * Gathers the tests of a program: equal nodes are one, and a choice whose intervals all lead to the same
 * node is none. What the tests before have settled is not tested again. `undefined` when that takes too
 * long.
 */
export function gather(decision: Decision): Node | undefined {
  const gatherer = new Gatherer(decision);
  const root = gatherer.expand(decision);
  return root === undefined ? undefined : reduce(root);
}

class Gatherer {
  private readonly tested: ReadonlyMap<Decision, number>;
  private readonly testedWhole: ReadonlyMap<Decision, number>;
  private readonly numbers = new Map<Decision, number>();
  private readonly outcomes = new Map<number, Outcome>();
  private readonly entries = new Map<string, Entry>();
  private readonly pending: { entry: Entry; context: Context }[] = [];
  private steps = 0;

  constructor(root: Decision) {
    this.tested = wordsTested([root]);
    this.testedWhole = wordsTested([root], ({ mask }) => mask === ALL_BITS);
  }

  expand(decision: Decision): Entry | Outcome | undefined {
    const root = this.entry(decision, new Map());
    for (let next = this.pending.pop(); next !== undefined; next = this.pending.pop()) {
      this.fill(next.entry, next.context);
      if (this.steps > MAX_STEPS) return undefined;
    }
    return root;
  }

  private entry(decision: Decision, context: Context): Entry | Outcome {
    const at = this.advance(decision, context);
    if (at.kind === "leaf") {
      const outcome = this.outcomes.get(at.ret) ?? { kind: "outcome", ret: at.ret };
      this.outcomes.set(at.ret, outcome);
      return outcome;
    }
    const tested = this.tested.get(at) ?? 0;
    const relevant = [...context].filter(([key]) => (tested & wordBit(key)) !== 0);
    let number = this.numbers.get(at);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(at, number);
    }
    const key = `${number} ${relevant.join(" ")}`;
    const before = this.entries.get(key);
    if (before !== undefined) return before;
    const mask = this.asWhole(at) ? ALL_BITS : at.mask;
    const entry: Entry = { at, mask, lows: [], targets: [] };
    this.entries.set(key, entry);
    this.steps += NEW_PLACE;
    this.pending.push({ entry, context: new Map(relevant) });
    return entry;
  }

  /** Divides the values of the entry's word by where they lead. */
  private fill(entry: Entry, context: Context): void {
    const { at, lows, targets } = entry;
    const { offset } = at;
    const { mask } = entry;
    const word = variable(offset, mask);
    const inside = new Map(context);
    const work: { decision: Decision; range: Range }[] = [
      { decision: at, range: context.get(word) ?? [0, mask] },
    ];
    const parts: { decision: Decision; range: Range }[] = [];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const [low, high] = next.range;
      inside.set(word, next.range);
      const found = this.advance(next.decision, inside);
      const here =
        found.kind === "test" &&
        found.offset === offset &&
        (found.mask === mask || (mask === ALL_BITS && isCoarse(found.mask)));
      if (!here) {
        const last = parts.at(-1);
        const again = last?.decision === found && !this.tests(found, offset);
        if (again) parts[parts.length - 1] = { decision: found, range: [last.range[0], high] };
        else parts.push({ decision: found, range: next.range });
        continue;
      }
      if (found.mask !== mask) {
        // Halves have one more bit in common, until these tell.
        const upper = (high & ~(unknownBits(next.range) >>> 1)) >>> 0;
        work.push({ decision: found, range: [upper, high] });
        work.push({ decision: found, range: [low, upper - 1] });
        continue;
      }
      const { op, k, yes, no } = found;
      // The lowest values are to come off the stack first.
      if (op === "gt") {
        work.push({ decision: yes, range: [k + 1, high] }, { decision: no, range: [low, k] });
        continue;
      }
      if (k < high) work.push({ decision: no, range: [k + 1, high] });
      work.push({ decision: yes, range: [k, k] });
      if (k > low) work.push({ decision: no, range: [low, k - 1] });
    }
    for (const { decision, range } of parts) {
      inside.set(word, range);
      lows.push(range[0]);
      targets.push(this.entry(decision, inside));
    }
  }

  /** Some high bits are better seen as ranges of the word, where the word is compared later on. */
  private asWhole(test: Test): boolean {
    const whole = ((this.testedWhole.get(test) ?? 0) & (1 << (test.offset >> 2))) !== 0;
    return whole && isCoarse(test.mask);
  }

  private tests(decision: Decision, offset: number): boolean {
    return ((this.tested.get(decision) ?? 0) & (1 << (offset >> 2))) !== 0;
  }

  /** Follows the tests that the context settles. */
  private advance(decision: Decision, context: Context): Decision {
    let at = decision;
    while (at.kind === "test") {
      const outcome = settled(at, context);
      this.steps++;
      if (outcome === undefined) break;
      at = outcome ? at.yes : at.no;
    }
    return at;
  }
}

const wordBit = (key: number): number => 1 << (Math.floor(key / 0x100000000) >> 2);

function settled({ offset, mask, op, k }: Test, context: Context): boolean | undefined {
  const range = context.get(variable(offset, mask)) ?? masked(context, offset, mask);
  if (range === undefined) return undefined;
  const [low, high] = range;
  if (op === "gt") return low > k ? true : high <= k ? false : undefined;
  if (k < low || k > high) return false;
  return low === high ? true : undefined;
}

/** What the bits in which all values of the whole word agree say of some of its bits. */
function masked(context: Context, offset: number, mask: number): Range | undefined {
  const whole = context.get(variable(offset, ALL_BITS));
  if (whole === undefined) return undefined;
  const unknown = unknownBits(whole);
  return [(whole[0] & ~unknown & mask) >>> 0, ((whole[0] | unknown) & mask) >>> 0];
}

/** The low bits in which the values of a range differ. */
function unknownBits([low, high]: Range): number {
  const differing = (low ^ high) >>> 0;
  return differing === 0 ? 0 : ALL_BITS >>> Math.clz32(differing);
}

/** Whether the values of these bits are few ranges of the word: hardly any other bit lies above one of them. */
function isCoarse(mask: number): boolean {
  const lowest = (mask & -mask) >>> 0;
  const gaps = (~mask & ~(lowest - 1)) >>> 0;
  // At most two bits.
  return (gaps & (gaps - 1) & ((gaps & (gaps - 1)) - 1)) === 0;
}

/** Turns entries into nodes, those under them first. */
function reduce(root: Entry | Outcome): Node {
  const numbers = new Map<Node, number>();
  const nodes = new Map<string, Node>();
  const numberOf = (node: Node): number => {
    const number = numbers.get(node) ?? numbers.size;
    numbers.set(node, number);
    return number;
  };
  const made = (entry: Entry | Outcome): Node | undefined => ("at" in entry ? entry.node : entry);
  const work: (Entry | Outcome)[] = [root];
  for (let entry = work.at(-1); entry !== undefined; entry = work.at(-1)) {
    if (made(entry) !== undefined || !("at" in entry)) {
      work.pop();
      continue;
    }
    const open = entry.targets.filter((target) => made(target) === undefined);
    if (open.length > 0) {
      work.push(...open);
      continue;
    }
    const cuts: number[] = [];
    const targets: Node[] = [];
    entry.targets.forEach((target, i) => {
      const node = made(target) as Node;
      if (node === targets.at(-1)) return;
      // Values outside the entry's range do not occur, so the outer intervals may have them.
      cuts.push(i === 0 ? 0 : (entry.lows[i] as number));
      targets.push(node);
    });
    const {
      at: { offset },
      mask,
    } = entry;
    const key = `${offset} ${mask} ${cuts} ${targets.map(numberOf)}`;
    const node: Node =
      targets.length === 1
        ? (targets[0] as Node)
        : (nodes.get(key) ?? { kind: "choice", offset, mask, cuts, targets });
    if (targets.length > 1) nodes.set(key, node);
    entry.node = node;
  }
  return made(root) as Node;
}

/** The choices under a node and itself, each after all that lead to it. */
export function choicesFrom(root: Node): Choice[] {
  const done = new Set<Choice>();
  const work: { node: Choice; next: number }[] = [];
  const visit = (node: Node): void => {
    if (node.kind === "choice" && !done.has(node)) work.push({ node, next: 0 });
  };
  visit(root);
  for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
    const target = frame.node.targets[frame.next++];
    if (target !== undefined) visit(target);
    else {
      done.add(frame.node);
      work.pop();
    }
  }
  return [...done].reverse();
}
