import { ARCHITECTURES, type ArchName } from "./architecture.js";
import type { Argument } from "./signature.js";

/** How an argument lies in the six registers: one slot, a pair (low slot, high slot), or unknown. */
export type Slots =
  | { readonly kind: "one"; readonly index: number }
  | { readonly kind: "pair"; readonly low: number; readonly high: number }
  | { readonly kind: "unknown" };

const WIDE_TYPES = new Set(["loff_t", "u64", "__u64"]);

/** fanotify_mark's mask is u64 though its syscall table entry may say otherwise. */
function isWide(arg: Argument): boolean {
  return WIDE_TYPES.has(arg.type);
}

/** Registers of 64 bits; x32 and n32 have them, too, although their pointers have 32. */
export function hasWideRegisters(arch: ArchName): boolean {
  const { column, bits } = ARCHITECTURES[arch];
  return bits === 64 || column === "x32" || column === "mips64n32";
}

/**
 * On a 32-bit architecture a 64-bit argument takes two registers: x86 the next two, low half first
 * (linux arch/x86/entry/syscalls `sys_ia32_*`), arm an even and the next, low half first (EABI).
 * For the others the places are not certain here, so that arguments from there on are "unknown".
 */
export function registerLayout(args: readonly Argument[], arch: ArchName): readonly Slots[] {
  const { column } = ARCHITECTURES[arch];
  const whole = hasWideRegisters(arch);
  const slots: Slots[] = [];
  let next = 0;
  let certain = true;
  for (const arg of args) {
    if (!whole && isWide(arg)) {
      if (column === "arm") next += next % 2;
      certain &&= column === "x86" || column === "arm";
      slots.push(certain ? { kind: "pair", low: next, high: next + 1 } : { kind: "unknown" });
      next += 2;
    } else {
      slots.push(certain ? { kind: "one", index: next } : { kind: "unknown" });
      next += 1;
    }
  }
  return slots;
}
