import { type Condition, resolverOf, SYSCALL_UNKNOWN } from "../compiler/index.js";
import type { Policy, Word } from "../profile/policy.js";
import { isRuncAtLeast, syscallTable, type Target } from "../target.js";
import { callFor, cString, type RuleCall, type RuntimeCalls, rulesOf } from "./calls.js";
import { checkListener, checkNotify, mayNotify } from "./notify.js";
import { refusedBy } from "./refusal.js";
import { type CheckedEntry, checkPolicy } from "./spec.js";

/** runc switches to the binary tree above this number of (entry, name) pairs, since 1.2. */
const TREE_ABOVE = 32;

function conditionsOf({ entry: { conditions }, operators }: CheckedEntry, name: string) {
  return conditions.map(({ index, value, valueTwo, place }, i): Condition => {
    if (index > 5n) {
      throw refusedBy(
        "runc",
        "argument-index",
        `error creating seccomp syscall condition for syscall ${name}: syscalls only have up to 6 arguments (${index} given)`,
        place,
        "args[].index counts from 0 to 5",
      );
    }
    return { index: Number(index), op: operators[i] as Condition["op"], value, valueTwo };
  });
}

/**
 * The calls that runc makes for a policy (runc libcontainer/seccomp/seccomp_linux.go `InitSeccomp`,
 * `matchCall`); with runtime "libseccomp" or "ideal", the same calls on their own.
 *
 * Throws SeccompSimError where runc refuses the policy.
 */
export function runcCalls(policy: Policy, target: Target): RuntimeCalls {
  const { resolve } = resolverOf(syscallTable(target), target.arch);
  const { defaultAction, archs, entries } = checkPolicy(policy, target);
  const notifies = mayNotify(defaultAction, entries);
  if (notifies) checkNotify(defaultAction, entries, policy, target);
  const pairs = entries.reduce((sum, { entry }) => sum + entry.names.length, 0);
  function* calls(): Generator<RuleCall> {
    for (const checked of entries) {
      const { entry, action } = checked;
      let rules: ReturnType<typeof rulesOf> | undefined;
      for (let i = 0; i < entry.names.length; i++) {
        const name = entry.names[i] as Word;
        if (name.value === "") {
          throw refusedBy("runc", "empty-name", "empty string is not a valid syscall", name.place);
        }
        if (action === defaultAction) continue;
        const asked = cString(name.value);
        if (resolve(asked) === SYSCALL_UNKNOWN) continue;
        rules ??= rulesOf(conditionsOf(checked, asked));
        for (let j = 0; j < rules.length; j++) {
          yield callFor(entry, action, asked, rules[j] as Condition[]);
        }
      }
    }
    if (notifies) checkListener(entries, policy, target);
  }
  const tree = target.runtime === "runc" && isRuncAtLeast(target, 1, 2) && pairs > TREE_ABOVE;
  const chosen = tree ? 2 : 1;
  return {
    defaultAction,
    badArchAction: 0,
    archs,
    calls: calls(),
    optimize: target.optimize ?? chosen,
  };
}
