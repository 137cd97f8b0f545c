import type { Region } from "../bpf/compare.js";
import { ALL_BITS } from "../bpf/decision.js";
import { ANY_WORD, type WordSet } from "../bpf/word-set.js";
import { ARGS_COUNT, ARGS_OFFSET, IP_OFFSET, type SeccompData } from "../seccomp/record.js";

/** Values from `low` to `high`, both among them. */
export type Range = readonly [low: bigint, high: bigint];

/** `(value & mask) == wanted`, or its contrary. */
export interface BitTest {
  readonly mask: bigint;
  readonly value: bigint;
  readonly equal: boolean;
}

/** What one argument has to be: in one of the ranges, and all tests of bits hold. */
export interface ArgumentCondition {
  /** 0 to 5, or the instruction pointer. */
  readonly argument: number | "ip";
  /** What is looked at: a filter may test one half of the 64 bits only. */
  readonly half: "whole" | "low" | "high";
  /** Ascending, apart from each other. */
  readonly ranges: readonly Range[];
  readonly bits: readonly BitTest[];
}

/** All hold; none means every call. */
export type Conjunction = readonly ArgumentCondition[];

/** At least one holds. */
export type Condition = readonly Conjunction[];

const HALF = 0xffffffffn;
const WHOLE = 0xffffffffffffffffn;

/** The greatest value of what a condition looks at. */
export function greatest({ half }: Pick<ArgumentCondition, "half">): bigint {
  return half === "whole" ? WHOLE : HALF;
}

/** Whether a call meets it. */
export function meets(condition: Condition, record: SeccompData): boolean {
  return condition.some((all) => all.every((one) => meetsOne(one, record)));
}

function meetsOne({ argument, half, ranges, bits }: ArgumentCondition, record: SeccompData) {
  const whole = argument === "ip" ? record.ip : (record.args[argument] ?? 0n);
  const value = half === "whole" ? whole : half === "low" ? whole & HALF : whole >> 32n;
  return (
    ranges.some(([low, high]) => value >= low && value <= high) &&
    bits.every((test) => ((value & test.mask) === test.value) === test.equal)
  );
}

/** The calls of any of the regions (of little-endian words), said as shortly as is easily found. */
export function conditionOf(regions: readonly Region[]): Condition {
  let condition: Conjunction[] = regions.map(conjunctionOf);
  for (let length = -1; length !== condition.length; ) {
    length = condition.length;
    condition = joinRanges(condition);
    condition = joinBits(condition);
  }
  return condition;
}

function conjunctionOf(region: Region): Conjunction {
  const values: (number | "ip")[] = ["ip", ...Array.from({ length: ARGS_COUNT }, (_, i) => i)];
  return values.flatMap((argument) => {
    const at = argument === "ip" ? IP_OFFSET : ARGS_OFFSET + 8 * argument;
    return halves(argument, region.get(at) ?? ANY_WORD, region.get(at + 4) ?? ANY_WORD);
  });
}

function halves(argument: number | "ip", low: WordSet, high: WordSet): ArgumentCondition[] {
  if (isAny(high)) {
    if (isAny(low)) return [];
    const one = halfCondition(argument, "low", low);
    // Tests of bits alone say the same about all 64.
    const bitsOnly = low.low === 0 && low.high === ALL_BITS;
    return [bitsOnly ? { ...one, half: "whole", ranges: [[0n, WHOLE]] } : one];
  }
  const base = BigInt(high.low) << 32n;
  if (high.low === high.high) {
    const ranges = [[base | BigInt(low.low), base | BigInt(low.high)]] as const;
    return [{ argument, half: "whole", ranges, bits: bitTests(low, 0n) }];
  }
  if (low.low === 0 && low.high === ALL_BITS) {
    const ranges = [[base, (BigInt(high.high) << 32n) | HALF]] as const;
    return [{ argument, half: "whole", ranges, bits: jointBits(low, high) }];
  }
  return [halfCondition(argument, "high", high), halfCondition(argument, "low", low)];
}

function halfCondition(
  argument: number | "ip",
  half: "low" | "high",
  set: WordSet,
): ArgumentCondition {
  return { argument, half, ranges: [[BigInt(set.low), BigInt(set.high)]], bits: bitTests(set, 0n) };
}

function isAny({ low, high, bits, not }: WordSet): boolean {
  return low === 0 && high === ALL_BITS && bits === 0 && not.length === 0;
}

