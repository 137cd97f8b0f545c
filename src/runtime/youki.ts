import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import type { Condition } from "../compiler/index.js";
import {
  defaultPlaceOf,
  type Policy,
  type PolicyCondition,
  type PolicyEntry,
  type Word,
} from "../profile/policy.js";
import { SECCOMP_RET_USER_NOTIF } from "../seccomp/action.js";
import type { Target } from "../target.js";
import { entryCalls, type RuntimeCalls } from "./calls.js";
import { refusedBy } from "./refusal.js";
import { actionWord, FLAG_WORDS, lookUp, OPERATORS } from "./spec.js";

const NATIVE = "SCMP_ARCH_NATIVE";

/** The words of oci-spec-rs `Arch`; the native one is there already. */
const ARCHS: Readonly<Record<string, ArchName | undefined>> = Object.fromEntries(
  Object.keys(ARCHITECTURES).map((name) => [`SCMP_ARCH_${name.toUpperCase()}`, name as ArchName]),
);

function archOf(word: Word, native: ArchName): ArchName {
  return lookUp({ ...ARCHS, [NATIVE]: native }, word, "arch", "youki") as ArchName;
}

/** The index is libseccomp's to complain about: above 5 it answers EINVAL. */
function conditionOf({ index, op, value, valueTwo }: PolicyCondition): Condition {
  const arg = index > 0xffffffffn ? 0xffffffff : Number(index);
  return { index: arg, op: lookUp(OPERATORS, op, "operator", "youki"), value, valueTwo };
}

/** youki reads the whole file into typed values, so a wrong word anywhere refuses it. */
function checkWords({ entries, flags }: Policy): void {
  for (const flag of flags ?? []) lookUp(FLAG_WORDS, flag, "flag", "youki");
  for (const { action, errnoRet, conditions } of entries) {
    actionWord(action, errnoRet, "youki");
    for (const { op } of conditions) lookUp(OPERATORS, op, "operator", "youki");
  }
}

/** youki itself must be able to send the listener's descriptor away. */
function checkNotify(policy: Policy, defaultAction: number): void {
  if (defaultAction === SECCOMP_RET_USER_NOTIF) {
    throw refusedBy(
      "youki",
      "notify-default",
      "SCMP_ACT_NOTIFY cannot be used as default action",
      defaultPlaceOf(policy),
    );
  }
  for (const { action, errnoRet, names } of policy.entries) {
    if (actionWord(action, errnoRet, "youki") !== SECCOMP_RET_USER_NOTIF) continue;
    const write = names.find(({ value }) => value === "write");
    if (write === undefined) continue;
    throw refusedBy(
      "youki",
      "notify-write",
      "SCMP_ACT_NOTIFY cannot be used for the write syscall",
      write.place,
    );
  }
}

/**
 * The calls that youki makes for a policy (youki crates/libcontainer/src/seccomp/mod.rs
 * `initialize_seccomp`): no stub, always the linear program.
 *
 * Throws SeccompSimError where youki refuses the policy.
 */
export function youkiCalls(policy: Policy, target: Target): RuntimeCalls {
  const { defaultErrnoRet } = policy;
  const word = { value: policy.defaultAction, place: defaultPlaceOf(policy) };
  const defaultAction = actionWord(word, defaultErrnoRet, "youki");
  checkWords(policy);
  const archs = policy.architectures.map((one) => archOf(one, target.arch));
  checkNotify(policy, defaultAction);
  return {
    defaultAction,
    badArchAction: 0,
    archs,
    calls: entryCalls(policy, target, defaultAction, {
      actionOf: ({ action, errnoRet }: PolicyEntry) => actionWord(action, errnoRet, "youki"),
      conditionsOf: ({ conditions }) => conditions.map(conditionOf),
    }),
    optimize: target.optimize ?? 1,
  };
}
