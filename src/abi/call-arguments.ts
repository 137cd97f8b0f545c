import type { ArchName } from "./architecture.js";
import {
  type ArgumentSet,
  anyValue,
  onlyValue,
  singleOf,
  unionOf,
  type ValueRange,
  without,
} from "./argument-set.js";
import { type Choice, callError, quote, type Term, type WrittenArgument } from "./call-reader.js";
import { argumentUse, isEnumeration } from "./constant-uses.js";
import { constantNames, lookupConstant } from "./constants.js";
import { type Argument, syscallSignature } from "./signature.js";
import { suggest } from "./suggest.js";
import { hasWideRegisters, registerLayout } from "./wide.js";

/**
 * What stands for the address of a text, structure or array: filters see pointers as plain numbers,
 * so it is a fixed one, not 0 and small enough for 32-bit architectures.
 */
export const POINTER = 0x10000000n;

/** Types that hold a number only; `long` and its kin also carry pointers (prctl, fcntl, ioctl). */
const NUMBER_TYPES =
  /^((unsigned )?int|unsigned|umode_t|mode_t|pid_t|[ug]id_t|size_t|[us]?32|__[su]32|__[su]64|u64|loff_t|off_t|key_serial_t|clockid_t|(const )?clockid_t)$/;

/** strace's names of arguments, where they are not the kernel's. */
const STRACE_NAMES: Readonly<Record<string, string>> = {
  child_stack: "newsp",
  stack: "newsp",
  flags: "clone_flags",
  parent_tid: "parent_tidptr",
  child_tid: "child_tidptr",
};

/** What arguments are read for. */
export interface Callee {
  readonly nr: number;
  readonly name: string | undefined;
  /** What messages call it where it has no name. */
  readonly title: string;
  /** Called by number: all six registers may be given, whatever the signature. */
  readonly raw: boolean;
}

/** How arguments are read. */
export interface ReadingOptions {
  /** `...` at the end: arguments that are not given may be anything; else they are 0. */
  readonly rest: boolean;
  /** Bits of a register that the kernel may show in a call of the architecture. */
  readonly shown: 32 | 64;
  /** Whether names of one enumeration joined by `|` are alternatives; else their bits are joined. */
  readonly alternatives: boolean;
}

/** Reads written arguments as the values of the six registers. */
export function readArguments(
  text: string,
  callee: Callee,
  written: readonly WrittenArgument[],
  arch: ArchName,
  options: ReadingOptions,
): ArgumentSet[] {
  const signature = callee.name === undefined ? undefined : syscallSignature(callee.name, arch);
  const limit = callee.raw || signature === undefined ? 6 : signature.length;
  const title = callee.name ?? callee.title;
  const extra = written[limit];
  if (extra !== undefined) {
    const names = signature?.map((arg) => arg.name).join(", ");
    const hint = names === undefined || callee.raw ? undefined : `${title}(${names})`;
    const message = `${title} takes ${limit} argument${limit === 1 ? "" : "s"} on ${arch}, not ${written.length}`;
    throw callError(text, extra.at, "too-many-arguments", message, hint);
  }
  // Raw registers: a number in slot i is register i, whatever the signature makes of it.
  const layout = registerLayout(callee.raw ? [] : (signature ?? []), arch);
  const all = anyValue(options.shown);
  const args = Array<ArgumentSet>(6).fill(options.rest ? all : onlyValue(0n));
  const seen = new Set<number>();
  written.forEach((argument, position) => {
    const index = argumentIndex(text, argument, position, title, signature);
    if (seen.has(index)) {
      throw callError(text, argument.at, "argument-twice", `argument ${index + 1} is given twice`);
    }
    seen.add(index);
    const slot = layout[index] ?? { kind: "one", index };
    const bits = slot.kind === "one" && !hasWideRegisters(arch) ? 32 : 64;
    const place: ArgumentPlace = {
      text,
      index,
      call: callee.name,
      declared: signature?.[index],
      arch,
      bits,
      alternatives: options.alternatives,
    };
    const values = valuesOf(argument, place, slot.kind === "one" ? all : anyValue(64));
    const value = singleOf(values);
    if (slot.kind === "one") args[slot.index] = values;
    else if (slot.kind === "pair" && slot.high < 6) {
      const halves = halvesOf(values);
      if (halves === undefined) {
        throw callError(
          text,
          argument.at,
          "wide-argument",
          `${arch} passes this argument of ${title} in two registers, whose values do not range together`,
          `give the registers themselves: #${callee.nr}(…)`,
        );
      }
      args[slot.low] = halves.low;
      args[slot.high] = halves.high;
    } else if (value !== 0n) {
      throw callError(
        text,
        argument.at,
        "wide-argument",
        `in which registers ${arch} passes the 64-bit arguments of ${title} is not known here`,
        `give the registers themselves: #${callee.nr}(…)`,
      );
    }
  });
  return args;
}

/** The halves of some 64-bit values, where each low half occurs with each high one. */
function halvesOf(values: ArgumentSet): { low: ArgumentSet; high: ArgumentSet } | undefined {
  const [first, second] = values;
  if (first === undefined || second !== undefined) return undefined;
  const low = { low: first.low & 0xffffffffn, high: first.high & 0xffffffffn };
  const high = { low: first.low >> 32n, high: first.high >> 32n };
  const whole = low.low === 0n && low.high === 0xffffffffn;
  return high.low === high.high || whole ? { low: [low], high: [high] } : undefined;
}

