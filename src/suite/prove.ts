import { ARCHITECTURES } from "../abi/architecture.js";
import type { ArgumentSet } from "../abi/argument-set.js";
import { type NumberRange, numbersIn, type Pattern } from "../abi/call-pattern.js";
import type { Simulator } from "../analysis/simulator.js";
import { ALL_BITS, type Decision, type Leaf } from "../bpf/decision.js";
import { memberOfRegion, type Region, walkDecisions } from "../bpf/walk.js";
import { ANY_WORD, type Budget, onlyWord, type WordSet } from "../bpf/word-set.js";
import {
  ARCH_OFFSET,
  ARGS_OFFSET,
  NR_OFFSET,
  recordOfWords,
  type SeccompData,
} from "../seccomp/record.js";
import { combine } from "../seccomp/stack.js";

/** Steps for one pattern: seconds at most. Docker's default needs some thousands for a call. */
const MAX_STEPS = 100_000_000;

/** So many numbers are walked one by one, which tells of each whether it fails. */
const MAX_NUMBERS = 4096;

export interface Proof {
  /** Whether every call was looked at; if not, and none was found to fail, nothing is known. */
  readonly complete: boolean;
  /** Calls that are not accepted: the first one found of each number. */
  readonly witnesses: readonly SeccompData[];
  /** How many numbers have such calls. */
  readonly failed: number;
  /** The words that the calls get. */
  readonly words: ReadonlySet<number>;
}

/**
 * Looks at every call of a pattern by what the filters decide, not by samples.
 *
 * @param accepts whether a word is as expected
 * @param max witnesses to give
 * @param observe gets a call of each path that was walked
 * @returns `undefined` where the filters are no graphs of decisions
 */
export function provePattern(
  simulator: Simulator,
  pattern: Pattern,
  accepts: (word: number) => boolean,
  max: number,
  observe?: (record: SeccompData) => void,
): Proof | undefined {
  const { audit } = ARCHITECTURES[pattern.arch];
  const graphs = simulator.decisions(audit);
  if (graphs === undefined) return undefined;
  const { endian } = simulator;
  const budget: Budget = { left: MAX_STEPS };
  const { inside, region } = argumentRegion(pattern.args, endian === "little");
  region.set(ARCH_OFFSET, onlyWord(audit));
  const witnesses: SeccompData[] = [];
  const words = new Set<number>();
  let failed = 0;
  let complete = true;
  const recordIn = (one: Region): SeccompData | undefined | "unknown" => {
    const member = memberOfRegion(one, budget);
    return typeof member === "object" ? recordOfWords(member, endian) : member;
  };
  const watch = (one: Region): void => {
    const record = observe && recordIn(one);
    if (typeof record === "object") observe?.(record);
  };
  const walk = (start: Region, range: readonly NumberRange[]): void => {
    let missed = false;
    const member = chain(
      range.map((one) => [NR_OFFSET, one.low, one.high]),
      inside,
      OUT,
    );
    const visit = ([, ...leaves]: readonly Leaf[], one: Region): boolean => {
      watch(one);
      const { ret } = combine(leaves.map((leaf) => leaf.ret));
      if (words.has(ret) && accepts(ret)) return false;
      const record = recordIn(one);
      if (record === undefined) return false;
      // Whether there is such a call at all is not known.
      if (record === "unknown") complete &&= accepts(ret);
      else if (accepts(ret)) words.add(ret);
      else {
        words.add(ret);
        if (!missed) failed++;
        if (!missed && witnesses.length < max) witnesses.push(record);
        missed = true;
        // The other paths are of interest only to those who watch.
        return observe === undefined;
      }
      return false;
    };
    const done = walkDecisions([member, ...graphs], start, {
      budget,
      visit,
      leaves: ([place]) => place === OUT,
      // Before the pattern is settled, no filter was asked.
      joined: (one, [place]) => {
        if (place === IN) watch(one);
      },
    });
    if (!done) complete = false;
  };
  const single = numbersIn(pattern) <= BigInt(MAX_NUMBERS);
  if (!single) walk(region, pattern.numbers);
  for (const { low, high } of single ? pattern.numbers : []) {
    for (let nr = low; nr <= high; nr++) walk(new Map(region).set(NR_OFFSET, onlyWord(nr)), []);
  }
  return { complete, witnesses, failed, words };
}

const OUT: Leaf = { kind: "leaf", ret: 0 };
const IN: Leaf = { kind: "leaf", ret: 1 };

/**
 * The values of the arguments: as sets of words where each word ranges for itself, for the others as a
 * decision that ends at IN.
 */
function argumentRegion(
  args: readonly ArgumentSet[],
  little: boolean,
): { inside: Decision; region: Map<number, WordSet> } {
  const region = new Map<number, WordSet>();
  let inside: Decision = IN;
  args.forEach((set, i) => {
    const at = ARGS_OFFSET + 8 * i;
    const [lower, upper] = little ? [at, at + 4] : [at + 4, at];
    const boxes = set.flatMap(boxesOf);
    const [only, ...others] = boxes;
    if (only !== undefined && others.length === 0) {
      region.set(lower, interval(only.low));
      region.set(upper, interval(only.high));
      return;
    }
    const next = inside;
    inside = boxes.reduceRight<Decision>(
      (otherwise, { low, high }) =>
        within(upper, high, within(lower, low, next, otherwise), otherwise),
      OUT,
    );
  });
  return { inside, region };
}

type Interval = readonly [low: number, high: number];

/** A range of 64-bit values as ranges of both halves that combine freely: three at most. */
function boxesOf({
  low,
  high,
}: {
  low: bigint;
  high: bigint;
}): { low: Interval; high: Interval }[] {
  const [a, b] = [Number(low & 0xffffffffn), Number(high & 0xffffffffn)];
  const [above, below] = [Number(low >> 32n), Number(high >> 32n)];
  if (above === below) return [{ low: [a, b], high: [above, above] }];
  const first = a === 0 ? above : above + 1;
  const last = b === ALL_BITS ? below : below - 1;
  return [
    ...(a === 0 ? [] : [{ low: [a, ALL_BITS] as const, high: [above, above] as const }]),
    ...(first <= last ? [{ low: [0, ALL_BITS] as const, high: [first, last] as const }] : []),
    ...(b === ALL_BITS ? [] : [{ low: [0, b] as const, high: [below, below] as const }]),
  ];
}

function interval([low, high]: Interval): WordSet {
  return low === high ? onlyWord(low) : { ...ANY_WORD, low, high };
}

function within(offset: number, [low, high]: Interval, yes: Decision, no: Decision): Decision {
  const test = { kind: "test", offset, mask: ALL_BITS } as const;
  if (low === high) return { ...test, op: "eq", k: low, yes, no };
  const bounded: Decision =
    high === ALL_BITS ? yes : { ...test, op: "gt", k: high, yes: no, no: yes };
  return low === 0 ? bounded : { ...test, op: "gt", k: low - 1, yes: bounded, no };
}

/** Whether a word is in one of some ranges. */
function chain(
  ranges: readonly (readonly [offset: number, low: number, high: number])[],
  yes: Decision,
  no: Decision,
): Decision {
  if (ranges.length === 0) return yes;
  return ranges.reduceRight<Decision>(
    (otherwise, [offset, low, high]) => within(offset, [low, high], yes, otherwise),
    no,
  );
}
