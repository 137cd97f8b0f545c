import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import type { Condition } from "../compiler/index.js";
import { SeccompSimError } from "../errors.js";
import { defaultPlaceOf, type Policy, type PolicyCondition, type Word } from "../profile/policy.js";
import type { Target } from "../target.js";
import { entryCalls, type RuleCall, type RuntimeCalls } from "./calls.js";
import { ACTIONS, actionWord, FLAG_WORDS, lookUp, OPERATORS, takesErrno } from "./spec.js";

/** crun looks at no more conditions than this, whatever their indexes. */
const MAX_CONDITIONS = 6;

/** Every architecture of libseccomp; crun strips the prefix and the case before it asks. */
const ARCHS: Readonly<Record<string, ArchName>> = Object.fromEntries(
  Object.values(ARCHITECTURES).map(({ name }) => [name, name]),
);

function archOf(word: Word): ArchName {
  const name = word.value.replace(/^SCMP_ARCH_/, "").toLowerCase();
  return lookUp(ARCHS, word, "arch", "crun", name);
}

/** The action's word; crun refuses an errno beside an action that has no use for one. */
function strictAction(action: Word, errnoRet: bigint | undefined): number {
  const known = Object.hasOwn(ACTIONS, action.value) ? ACTIONS[action.value] : undefined;
  if (errnoRet === undefined || takesErrno(known ?? 0)) return actionWord(action, errnoRet, "crun");
  throw new SeccompSimError(
    "errno-without-use",
    `crun refuses the profile: errno value specified for action \`${action.value.slice(0, 80)}\``,
    { place: action.place, hint: "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an errno" },
  );
}

/** A condition, checked only where a rule is really made. */
function conditionOf({ index, op, value, valueTwo, place }: PolicyCondition): Condition {
  if (index > 5n) {
    throw new SeccompSimError(
      "argument-index",
      `crun refuses the profile: invalid seccomp index ${index}`,
      { place, hint: "args[].index counts from 0 to 5" },
    );
  }
  return { index: Number(index), op: lookUp(OPERATORS, op, "operator", "crun"), value, valueTwo };
}

/**
 * The calls that crun makes for a policy (crun src/libcrun/seccomp.c
 * `libcrun_generate_seccomp`): no stub, always the linear program, and stricter about errno values.
 *
 * Throws SeccompSimError where crun refuses the policy.
 */
export function crunCalls(policy: Policy, target: Target): RuntimeCalls {
  const place = defaultPlaceOf(policy);
  if (policy.defaultAction === "") {
    throw new SeccompSimError(
      "unknown-action",
      "crun refuses the profile: seccomp misses the default action",
      { place, hint: "for example SCMP_ACT_ERRNO" },
    );
  }
  const defaultAction = strictAction(
    { value: policy.defaultAction, place },
    policy.defaultErrnoRet,
  );
  function* calls(): Generator<RuleCall> {
    yield* entryCalls(policy, target, defaultAction, {
      actionOf: ({ action, errnoRet }) => strictAction(action, errnoRet),
      conditionsOf: ({ conditions }) => conditions.slice(0, MAX_CONDITIONS).map(conditionOf),
    });
    // Looked at only when the finished filter is loaded.
    for (const flag of policy.flags ?? []) lookUp(FLAG_WORDS, flag, "flag", "crun");
  }
  return {
    defaultAction,
    badArchAction: 0,
    archs: policy.architectures.map(archOf),
    calls: calls(),
    optimize: target.optimize ?? 1,
  };
}
