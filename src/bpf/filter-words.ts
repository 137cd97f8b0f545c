import type { ArchName } from "../abi/architecture.js";
import { errnoNames, errnoNumber } from "../abi/errno.js";
import { ARCH_NAMES, archByName, otherAuditToken } from "../abi/names.js";
import { suggest } from "../abi/suggest.js";
import { suggestSyscall, syscallNumber } from "../abi/syscalls.js";
import { ACTIONS, type ActionName } from "../seccomp/action.js";

/** What a word in a filter's text stands for, or why for nothing. */
export type WordResult =
  | { readonly value: number }
  | { readonly problem: string; readonly hint?: string | undefined };

/**
 * An integer as C writes it (decimal, `0x`, octal with a leading 0, suffixes u and l), as an unsigned
 * 32-bit word; `undefined` for anything else, a number that does not fit included.
 */
export function wordOf(text: string): number | undefined {
  const match = /^(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)[uUlL]{0,3}$/.exec(text);
  const digits = match?.[2];
  if (digits === undefined || digits.length > 24) return undefined;
  const octal = /^0[0-7]+$/.test(digits);
  const size = octal ? Number.parseInt(digits, 8) : Number(digits);
  const value = match?.[1] === "-" ? -size : size;
  return value > 0xffffffff || value < -0x80000000 ? undefined : value >>> 0;
}

/** `ARCH_X86_64` as listings have it, or C's `AUDIT_ARCH_X86_64`. */
export function archWord(text: string): WordResult {
  const name = text.replace(/^(AUDIT_)?ARCH_/i, "").toLowerCase();
  const value = archByName(name)?.audit ?? otherAuditToken(name);
  if (value !== undefined) return { value };
  const near = suggest(name, ARCH_NAMES);
  return {
    problem: `no architecture is called "${text}"`,
    hint: near && `did you mean ARCH_${near.toUpperCase()}?`,
  };
}

/** A system call's number on `arch`, which must be known: numbers differ from one to the next. */
export function syscallWord(name: string, arch: ArchName | undefined): WordResult {
  if (arch === undefined) {
    return {
      problem: `the number of ${name} depends on the architecture, which is not known here`,
      hint: "name the architecture, or write the number",
    };
  }
  const value = syscallNumber(arch, name);
  if (value !== undefined) return { value };
  const near = suggestSyscall(name);
  return {
    problem: `${arch} has no system call "${name}"`,
    hint: near && near !== name ? `did you mean ${near}?` : undefined,
  };
}

/** An error's number by its name. */
export function errnoWord(name: string, arch: ArchName | undefined): WordResult {
  const value = errnoNumber(name, arch);
  if (value !== undefined) return { value };
  const near = suggest(name, errnoNames(arch));
  return { problem: `no error is called "${name}"`, hint: near && `did you mean ${near}?` };
}

const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[];

/** A return word as verdicts are printed: `ALLOW`, `ERRNO(EPERM)`, `TRAP(5)`, `UNKNOWN(0x12340000)`. */
export function verdictWord(text: string, arch: ArchName | undefined): WordResult {
  const match = /^(?:SECCOMP_RET_)?([A-Z_]+)(?:\(\s*(\w+)\s*\))?$/i.exec(text);
  const name = match?.[1]?.toUpperCase() ?? text;
  const inside = match?.[2];
  if (name === "UNKNOWN" && inside !== undefined) {
    const value = wordOf(inside);
    return value === undefined ? { problem: `${inside} is no 32-bit number` } : { value };
  }
  const action = ACTION_NAMES.find((one) => one === name);
  if (action === undefined) {
    const near = name === "KILL" ? "KILL_THREAD or KILL_PROCESS" : suggest(name, ACTION_NAMES);
    return {
      problem: `"${text}" is no action`,
      hint: near ? `did you mean ${near}?` : `actions are ${ACTION_NAMES.join(", ")}`,
    };
  }
  if (inside === undefined) {
    if (action !== "ERRNO") return { value: ACTIONS[action] };
    return { problem: "ERRNO needs an error", hint: "write ERRNO(EPERM)" };
  }
  const isName = action === "ERRNO" && /^[A-Za-z]/.test(inside);
  const data = isName ? errnoWord(inside, arch) : dataWord(inside);
  return "value" in data ? { value: (ACTIONS[action] | data.value) >>> 0 } : data;
}

function dataWord(text: string): WordResult {
  const value = wordOf(text);
  if (value !== undefined && value <= 0xffff) return { value };
  return { problem: `an action's data is a number from 0 to 65535, not ${text}` };
}
