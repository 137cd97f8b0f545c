import type { SeccompData } from "../seccomp/record.js";
import type { ArchName } from "./architecture.js";
import { argumentGroups } from "./call-arguments.js";
import { isEnumeration } from "./constant-uses.js";
import { constantsOf } from "./constants.js";
import { syscallSignature } from "./signature.js";
import { syscallName } from "./syscalls.js";
import { hasWideRegisters, registerLayout } from "./wide.js";

/** Groups whose members are never parts of a sum, except for a flag that stands among them. */
const MIXED = new Set(["at", "personality", "mempolicy", "cap", "futex", "ip", "ipv6", "tcp"]);

/**
 * The call as strace would write it, with names where the numbers are certain; reading it with
 * {@link parseCall} gives the same record (apart from `ip`). A record that the signature cannot
 * express (registers beyond it, an unknown number) is written with all its registers: `#435(…)`.
 */
export function formatCall(record: SeccompData, arch: ArchName): string {
  const name = syscallName(arch, record.nr);
  const signature = name === undefined ? undefined : syscallSignature(name, arch);
  const layout = registerLayout(signature ?? [], arch);
  const plain = layout.every((slot) => slot.kind === "one");
  const count = signature?.length ?? 0;
  const surplus = record.args.slice(count).some((value) => value !== 0n);
  if (name === undefined || signature === undefined || !plain || surplus) {
    return rawCall(record, name !== undefined && signature === undefined ? name : undefined);
  }
  const args = signature.map((_, index) =>
    formatArgument(name, index, record.args[index] ?? 0n, arch),
  );
  return `${name}(${args.join(", ")})`;
}

function rawCall(record: SeccompData, name: string | undefined): string {
  let count = record.args.length;
  while (count > 0 && record.args[count - 1] === 0n) count--;
  const args = record.args.slice(0, count).map(formatNumber).join(", ");
  return `${name ?? `#${record.nr}`}(${args})`;
}

/** Small ones as people write them, others as registers look. */
export function formatNumber(value: bigint): string {
  return value < 1024n ? value.toString() : `0x${value.toString(16)}`;
}

/** The value of a register of a call, with names where they are certain. */
export function formatArgument(call: string, index: number, value: bigint, arch: ArchName): string {
  const use = argumentGroups(call, index, arch);
  if (use === undefined || !use.shown) return formatNumber(value);
  if (use.groups.length === 1 && use.groups[0] === "mode") {
    return value === 0n ? "0" : value < 0o1000000n ? `0${value.toString(8)}` : formatNumber(value);
  }
  // Negative constants (AT_FDCWD, MS_NOUSER) have only their low half in a 32-bit register.
  const bits = hasWideRegisters(arch) ? 64 : 32;
  const constants = constantsOf(use.groups, arch).map((constant) => ({
    ...constant,
    value: BigInt.asUintN(bits, constant.value),
  }));
  const exact = constants.find((constant) => constant.value === value);
  const reads = use.groups.includes("open") && (value & 3n) === 0n && value !== 0n;
  if (exact !== undefined) return reads ? `O_RDONLY|${exact.name}` : exact.name;
  // Wide flags first, so that O_SYNC is not written as O_DSYNC and a rest.
  const flags = constants
    .filter(
      (constant) =>
        !isEnumeration(constant.group) && !MIXED.has(constant.group) && constant.value !== 0n,
    )
    .sort((a, b) => bitCount(b.value) - bitCount(a.value));
  const parts: string[] = [];
  let rest = value;
  for (const flag of flags) {
    if ((rest & flag.value) !== flag.value) continue;
    parts.push(flag.name);
    rest &= ~flag.value;
  }
  if (parts.length === 0) return formatNumber(value);
  if (reads) parts.unshift("O_RDONLY");
  if (rest !== 0n) {
    const named = constants.find((constant) => constant.value === rest);
    if (named?.group === "socktype") parts.unshift(named.name);
    else parts.push(named?.name ?? formatNumber(rest));
  }
  return parts.join("|");
}

function bitCount(value: bigint): number {
  let count = 0;
  for (let rest = value; rest !== 0n; rest >>= 1n) count += Number(rest & 1n);
  return count;
}
