import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { syscallRow, tableKnows } from "../abi/syscalls.js";
import type { CompareOp } from "../compiler/index.js";
import { ENGINE_RULES } from "../profile/engine-rules.js";
import type { Gate, Profile, ProfileCondition, ProfileEntry } from "../profile/profile.js";
import { LIBSECCOMP_VERSIONS } from "../profile/target-options.js";
import { OPERATORS } from "../runtime/spec.js";
import type { SeccompData } from "../seccomp/record.js";
import { isAtLeast, type KernelVersion, syscallTable, type Target } from "../target.js";
import type { Because } from "./because.js";

/** One comparison of an argument that does not hold. */
export interface UnmetComparison {
  readonly argument: number;
  readonly op: CompareOp;
  /** With MASKED_EQ the mask, and what the masked value has to be. */
  readonly value: bigint;
  readonly valueTwo: bigint;
  /** What the argument is. */
  readonly actual: bigint;
}

/** Why an entry of a profile that names a call does not decide about it. */
export type Lack =
  /** `includes.caps`: the container has not got it. */
  | { readonly kind: "cap"; readonly cap: string }
  /** `excludes.caps`: the container has it. */
  | { readonly kind: "excludedCap"; readonly cap: string }
  /** `includes.arches`, or `excludes.arches`, in the engine's words. */
  | { readonly kind: "arch"; readonly arches: readonly string[] }
  | { readonly kind: "excludedArch"; readonly arch: string }
  /** `includes.minKernel`, or `excludes.minKernel`. */
  | { readonly kind: "kernel"; readonly minKernel: KernelVersion }
  | { readonly kind: "excludedKernel"; readonly minKernel: KernelVersion }
  /** The release of libseccomp does not know the name. */
  | { readonly kind: "libseccomp"; readonly since: string }
  /** One of these has to hold, and none does: more than one where an argument is compared twice. */
  | { readonly kind: "argument"; readonly anyOf: readonly UnmetComparison[] }
  /** It matches, but something else decides. */
  | { readonly kind: "overridden"; readonly because: Because };

/** What keeps an entry from being in force on a target. */
export function gateLacks(
  { includes, excludes }: ProfileEntry,
  { engine }: Profile,
  target: Target,
): readonly Lack[] {
  const word = ENGINE_RULES[engine].word(target.arch);
  const lacks: Lack[] = [];
  if (includes !== undefined) lacks.push(...notIncluded(includes, word, target));
  if (excludes !== undefined) lacks.push(...excluded(excludes, word, target));
  return lacks;
}

function notIncluded({ caps, arches, minKernel }: Gate, word: string, target: Target): Lack[] {
  const lacks: Lack[] = caps
    .filter(({ value }) => !target.caps.includes(value))
    .map(({ value }) => ({ kind: "cap", cap: value }));
  const words = arches.map(({ value }) => value);
  if (words.length > 0 && !words.includes(word)) lacks.push({ kind: "arch", arches: words });
  if (minKernel !== undefined && !isAtLeast(target.kernel, minKernel)) {
    lacks.push({ kind: "kernel", minKernel });
  }
  return lacks;
}

function excluded({ caps, arches, minKernel }: Gate, word: string, target: Target): Lack[] {
  const lacks: Lack[] = caps
    .filter(({ value }) => target.caps.includes(value))
    .map(({ value }) => ({ kind: "excludedCap", cap: value }));
  if (arches.some(({ value }) => value === word)) lacks.push({ kind: "excludedArch", arch: word });
  if (minKernel !== undefined && isAtLeast(target.kernel, minKernel)) {
    lacks.push({ kind: "excludedKernel", minKernel });
  }
  return lacks;
}

/** Whether the target's libseccomp knows a name at all. */
export function nameLacks(name: string, target: Target): readonly Lack[] {
  if (tableKnows(syscallTable(target), name)) return [];
  const row = syscallRow(name);
  return row === undefined ? [] : [{ kind: "libseccomp", since: row.since }];
}

