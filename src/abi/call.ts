import type { SeccompData } from "../seccomp/record.js";
import { ARCHITECTURES, type ArchName } from "./architecture.js";
import { singleOf } from "./argument-set.js";
import { type Callee, POINTER, readArguments } from "./call-arguments.js";
import { callError, quote, readCall } from "./call-reader.js";
import { suggest } from "./suggest.js";
import { suggestSyscall, syscallName, syscallNames, syscallNumber } from "./syscalls.js";

export { POINTER };

export interface ParsedCall {
  /** As the user wrote it. */
  readonly text: string;
  /** `undefined` for a number that the architecture has no name for. */
  readonly name: string | undefined;
  readonly arch: ArchName;
  readonly record: SeccompData;
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
  const callee = calleeOf(text, written.callee, written.at, arch);
  const options = { rest: false, shown: 64, alternatives: false } as const;
  const sets = readArguments(text, callee, written.args, arch, options);
  const args = sets.map((set) => singleOf(set) ?? 0n);
  const record = { nr: callee.nr, arch: ARCHITECTURES[arch].audit, ip: 0n, args };
  return { text, name: callee.name, arch, record };
}

/** The call that a name or a number means. */
export function calleeOf(
  text: string,
  written: string | bigint,
  at: number,
  arch: ArchName,
): Callee {
  return typeof written === "bigint"
    ? numberedCallee(text, written, at, arch)
    : namedCallee(text, written, at, arch);
}

function numberedCallee(text: string, number: bigint, at: number, arch: ArchName): Callee {
  if (number < -0x80000000n || number > 0xffffffffn) {
    throw callError(text, at, "call-number-range", "a system call number has 32 bits");
  }
  const nr = Number(BigInt.asIntN(32, number));
  return { nr, name: nameOf(arch, nr), title: `#${nr}`, raw: true };
}

/** x86_64 filters also see x32 calls under their token. */
function nameOf(arch: ArchName, nr: number): string | undefined {
  return syscallName(arch, nr) ?? (arch === "x86_64" ? syscallName("x32", nr) : undefined);
}

function namedCallee(text: string, name: string, at: number, arch: ArchName): Callee {
  const nr = syscallNumber(arch, name);
  if (nr !== undefined) return { nr, name, title: name, raw: false };
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