function argumentIndex(
  text: string,
  argument: WrittenArgument,
  position: number,
  title: string,
  signature: readonly Argument[] | undefined,
): number {
  const { name } = argument;
  if (name === undefined) return position;
  const names = signature?.map((arg) => arg.name) ?? [];
  const plain = names.indexOf(name);
  const index = plain >= 0 ? plain : names.indexOf(STRACE_NAMES[name] ?? "");
  if (index >= 0) return index;
  const near = suggest(name, names);
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  const message = `${title} has no argument ${quote(name)}`;
  throw callError(text, argument.at, "unknown-argument", message, hint);
}

/** Which argument of which call is read. */
interface ArgumentPlace {
  readonly text: string;
  readonly index: number;
  readonly call: string | undefined;
  readonly declared: Argument | undefined;
  readonly arch: ArchName;
  /** The width in which a value is written. */
  readonly bits: 32 | 64;
  readonly alternatives: boolean;
}

function valuesOf(
  { choices, at }: WrittenArgument,
  place: ArgumentPlace,
  all: ArgumentSet,
): ArgumentSet {
  const values = unionOf(choices.flatMap((choice) => choiceValues(choice, place, all)));
  if (values.length > 0) return values;
  throw callError(place.text, at, "no-value", "no value is left for this argument");
}

function choiceValues(choice: Choice, place: ArgumentPlace, all: ArgumentSet): ArgumentSet {
  if (choice.kind === "any") return all;
  const first = sumsOf(choice.terms, place);
  const written: ArgumentSet =
    choice.to === undefined
      ? unionOf(first.map((value) => ({ low: value, high: value })))
      : [rangeOf(first, sumsOf(choice.to, place), choice.at, place.text)];
  return choice.not ? without(anyValue(place.bits), written) : written;
}

function rangeOf(
  [low = 0n, ...lows]: readonly bigint[],
  [high = 0n, ...highs]: readonly bigint[],
  at: number,
  text: string,
): ValueRange {
  if (lows.length > 0 || highs.length > 0) {
    throw callError(text, at, "range", "a range goes from one value to another, not to a choice");
  }
  if (low <= high) return { low, high };
  throw callError(
    text,
    at,
    "range",
    `the range ends at ${high} before it begins at ${low}`,
    "numbers are unsigned: write -1 || 0..5 for a range across 0",
  );
}

/** The values that joined terms mean: one, or one for each of the names of an enumeration. */
function sumsOf(terms: readonly Term[], place: ArgumentPlace): readonly bigint[] {
  let joined = 0n;
  const either: bigint[] = [];
  for (const term of terms) {
    if (term.kind === "number") joined |= twosComplement(term.value, place.bits);
    else if (term.kind === "name") {
      const { text, index, call, declared, arch } = place;
      const found = constantTerm(text, term, index, call, declared, arch);
      const value = twosComplement(found.value, place.bits);
      if (place.alternatives && isEnumeration(found.group)) either.push(value);
      else joined |= value;
    } else {
      const { text, index, call, declared } = place;
      if (declared !== undefined && NUMBER_TYPES.test(declared.type)) {
        const message = `argument ${index + 1} (${declared.name}) of ${call} is a number, not ${term.what}`;
        throw callError(text, term.at, "not-a-pointer", message);
      }
      joined = POINTER;
    }
  }
  return either.length === 0 ? [joined] : either.map((value) => value | joined);
}

/** Negative numbers fill the register; what 32 bits cannot hold is left with 64. */
function twosComplement(value: bigint, bits: 32 | 64): bigint {
  const fits = bits === 32 && value >= -0x80000000n;
  return value < 0n ? BigInt.asUintN(fits ? 32 : 64, value) : value;
}

/** Groups of constants of an argument; indexes of the uses are those of x86_64. */
export function argumentGroups(call: string | undefined, index: number, arch: ArchName) {
  if (call === undefined) return undefined;
  const usual = syscallSignature(call);
  const name = syscallSignature(call, arch)?.[index]?.name;
  const usualIndex = usual === undefined ? index : usual.findIndex((arg) => arg.name === name);
  return argumentUse(call, usualIndex);
}

function constantTerm(
  text: string,
  term: Term & { kind: "name" },
  index: number,
  call: string | undefined,
  declared: Argument | undefined,
  arch: ArchName,
): { readonly value: bigint; readonly group: string } {
  const groups = argumentGroups(call, index, arch)?.groups ?? [];
  const found = lookupConstant(term.name, groups, arch);
  if (found.kind === "value") {
    const { value, group } = found;
    return { value: BigInt.asIntN(64, term.not ? ~value : value), group: term.not ? "" : group };
  }
  const where = `argument ${index + 1}${declared === undefined ? "" : ` (${declared.name})`}`;
  const word = quote(term.name);
  if (found.kind === "not-on-arch") {
    throw callError(text, term.at, "constant-not-on-arch", `${arch} has no ${term.name}`);
  }
  if (found.kind === "elsewhere") {
    const message = `${term.name} does not belong to ${where} of ${call ?? "an unknown call"}`;
    const near = suggest(term.name, constantNames(groups));
    const hint = near === undefined ? rightPlace(term.name, call, arch) : `did you mean ${near}?`;
    throw callError(text, term.at, "misplaced-constant", message, hint);
  }
  const near = suggest(term.name, constantNames(groups)) ?? suggest(term.name, constantNames());
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  throw callError(text, term.at, "unknown-constant", `unknown constant ${word}`, hint);
}

/** Says so when the constant belongs to another argument of the same call (s390's clone). */
function rightPlace(name: string, call: string | undefined, arch: ArchName): string | undefined {
  if (call === undefined) return undefined;
  for (let index = 0; index < 6; index++) {
    const groups = argumentGroups(call, index, arch)?.groups ?? [];
    if (lookupConstant(name, groups, arch).kind !== "value") continue;
    const arg = syscallSignature(call, arch)?.[index]?.name;
    return `on ${arch} it belongs to argument ${index + 1} (${arg}) of ${call}`;
  }
  return undefined;
}
