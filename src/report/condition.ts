import type { ArchName } from "../abi/architecture.js";
import { argumentGroups } from "../abi/call-arguments.js";
import { constantsOf } from "../abi/constants.js";
import { formatArgument, formatNumber } from "../abi/format-call.js";
import { syscallSignature } from "../abi/signature.js";
import { hasWideRegisters } from "../abi/wide.js";
import {
  type ArgumentCondition,
  type BitTest,
  type Condition,
  type Conjunction,
  greatest,
  type Range,
} from "../analysis/condition.js";

/** Which call a condition is about, for the names of its arguments and their values. */
export interface Callee {
  readonly name: string | undefined;
  readonly arch: ArchName;
}

/** More alternatives or values than this are counted instead of listed. */
const MAX_LISTED = 12;

/**
 * A condition in words: `persona is 0, 8 or 0x20000`, `clone_flags has none of CLONE_NEWNS|CLONE_NEWUSER`,
 * `family = AF_INET and type ≤ 2`; `always` for all calls.
 */
export function formatCondition(condition: Condition, callee: Callee): string {
  if (condition.some((all) => all.length === 0)) return "always";
  const shown = condition.slice(0, MAX_LISTED).map((all) => formatConjunction(all, callee));
  const more = condition.length - shown.length;
  const joined = shown.length > 1 ? shown.map(bracketed) : shown;
  return [...joined, ...(more > 0 ? [`in ${more} more cases`] : [])].join(", or ");
}

function bracketed(text: string): string {
  return text.includes(" and ") ? `(${text})` : text;
}

function formatConjunction(all: Conjunction, callee: Callee): string {
  return all.map((one) => formatArgumentCondition(one, callee)).join(" and ");
}

/** One argument's part of a condition. */
export function formatArgumentCondition(one: ArgumentCondition, callee: Callee): string {
  const { argument, half, ranges, bits } = one;
  const name = argumentName(argument, callee);
  const plain = half === "whole" || (half === "low" && !hasWideRegisters(callee.arch));
  const subject = plain ? name : `the ${half} half of ${name}`;
  const value = (number: bigint): string => valueText(number, one, callee);
  const texts = [
    ...rangesText(subject, ranges, greatest(one), value),
    ...bits.map((test) => bitsText(subject, test, one, callee)),
  ];
  return texts.join(" and ");
}

/** The name of an argument, `arg3` where nobody named it. */
export function argumentName(argument: number | "ip", { name, arch }: Callee): string {
  if (argument === "ip") return "the instruction pointer";
  const signature = name === undefined ? undefined : syscallSignature(name, arch);
  return signature?.[argument]?.name ?? `arg${argument}`;
}

/** A value of an argument, by name where it has one. */
export function valueText(
  value: bigint,
  { argument, half }: Pick<ArgumentCondition, "argument" | "half">,
  { name, arch }: Callee,
): string {
  if (argument === "ip" || name === undefined || half === "high") return formatNumber(value);
  return formatArgument(name, argument, value, arch);
}

function rangesText(
  subject: string,
  ranges: readonly Range[],
  most: bigint,
  value: (number: bigint) => string,
): string[] {
  const [first] = ranges;
  if (first !== undefined && ranges.length === 1 && first[0] === 0n && first[1] === most) return [];
  const gaps = gapsOf(ranges, most);
  if (gaps.length < ranges.length && gaps.every(isSingle)) {
    const values = gaps.map(([low]) => value(low));
    return [
      values.length === 1
        ? `${subject} ≠ ${values[0]}`
        : `${subject} is none of ${list(values, "and")}`,
    ];
  }
  const texts = ranges.map((range) => {
    const [low, high] = range;
    if (isSingle(range)) return { op: "=", text: value(low) };
    if (low === 0n) return { op: "≤", text: value(high) };
    if (high === most) return { op: "≥", text: value(low) };
    return { op: "=", text: `${value(low)} to ${value(high)}` };
  });
  const [only] = texts;
  if (only !== undefined && texts.length === 1) {
    const between = only.text.includes(" to ");
    return [`${subject} ${between ? "is" : only.op} ${only.text}`];
  }
  const words = texts.map(({ op, text }) => (op === "=" ? text : `${op} ${text}`));
  return [`${subject} is ${list(words, "or")}`];
}

function isSingle([low, high]: Range): boolean {
  return low === high;
}

/** The ranges between. */
function gapsOf(ranges: readonly Range[], most: bigint): Range[] {
  const gaps: Range[] = [];
  let from = 0n;
  for (const [low, high] of ranges) {
    if (low > from) gaps.push([from, low - 1n]);
    from = high + 1n;
  }
  if (from <= most) gaps.push([from, most]);
  return gaps;
}

function list(words: readonly string[], last: string): string {
  const shown = words.slice(0, MAX_LISTED);
  const more = words.length - shown.length;
  if (more > 0) return `${shown.join(", ")} ${last} ${more} more`;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} ${last} ${shown.at(-1)}`;
}

function bitsText(
  subject: string,
  { mask, value, equal }: BitTest,
  one: ArgumentCondition,
  callee: Callee,
): string {
  const named = flagNames(mask, one, callee);
  if (named !== undefined && (value === 0n || value === mask)) {
    const has = (value === mask) === equal;
    if (named.length === 1) return `${subject} ${has ? "has" : "lacks"} ${named[0]}`;
    const flags = named.join("|");
    if (value === 0n) return `${subject} has ${equal ? "none" : "any"} of ${flags}`;
    return `${subject} ${equal ? "has all" : "lacks some"} of ${flags}`;
  }
  return `${subject} & 0x${mask.toString(16)} ${equal ? "=" : "≠"} ${formatNumber(value)}`;
}

/** The flags that a mask is made of, where each bit has a name. */
export function flagNames(
  mask: bigint,
  { argument, half }: Pick<ArgumentCondition, "argument" | "half">,
  { name, arch }: Callee,
): readonly string[] | undefined {
  if (argument === "ip" || half === "high" || name === undefined) return undefined;
  const groups = argumentGroups(name, argument, arch)?.groups ?? [];
  const names: string[] = [];
  let rest = mask;
  for (const { name: flag, value } of constantsOf(groups, arch)) {
    const single = value !== 0n && (value & (value - 1n)) === 0n;
    if (!single || (rest & value) === 0n) continue;
    names.push(flag);
    rest &= ~value;
  }
  return rest === 0n && names.length > 0 ? names : undefined;
}