/** The comparisons that a call does not meet, as runtimes combine them. */
export function argumentLacks(
  args: readonly ProfileCondition[],
  record: SeccompData,
  arch: ArchName,
): readonly Lack[] {
  const comparisons = args.flatMap((one): UnmetComparison[] => {
    const op = Object.hasOwn(OPERATORS, one.op.value) ? OPERATORS[one.op.value] : undefined;
    if (op === undefined || one.index > 5n) return [];
    const argument = Number(one.index);
    const width = ARCHITECTURES[arch].bits;
    const cut = (value: bigint): bigint => BigInt.asUintN(width, value);
    const actual = cut(record.args[argument] ?? 0n);
    return [{ argument, op, value: cut(one.value), valueTwo: cut(one.valueTwo), actual }];
  });
  const unmet = comparisons.filter((one) => !compares(one));
  // An argument that is compared twice makes each comparison a rule of its own.
  const alternatives = new Set(args.map(({ index }) => index)).size < args.length;
  if (!alternatives) return unmet.map((one) => ({ kind: "argument", anyOf: [one] }));
  return unmet.length === comparisons.length && unmet.length > 0
    ? [{ kind: "argument", anyOf: unmet }]
    : [];
}

function compares({ op, value, valueTwo, actual }: UnmetComparison): boolean {
  switch (op) {
    case "NE":
      return actual !== value;
    case "LT":
      return actual < value;
    case "LE":
      return actual <= value;
    case "EQ":
      return actual === value;
    case "GE":
      return actual >= value;
    case "GT":
      return actual > value;
    case "MASKED_EQ":
      return (actual & value) === (valueTwo & value);
  }
}

/** The nearest value with which a comparison holds; `undefined` where there is none. */
function meetingValue({ op, value, valueTwo, actual }: UnmetComparison): bigint | undefined {
  switch (op) {
    case "NE":
      return actual ^ 1n;
    case "LT":
      return value === 0n ? undefined : value - 1n;
    case "LE":
    case "EQ":
    case "GE":
      return value;
    case "GT":
      return value + 1n;
    case "MASKED_EQ":
      return (actual & ~value) | (valueTwo & value);
  }
}

/** Where and on which call an entry would be asked, if nothing were lacking. */
export interface Supplied {
  readonly target: Target;
  readonly record: SeccompData;
}

/** Supplies what is lacking, as far as that is a matter of target and arguments. */
export function supply(
  lack: Lack,
  { target, record }: Supplied,
  onArch: (words: readonly string[]) => Supplied | undefined,
): Supplied | undefined {
  switch (lack.kind) {
    case "cap":
      return { record, target: { ...target, caps: [...target.caps, lack.cap].sort() } };
    case "excludedCap":
      return {
        record,
        target: { ...target, caps: target.caps.filter((cap) => cap !== lack.cap) },
      };
    case "arch":
      return onArch(lack.arches);
    case "excludedArch":
      return undefined;
    case "kernel":
      return { record, target: { ...target, kernel: lack.minKernel } };
    case "excludedKernel":
      return { record, target: { ...target, kernel: versionBefore(lack.minKernel) } };
    case "libseccomp": {
      const libseccomp = LIBSECCOMP_VERSIONS.find((one) => one === lack.since);
      return libseccomp && { record, target: { ...target, libseccomp, table: undefined } };
    }
    case "argument": {
      const [first] = lack.anyOf;
      const value = first === undefined ? undefined : meetingValue(first);
      if (first === undefined || value === undefined) return undefined;
      return {
        target,
        record: {
          ...record,
          args: record.args.map((old, i) => (i === first.argument ? value : old)),
        },
      };
    }
    case "overridden":
      return { target, record };
  }
}

function versionBefore({ major, minor }: KernelVersion): KernelVersion {
  return minor > 0 ? { major, minor: minor - 1 } : { major: Math.max(0, major - 1), minor: 99 };
}
