import type { SeccompData } from "../seccomp/record.js";
import { ARCHITECTURES, type ArchName } from "./architecture.js";
import { callError, quote, readCall, type Term, type WrittenArgument } from "./call-reader.js";
import { argumentUse } from "./constant-uses.js";
import { constantNames, lookupConstant } from "./constants.js";
import { type Argument, syscallSignature } from "./signature.js";
import { suggest } from "./suggest.js";
import { suggestSyscall, syscallName, syscallNames, syscallNumber } from "./syscalls.js";
import { hasWideRegisters, registerLayout } from "./wide.js";

export interface ParsedCall {
  /** As the user wrote it. */
  readonly text: string;
  /** `undefined` for a number that the architecture has no name for. */
  readonly name: string | undefined;
  readonly arch: ArchName;
  readonly record: SeccompData;
}

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

interface Callee {
  readonly nr: number;
  readonly name: string | undefined;
  /** Called by number: all six registers may be given, whatever the signature. */
  readonly raw: boolean;
}

/**
 * Reads one call as strace prints it: `openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC)`,
 * `#435(0x10, 88)`, or a bare name. Numbers are decimal, 0x, 0o or octal with a leading 0, exact to
 * 64 bits; negative ones are two's complement of the register's width (AT_FDCWD is
 * 0xffffffffffffff9c, or 0xffffff9c with zeros above it on a 32-bit architecture). Texts, structures and arrays are {@link POINTER}, NULL and missing arguments
 * 0. Names of constants have the value of the architecture.
 *
 * `parseCall("mkdir(\"a\", 0755)", "x86_64").record.args[1]` is 493n.
 */
export function parseCall(text: string, arch: ArchName): ParsedCall {
  const written = readCall(text);
  const callee =
    typeof written.callee === "bigint"
      ? numberedCallee(text, written.callee, written.at, arch)
      : namedCallee(text, written.callee, written.at, arch);
  const args = readArguments(text, callee, written.args, arch);
  const record = { nr: callee.nr, arch: ARCHITECTURES[arch].audit, ip: 0n, args };
  return { text, name: callee.name, arch, record };
}

function numberedCallee(text: string, number: bigint, at: number, arch: ArchName): Callee {
  if (number < -0x80000000n || number > 0xffffffffn) {
    throw callError(text, at, "call-number-range", "a system call number has 32 bits");
  }
  const nr = Number(BigInt.asIntN(32, number));
  return { nr, name: nameOf(arch, nr), raw: true };
}

/** x86_64 filters also see x32 calls under their token. */
function nameOf(arch: ArchName, nr: number): string | undefined {
  return syscallName(arch, nr) ?? (arch === "x86_64" ? syscallName("x32", nr) : undefined);
}

function namedCallee(text: string, name: string, at: number, arch: ArchName): Callee {
  const nr = syscallNumber(arch, name);
  if (nr !== undefined) return { nr, name, raw: false };
  if (!syscallNames().includes(name)) {
    const near = suggestSyscall(name);
    const hint = near === undefined ? undefined : `did you mean ${near}?`;
    throw callError(text, at, "unknown-syscall", `unknown system call ${quote(name)}`, hint);
  }
  const here = (other: string): boolean => syscallNumber(arch, other) !== undefined;
  const near = successors(name).find(here) ?? suggest(name, syscallNames().filter(here));
  const hint = near === undefined ? undefined : `${arch} has ${near}`;
  throw callError(text, at, "syscall-not-on-arch", `${arch} has no system call ${name}`, hint);
}

/** How Linux usually names the call that replaced an older one. */
function successors(name: string): string[] {
  const replaced: Readonly<Record<string, string>> = {
    fork: "clone",
    vfork: "clone",
    time: "clock_gettime",
    stat: "newfstatat",
    lstat: "newfstatat",
    poll: "ppoll",
    select: "pselect6",
    pipe: "pipe2",
    getpgrp: "getpgid",
    alarm: "setitimer",
    mkdir: "mkdirat",
    rmdir: "unlinkat",
    chown: "fchownat",
    chmod: "fchmodat",
    access: "faccessat",
    utime: "utimensat",
    rename: "renameat2",
    umount: "umount2",
  };
  const known = Object.hasOwn(replaced, name) ? [replaced[name] ?? ""] : [];
  return [...known, `${name}at`, `${name}2`, `${name}1`, `${name}64`, name.replace(/(2|64)$/, "")];
}

function readArguments(
  text: string,
  callee: Callee,
  written: readonly WrittenArgument[],
  arch: ArchName,
): bigint[] {
  const signature = callee.name === undefined ? undefined : syscallSignature(callee.name, arch);
  const limit = callee.raw || signature === undefined ? 6 : signature.length;
  const title = callee.name ?? `#${callee.nr}`;
  const extra = written[limit];
  if (extra !== undefined) {
    const names = signature?.map((arg) => arg.name).join(", ");
    const hint = names === undefined || callee.raw ? undefined : `${title}(${names})`;
    const message = `${title} takes ${limit} argument${limit === 1 ? "" : "s"} on ${arch}, not ${written.length}`;
    throw callError(text, extra.at, "too-many-arguments", message, hint);
  }
  // Raw registers: a number in slot i is register i, whatever the signature makes of it.
  const layout = registerLayout(callee.raw ? [] : (signature ?? []), arch);
  const args = Array<bigint>(6).fill(0n);
  const seen = new Set<number>();
  written.forEach((argument, position) => {
    const index = argumentIndex(text, argument, position, title, signature);
    if (seen.has(index)) {
      throw callError(text, argument.at, "argument-twice", `argument ${index + 1} is given twice`);
    }
    seen.add(index);
    const slot = layout[index] ?? { kind: "one", index };
    const bits = slot.kind === "one" && !hasWideRegisters(arch) ? 32 : 64;
    const declared = signature?.[index];
    const value = argumentValue(text, argument, index, callee.name, declared, arch, bits);
    if (slot.kind === "one") args[slot.index] = value;
    else if (slot.kind === "pair" && slot.high < 6) {
      args[slot.low] = value & 0xffffffffn;
      args[slot.high] = value >> 32n;
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

function argumentValue(
  text: string,
  argument: WrittenArgument,
  index: number,
  call: string | undefined,
  declared: Argument | undefined,
  arch: ArchName,
  bits: 32 | 64,
): bigint {
  let value = 0n;
  for (const term of argument.terms) {
    if (term.kind === "number") value |= twosComplement(term.value, bits);
    else if (term.kind === "name") {
      value |= twosComplement(constantTerm(text, term, index, call, declared, arch), bits);
    } else {
      if (declared !== undefined && NUMBER_TYPES.test(declared.type)) {
        const message = `argument ${index + 1} (${declared.name}) of ${call} is a number, not ${term.what}`;
        throw callError(text, term.at, "not-a-pointer", message);
      }
      value = POINTER;
    }
  }
  return value;
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
): bigint {
  const groups = argumentGroups(call, index, arch)?.groups ?? [];
  const found = lookupConstant(term.name, groups, arch);
  if (found.kind === "value") return BigInt.asIntN(64, term.not ? ~found.value : found.value);
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
