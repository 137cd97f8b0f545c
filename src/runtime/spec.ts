import type { ARCHITECTURES, ArchName } from "../abi/architecture.js";
import { suggest } from "../abi/suggest.js";
import type { CompareOp } from "../compiler/index.js";
import type { SeccompSimError } from "../errors.js";
import { defaultPlaceOf, type Policy, type PolicyEntry, type Word } from "../profile/policy.js";
import {
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_KILL_THREAD,
  SECCOMP_RET_LOG,
  SECCOMP_RET_TRACE,
  SECCOMP_RET_TRAP,
  SECCOMP_RET_USER_NOTIF,
} from "../seccomp/action.js";
import { isRuncAtLeast, type Target } from "../target.js";
import { cString } from "./calls.js";
import { refusedBy } from "./refusal.js";

// What runc checks before it calls libseccomp (runc libcontainer/specconv/spec_linux.go
// `SetupSeccomp`, libcontainer/seccomp/config.go), and what it makes of each word.

/** Whose words a refusal is in. */
export type Speaker = "runc" | "crun" | "youki";

/** The SECCOMP_RET_* word of each action, without data. */
export const ACTIONS: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: SECCOMP_RET_KILL_THREAD,
  SCMP_ACT_KILL_THREAD: SECCOMP_RET_KILL_THREAD,
  SCMP_ACT_KILL_PROCESS: SECCOMP_RET_KILL_PROCESS,
  SCMP_ACT_TRAP: SECCOMP_RET_TRAP,
  SCMP_ACT_ERRNO: SECCOMP_RET_ERRNO,
  SCMP_ACT_NOTIFY: SECCOMP_RET_USER_NOTIF,
  SCMP_ACT_TRACE: SECCOMP_RET_TRACE,
  SCMP_ACT_LOG: SECCOMP_RET_LOG,
  SCMP_ACT_ALLOW: SECCOMP_RET_ALLOW,
};

export const OPERATORS: Readonly<Record<string, CompareOp>> = {
  SCMP_CMP_NE: "NE",
  SCMP_CMP_LT: "LT",
  SCMP_CMP_LE: "LE",
  SCMP_CMP_EQ: "EQ",
  SCMP_CMP_GE: "GE",
  SCMP_CMP_GT: "GT",
  SCMP_CMP_MASKED_EQ: "MASKED_EQ",
};

/** All that runc learnt by 1.4; `RUNC_SINCE` says which came late. */
export const ARCH_WORDS: Readonly<Record<string, ArchName>> = Object.fromEntries(
  (
    [
      "x86",
      "x86_64",
      "x32",
      "arm",
      "aarch64",
      "mips",
      "mips64",
      "mips64n32",
      "mipsel",
      "mipsel64",
      "mipsel64n32",
      "ppc",
      "ppc64",
      "ppc64le",
      "riscv64",
      "s390",
      "s390x",
      "loongarch64",
    ] satisfies (keyof typeof ARCHITECTURES)[]
  ).map((name) => [`SCMP_ARCH_${name.toUpperCase()}`, name]),
);

const FLAGS: readonly string[] = [
  "SECCOMP_FILTER_FLAG_TSYNC",
  "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
  "SECCOMP_FILTER_FLAG_LOG",
  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
];

export const FLAG_WORDS: Readonly<Record<string, true>> = Object.fromEntries(
  FLAGS.map((flag) => [flag, true]),
);

/** The runc releases (runc CHANGELOG.md) that first know a word. */
const RUNC_SINCE: Readonly<Record<string, readonly [number, number, number]>> = {
  SCMP_ARCH_RISCV64: [1, 1, 8],
  SCMP_ARCH_LOONGARCH64: [1, 4, 1],
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: [1, 5, 0],
};

