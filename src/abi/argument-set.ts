/** Whole numbers from `low` to `high`, both included. */
export interface ValueRange {
  readonly low: bigint;
  readonly high: bigint;
}

/** The values that an argument may have: ranges in order that do not touch; at least one. */
export type ArgumentSet = readonly ValueRange[];

/** Every value of a register. */
export function anyValue(bits: 32 | 64): ArgumentSet {
  return [{ low: 0n, high: (1n << BigInt(bits)) - 1n }];
}

export function onlyValue(value: bigint): ArgumentSet {
  return [{ low: value, high: value }];
}

/** All values of some ranges. */
export function unionOf(ranges: readonly ValueRange[]): ArgumentSet {
  const sorted = [...ranges].sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const joined: ValueRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last === undefined || range.low > last.high + 1n) joined.push(range);
    else if (range.high > last.high)
      joined[joined.length - 1] = { low: last.low, high: range.high };
  }
  return joined;
}

/** All values of `all` but those of `set`; may be empty. */
export function without(all: ArgumentSet, set: ArgumentSet): ArgumentSet {
  return all.flatMap(({ low, high }) => {
    const left: ValueRange[] = [];
    let from = low;
    for (const hole of set) {
      if (hole.high < from || hole.low > high) continue;
      if (hole.low > from) left.push({ low: from, high: hole.low - 1n });
      from = hole.high + 1n;
    }
    return from <= high ? [...left, { low: from, high }] : left;
  });
}

export function sizeOf(set: ArgumentSet): bigint {
  return set.reduce((sum, { low, high }) => sum + high - low + 1n, 0n);
}

/** The one value of a set that has no other. */
export function singleOf(set: ArgumentSet): bigint | undefined {
  const [first, second] = set;
  return first !== undefined && second === undefined && first.low === first.high
    ? first.low
    : undefined;
}