function bitTests({ low, high, bits, value, not }: WordSet, shift: bigint): BitTest[] {
  const at = (word: number): bigint => BigInt(word) << shift;
  const known = bits !== 0 && low !== high;
  return [
    ...(known ? [{ mask: at(bits), value: at(value), equal: true }] : []),
    ...not.map(([mask, k]) => ({ mask: at(mask), value: at(k), equal: false })),
  ];
}

/** Known bits of both halves as one test. */
function jointBits(low: WordSet, high: WordSet): BitTest[] {
  const [lows, highs] = [bitTests(low, 0n), bitTests(high, 32n)];
  const [a, b] = [lows, highs].map((tests) => tests.find(({ equal }) => equal));
  if (a === undefined || b === undefined) return [...lows, ...highs];
  const both = { mask: a.mask | b.mask, value: a.value | b.value, equal: true };
  return [both, ...lows.filter((one) => one !== a), ...highs.filter((one) => one !== b)];
}

/** Makes one of conjunctions that differ in the ranges of one value only. */
function joinRanges(condition: readonly Conjunction[]): Conjunction[] {
  let joined: readonly Conjunction[] = condition;
  for (const value of new Set(condition.flatMap((all) => all.map(subjectOf)))) {
    const groups = new Map<string, Conjunction[]>();
    for (const all of joined) {
      const key = all.map((one) => keyOf(one, subjectOf(one) !== value)).join(";");
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [all]);
      else group.push(all);
    }
    joined = [...groups.values()].map((group) => union(group, value));
  }
  return [...joined];
}

/** What is looked at. Halves of one argument are two values: the union of two products is none. */
function subjectOf({ argument, half }: Pick<ArgumentCondition, "argument" | "half">): string {
  return `${argument} ${half}`;
}

function union(group: readonly Conjunction[], value: string): Conjunction {
  const [first = []] = group;
  const place = first.findIndex((one) => subjectOf(one) === value);
  const one = first[place];
  if (group.length === 1 || one === undefined) return simplified(first);
  const ranges = sorted(group.flatMap((all) => all[place]?.ranges ?? []));
  return simplified(first.with(place, { ...one, ranges }));
}

/** In order, those that touch each other joined. */
function sorted(ranges: readonly Range[]): readonly Range[] {
  const joined: [bigint, bigint][] = [];
  for (const [low, high] of [...ranges].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const last = joined.at(-1);
    if (last === undefined || low > last[1] + 1n) joined.push([low, high]);
    else if (high > last[1]) last[1] = high;
  }
  return joined;
}

/** Without conditions that every value meets. */
function simplified(all: Conjunction): Conjunction {
  return all.filter((one) => {
    const [range] = one.ranges;
    const full = range?.[0] === 0n && range[1] === greatest(one);
    return !full || one.bits.length > 0;
  });
}

/** Makes one of two conjunctions that differ in the outcome of one test of bits only. */
function joinBits(condition: readonly Conjunction[]): Conjunction[] {
  const joined: Conjunction[] = [];
  const places = new Map<string, number>();
  for (const all of condition) {
    const key = all.map((one) => keyOf(one, true)).join(";");
    const contrary = contraries(all).find(([text]) => places.has(text));
    const place = contrary === undefined ? undefined : places.get(contrary[0]);
    if (contrary !== undefined && place !== undefined) {
      joined[place] = simplified(contrary[1]);
      places.delete(contrary[0]);
    } else {
      places.set(key, joined.length);
      joined.push(all);
    }
  }
  return joined;
}

/** For each test of bits: the same with the other outcome as text, and without the test. */
function contraries(all: Conjunction): [string, Conjunction][] {
  return all.flatMap((one, i) =>
    one.bits.map((test, j): [string, Conjunction] => {
      const change = (bits: readonly BitTest[]): Conjunction => all.with(i, { ...one, bits });
      const other = change(one.bits.with(j, { ...test, equal: !test.equal }));
      return [
        other.map((each) => keyOf(each, true)).join(";"),
        change(one.bits.filter((each) => each !== test)),
      ];
    }),
  );
}

function keyOf({ argument, half, ranges, bits }: ArgumentCondition, withRanges: boolean): string {
  const tests = bits.map(({ mask, value, equal }) => `${mask}${equal ? "=" : "!"}${value}`);
  return `${subjectOf({ argument, half })} ${tests.join()} ${withRanges ? ranges.join() : ""}`;
}
