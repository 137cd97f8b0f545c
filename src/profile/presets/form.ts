import type { ArchName } from "../../abi/architecture.js";
import { errnoNumber } from "../../abi/errno.js";
import type { Target } from "../../target.js";

/** What a profile that the engine builds in code depends on. */
export type PresetTarget = Pick<Target, "arch" | "caps" | "kernel">;

/**
 * The form in which presets are kept: what differs from rule to rule and nothing else. Names of the
 * kernel's and libseccomp's lists stand without their prefixes (`SCMP_ACT_`, `CAP_`, …).
 */
export interface PresetProfile {
  /** What it is, with date and source. */
  readonly summary: string;
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  /** Podman's: a name, which is written beside its number. */
  readonly defaultErrno?: string;
  /** Separated by blanks. */
  readonly architectures?: string;
  readonly archMap?: readonly (readonly [native: string, sub: string])[];
  readonly rules: readonly PresetRule[];
  /** The form of Docker 1.10: every name has an entry of its own. */
  readonly legacy?: boolean;
  /** Conditions of single names, in the legacy form. */
  readonly conditions?: Readonly<Record<string, readonly PresetCondition[]>>;
}

export interface PresetRule {
  /** Separated by blanks or line breaks. */
  readonly names: string;
  /** ALLOW unless given, or ERRNO where `errno` stands. */
  readonly action?: string;
  /** A name, written as its number on the host. */
  readonly errnoRet?: string;
  /** As `defaultErrno`. */
  readonly errno?: string;
  /** All must hold. */
  readonly when?: readonly PresetCondition[];
  readonly comment?: string;
  /** `includes` and `excludes`. */
  readonly only?: PresetGate;
  readonly not?: PresetGate;
}

/** Argument, operator, value (the mask of MASKED_EQ), second value (what the masked bits must be). */
export type PresetCondition = readonly [
  index: number,
  op: string,
  value: number,
  valueTwo?: number,
];

export interface PresetGate {
  readonly caps?: string;
  readonly arches?: string;
  readonly minKernel?: string;
}

/** The words of a blank-separated list. */
export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** The engine's JSON for a preset on a host, laid out so that every name has a line to point at. */
export function formatPreset(preset: PresetProfile, arch: ArchName): string {
  const { architectures, archMap, defaultErrno } = preset;
  const json = {
    defaultAction: `SCMP_ACT_${preset.defaultAction}`,
    defaultErrnoRet: preset.defaultErrnoRet ?? numberOf(defaultErrno, "x86_64"),
    defaultErrno,
    architectures: architectures === undefined ? undefined : archNames(architectures),
    archMap: archMap?.map(([native, sub]) => ({
      architecture: `SCMP_ARCH_${native}`,
      subArchitectures: sub === "" ? null : archNames(sub),
    })),
    syscalls: preset.rules.flatMap((rule) =>
      preset.legacy ? legacy(preset, rule) : modern(rule, arch),
    ),
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

function archNames(text: string): string[] {
  return words(text).map((name) => `SCMP_ARCH_${name}`);
}

function legacy(preset: PresetProfile, rule: PresetRule): object[] {
  return words(rule.names).map((name) => ({
    name,
    action: `SCMP_ACT_${rule.action ?? "ALLOW"}`,
    args: (preset.conditions?.[name] ?? []).map(condition),
  }));
}

function modern(rule: PresetRule, arch: ArchName): object {
  return {
    names: words(rule.names),
    action: `SCMP_ACT_${rule.action ?? (rule.errno === undefined ? "ALLOW" : "ERRNO")}`,
    errnoRet: numberOf(rule.errnoRet, arch) ?? numberOf(rule.errno, "x86_64"),
    errno: rule.errno,
    args: rule.when?.map(condition),
    comment: rule.comment,
    includes: gate(rule.only),
    excludes: gate(rule.not),
  };
}

/** Beside a name stands the number on most architectures: readers of the name do not look at it. */
function numberOf(errno: string | undefined, arch: ArchName): number | undefined {
  return errno === undefined ? undefined : errnoNumber(errno, arch);
}

function condition([index, op, value, valueTwo]: PresetCondition): object {
  return { index, value, valueTwo, op: `SCMP_CMP_${op}` };
}

function gate(preset: PresetGate | undefined): object | undefined {
  if (preset === undefined) return undefined;
  return {
    caps: preset.caps === undefined ? undefined : words(preset.caps).map((name) => `CAP_${name}`),
    arches: preset.arches === undefined ? undefined : words(preset.arches),
    minKernel: preset.minKernel,
  };
}
