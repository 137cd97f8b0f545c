import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import type { Condition } from "../compiler/index.js";
import type { Place } from "../errors.js";
import { defaultPlaceOf, type Policy, type PolicyEntry, type Word } from "../profile/policy.js";
import type { Target } from "../target.js";
import { cString, entryCalls, type RuleCall, type RuntimeCalls } from "./calls.js";
import { refusedBy } from "./refusal.js";
import { ACTIONS, actionWord, FLAG_WORDS, lookUp, OPERATORS, takesErrno } from "./spec.js";

/** crun looks at no more conditions than this, whatever their indexes. */
const MAX_CONDITIONS = 6;

/** Every architecture of libseccomp; crun strips the prefix and the case before it asks. */
const ARCHS: Readonly<Record<string, ArchName>> = Object.fromEntries(
  Object.values(ARCHITECTURES).map(({ name }) => [name, name]),
);

function archOf(word: Word): ArchName {
  const name = cString(word.value).replace(/^SCMP_ARCH_/, "");
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return lookUp(ARCHS, word, "arch", "crun", lower);
}

function* archsOf({ architectures }: Policy): Generator<ArchName> {
  for (const word of architectures) yield archOf(word);
}

/** The action's word; crun refuses an errno beside an action that has no use for one. */
function strictAction(action: Word, errnoRet: bigint | undefined): number {
  const value = cString(action.value);
  const known = Object.hasOwn(ACTIONS, value) ? ACTIONS[value] : undefined;
  if (errnoRet === undefined || takesErrno(known ?? 0)) return actionWord(action, errnoRet, "crun");
  throw refusedBy(
    "crun",
    "errno-without-use",
    `errno value specified for action \`${value.slice(0, 80)}\``,
    action.place,
    "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an errno",
  );
}

/**
 * An entry's conditions, checked only where a rule is really made. crun looks for indexes that are too
 * high until one comes again; a later one is libseccomp's to refuse. Its complaint has the entry's
 * number in place of the index.
 */
function conditionsOf(entry: PolicyEntry, { entries }: Policy): Condition[] {
  const conditions = entry.conditions.slice(0, MAX_CONDITIONS);
  const seen = new Set<bigint>();
  for (const { index, place } of conditions) {
    if (index > 5n) {
      throw refusedBy(
        "crun",
        "argument-index",
        `invalid seccomp index ${entries.indexOf(entry)}`,
        place,
        "args[].index counts from 0 to 5",
      );
    }
    if (seen.has(index)) break;
    seen.add(index);
  }
  return conditions.map(({ index, op, value, valueTwo }) => {
    return { index: Number(index), op: lookUp(OPERATORS, op, "operator", "crun"), value, valueTwo };
  });
}

/** What stops crun, or rather libocispec, when it reads the config.json, whoever wrote it. */
function checkConfig(policy: Policy): void {
  const stop = (what: string, place: Place) => {
    throw refusedBy("crun", "config", `load \`config.json\`: ${what}`, place);
  };
  const check = (key: string, value: bigint | undefined, place: Place) => {
    if (value === undefined || value <= 0xffffffffn) return;
    const out = "Numerical result out of range";
    stop(`Invalid value '${value}' with type 'uint32' for key '${key}': ${out}`, place);
  };
  check("defaultErrnoRet", policy.defaultErrnoRet, defaultPlaceOf(policy));
  for (const { action, errnoRet, conditions, nameless, place } of policy.entries) {
    // Go writes "names": null.
    if (nameless) stop("Required field 'names' not present", place);
    check("errnoRet", errnoRet, action.place);
    for (const { index, place } of conditions) check("index", index, place);
  }
}

/**
 * The calls that crun makes for a policy (crun src/libcrun/seccomp.c
 * `libcrun_generate_seccomp`): no stub, always the linear program, and stricter about errno values.
 *
 * Throws SeccompSimError where crun refuses the policy.
 */
export function crunCalls(policy: Policy, target: Target): RuntimeCalls {
  checkConfig(policy);
  const { listenerPath } = policy;
  if (listenerPath !== undefined && !listenerPath.value.startsWith("/")) {
    throw refusedBy(
      "crun",
      "listener-path",
      `the seccomp receiver \`${listenerPath.value.slice(0, 80)}\` is not an absolute path`,
      listenerPath.place,
    );
  }
  const place = defaultPlaceOf(policy);
  const defaultAction = strictAction(
    { value: policy.defaultAction, place },
    policy.defaultErrnoRet,
  );
  function* calls(): Generator<RuleCall> {
    yield* entryCalls(policy, target, defaultAction, {
      actionOf: ({ action, errnoRet }) => strictAction(action, errnoRet),
      conditionsOf: (entry) => conditionsOf(entry, policy),
    });
    // Looked at only when the finished filter is loaded.
    for (const flag of policy.flags ?? []) lookUp(FLAG_WORDS, flag, "flag", "crun");
  }
  return {
    defaultAction,
    badArchAction: 0,
    archs: archsOf(policy),
    calls: calls(),
    optimize: target.optimize ?? 1,
  };
}
