import type { ArchName } from "./architecture.js";
import { type ArgumentSet, sizeOf } from "./argument-set.js";
import { calleeOf } from "./call.js";
import { type Callee, readArguments } from "./call-arguments.js";
import { callError, quote, readPattern, type WrittenCallee } from "./call-reader.js";
import { shownBits } from "./compat.js";
import { suggest } from "./suggest.js";
import { setNames, setNumbers } from "./syscall-sets.js";

/** Call numbers from `low` to `high`, both included, unsigned. */
export interface NumberRange {
  readonly low: number;
  readonly high: number;
}

/** Calls that are written as one: every number combined with every value of the arguments. */
export interface Pattern {
  /** As the user wrote it. */
  readonly text: string;
  /** The name, where one call is named. */
  readonly name: string | undefined;
  readonly arch: ArchName;
  /** In order, without overlaps; empty when a set has no call on the architecture. */
  readonly numbers: readonly NumberRange[];
  /** The values of the six registers. */
  readonly args: readonly ArgumentSet[];
  /** `!` in front: the calls are taken away from others. */
  readonly negated: boolean;
  /** How many calls it stands for. */
  readonly count: bigint;
}

/**
 * Reads a call, or many calls written as one:
 *
 * ```
 * openat(AT_FDCWD, *, O_RDONLY)   * = every value of the argument
 * socket(!AF_VSOCK, ...)          ! = every value but this; ... = all arguments that are left are *
 * personality(0..7 || 0xffffffff) a range, and alternatives
 * socket(AF_INET|AF_INET6)        either, as an argument has one family only; flags join their bits
 * @file-system(...)  0..350  39   a set, numbers, a number; their arguments are the raw registers
 * !mount  !@swap  !0..10          calls to take away
 * ```
 *
 * What `*` means is what the kernel of `native` can show in a call of `arch`. Missing arguments are 0.
 * Throws SeccompSimError as {@link parseCall} does.
 */
export function parsePattern(text: string, arch: ArchName, native: ArchName = arch): Pattern {
  const { callee: written, at, args, rest, not } = readPattern(text);
  if (not && (args.length > 0 || rest)) {
    throw callError(
      text,
      at,
      "call-syntax",
      "calls are taken away by name or number, without arguments",
    );
  }
  const { callee, numbers } = not
    ? takenAway(text, written, at, arch)
    : chosen(text, written, at, arch);
  const options = { rest, shown: shownBits(arch, native), alternatives: true };
  const sets = readArguments(text, callee, args, arch, options);
  return patternOf({ text, name: callee.name, arch, numbers, args: sets, negated: not });
}

/** A pattern with its count. */
export function patternOf(parts: Omit<Pattern, "count">): Pattern {
  return { ...parts, count: parts.args.reduce((n, set) => n * sizeOf(set), numbersIn(parts)) };
}

export function numbersIn({ numbers }: Pick<Pattern, "numbers">): bigint {
  return numbers.reduce((n, { low, high }) => n + BigInt(high - low + 1), 0n);
}

interface Chosen {
  readonly callee: Callee;
  readonly numbers: readonly NumberRange[];
}

function chosen(text: string, written: WrittenCallee, at: number, arch: ArchName): Chosen {
  if (typeof written === "object") {
    const numbers =
      "set" in written ? ofSet(text, written.set, at, arch) : ofRange(text, written, at);
    // Numbers of several calls have no common signature: registers are given as they are.
    const title = "set" in written ? written.set : text;
    return { callee: { nr: numbers[0]?.low ?? 0, name: undefined, title, raw: true }, numbers };
  }
  const callee = calleeOf(text, written, at, arch);
  const nr = callee.nr >>> 0;
  return { callee, numbers: [{ low: nr, high: nr }] };
}

/** A call that the architecture does not have need not be taken away. */
function takenAway(text: string, written: WrittenCallee, at: number, arch: ArchName): Chosen {
  try {
    return chosen(text, written, at, arch);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "syscall-not-on-arch") throw error;
    return { callee: { nr: 0, name: undefined, title: text, raw: true }, numbers: [] };
  }
}

function ofSet(text: string, set: string, at: number, arch: ArchName): NumberRange[] {
  const numbers = setNumbers(set, arch);
  if (numbers !== undefined) return joinNumbers(numbers.map((nr) => ({ low: nr, high: nr })));
  const near = suggest(set, setNames());
  const hint = near === undefined ? `one of ${setNames().join(", ")}` : `did you mean ${near}?`;
  throw callError(text, at, "unknown-set", `unknown set ${quote(set)}`, hint);
}

function ofRange(
  text: string,
  { low, high }: { readonly low: bigint; readonly high: bigint },
  at: number,
): NumberRange[] {
  const number = (value: bigint): number => {
    if (value < -0x80000000n || value > 0xffffffffn) {
      throw callError(text, at, "call-number-range", "a system call number has 32 bits");
    }
    return Number(BigInt.asUintN(32, value));
  };
  const range = { low: number(low), high: number(high) };
  if (range.low <= range.high) return [range];
  throw callError(text, at, "range", `the numbers end at ${high} before they begin at ${low}`);
}

/** Ranges in order, without overlaps. */
export function joinNumbers(ranges: readonly NumberRange[]): NumberRange[] {
  const joined: NumberRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.low - b.low)) {
    const last = joined.at(-1);
    if (last === undefined || range.low > last.high + 1) joined.push(range);
    else if (range.high > last.high)
      joined[joined.length - 1] = { low: last.low, high: range.high };
  }
  return joined;
}

/** The numbers of some ranges that are in none of the others. */
export function takeNumbers(
  ranges: readonly NumberRange[],
  away: readonly NumberRange[],
): NumberRange[] {
  return ranges.flatMap(({ low, high }) => {
    const left: NumberRange[] = [];
    let from = low;
    for (const hole of joinNumbers(away)) {
      if (hole.high < from || hole.low > high) continue;
      if (hole.low > from) left.push({ low: from, high: hole.low - 1 });
      from = hole.high + 1;
    }
    return from <= high ? [...left, { low: from, high }] : left;
  });
}