function knownToRunc(word: string, target: Target): boolean {
  const since = RUNC_SINCE[word];
  return since === undefined || isRuncAtLeast(target, ...since);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** How a runtime says that it does not know a word. */
const UNKNOWN_WORD: Readonly<Record<Speaker, (what: string, word: string) => string>> = {
  runc: (what, word) => `string ${word} is not a valid ${what} for seccomp`,
  crun: (what, word) =>
    what === "arch"
      ? `seccomp unknown architecture \`${word.replace(/^SCMP_ARCH_/, "")}\``
      : what === "flag"
        ? `unknown seccomp option \`${word}\``
        : what === "action"
          ? `invalid seccomp action \`${word}\``
          : "get_seccomp_operator",
  youki: (_, word) => `unknown variant \`${word}\``,
};

/** crun has its words as C strings. */
function wordFor(runtime: Speaker, { value }: Word): string {
  return runtime === "crun" ? cString(value) : value;
}

/** A word in a table, or the runtime's refusal with the nearest word. */
export function lookUp<T>(
  table: Readonly<Record<string, T>>,
  word: Word,
  what: string,
  runtime: Speaker = "runc",
  key = wordFor(runtime, word),
): T {
  const found = Object.hasOwn(table, key) ? table[key] : undefined;
  if (found !== undefined) return found;
  throw unknownWord(word, what, runtime, Object.keys(table), key);
}

function unknownWord(
  word: Word,
  what: string,
  runtime: Speaker,
  known: readonly string[],
  key: string,
): SeccompSimError {
  const near = suggest(key, known);
  return refusedBy(
    runtime,
    `unknown-${what}`,
    UNKNOWN_WORD[runtime](what, shorten(wordFor(runtime, word))),
    word.place,
    near === undefined ? `one of ${known.join(", ")}` : `did you mean ${near}?`,
  );
}

/** Only ERRNO and TRACE carry data. */
export function takesErrno(action: number): boolean {
  return action === SECCOMP_RET_ERRNO || action === SECCOMP_RET_TRACE;
}

/** The SECCOMP_RET_* word of an action and its `errnoRet`; other actions ignore it. */
export function actionWord(
  action: Word,
  errnoRet: bigint | undefined,
  runtime: Speaker = "runc",
): number {
  const value = lookUp(ACTIONS, action, "action", runtime);
  if (!takesErrno(value)) return value;
  return (value | Number((errnoRet ?? 1n) & 0xffffn)) >>> 0;
}

/** An entry with its words understood. */
export interface CheckedEntry {
  readonly entry: PolicyEntry;
  readonly action: number;
  readonly operators: readonly CompareOp[];
}

/** A policy in which runc found nothing to complain about. */
export interface CheckedPolicy {
  readonly defaultAction: number;
  readonly archs: readonly ArchName[];
  readonly entries: readonly CheckedEntry[];
}

function checkFlags(flags: readonly Word[], target: Target): void {
  const [first] = flags;
  if (first !== undefined && !isRuncAtLeast(target, 1, 2)) {
    throw refusedBy(
      "runc",
      "unknown-flag",
      "seccomp flags are not yet supported by runc",
      first.place,
      "runc reads flags since 1.2",
    );
  }
  const known = FLAGS.filter((flag) => knownToRunc(flag, target));
  for (const { value, place } of flags) {
    if (known.includes(value)) continue;
    throw refusedBy(
      "runc",
      "unknown-flag",
      `seccomp flag ${shorten(value)} is not known to runc`,
      place,
      `one of ${known.join(", ")}`,
    );
  }
}

function lookUpArch(word: Word, target: Target): ArchName {
  const found = Object.hasOwn(ARCH_WORDS, word.value) ? ARCH_WORDS[word.value] : undefined;
  if (found !== undefined && knownToRunc(word.value, target)) return found;
  const known = Object.entries(ARCH_WORDS).filter(([one]) => knownToRunc(one, target));
  return lookUp(Object.fromEntries(known), word, "arch");
}

/** runc's checks of a whole policy, in its order. */
export function checkPolicy(policy: Policy, target: Target): CheckedPolicy {
  if (policy.flags !== undefined) checkFlags(policy.flags, target);
  const archs = policy.architectures.map((word) => lookUpArch(word, target));
  const place = defaultPlaceOf(policy);
  const defaultAction = actionWord({ value: policy.defaultAction, place }, policy.defaultErrnoRet);
  const entries = policy.entries.map((entry): CheckedEntry => {
    const action = actionWord(entry.action, entry.errnoRet);
    // runc converts the conditions once for every name: without names nobody looks at them.
    const conditions = entry.names.length > 0 ? entry.conditions : [];
    const operators = conditions.map(({ op }) => lookUp(OPERATORS, op, "operator"));
    return { entry, action, operators };
  });
  return { defaultAction, archs, entries };
}
