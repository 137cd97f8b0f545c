import { type Condition, resolverOf, SYSCALL_UNKNOWN } from "../compiler/index.js";
import { type Place, SeccompSimError } from "../errors.js";
import { defaultPlaceOf, type Policy, type Word } from "../profile/policy.js";
import { SECCOMP_RET_USER_NOTIF } from "../seccomp/action.js";
import {
  isAtLeast,
  isRuncAtLeast,
  type KernelVersion,
  syscallTable,
  type Target,
} from "../target.js";
import { callFor, cString, type RuleCall, type RuntimeCalls, rulesOf } from "./calls.js";
import { type CheckedEntry, checkPolicy } from "./spec.js";

/** runc switches to the binary tree above this number of (entry, name) pairs, since 1.2. */
const TREE_ABOVE = 32;

function refuse(code: string, message: string, place: Place, hint?: string): SeccompSimError {
  return new SeccompSimError(code, `runc refuses the profile: ${message}`, { place, hint });
}

/** Kernels (and what they brought) that raise libseccomp's API level, from level 2 on. */
const API_KERNELS: readonly KernelVersion[] = [
  { major: 3, minor: 17 }, // SECCOMP_FILTER_FLAG_TSYNC
  { major: 4, minor: 14 }, // SCMP_ACT_LOG, SCMP_ACT_KILL_PROCESS
  { major: 4, minor: 17 }, // SECCOMP_FILTER_FLAG_SPEC_ALLOW
  { major: 5, minor: 0 }, // SCMP_ACT_NOTIFY
  { major: 5, minor: 7 }, // SECCOMP_FILTER_FLAG_TSYNC_ESRCH
];

function apiLevel(kernel: KernelVersion): number {
  return 1 + API_KERNELS.filter((since) => isAtLeast(kernel, since)).length;
}

/** In runc's order: the rules first, then the default action. */
function checkNotify(
  defaultAction: number,
  entries: readonly CheckedEntry[],
  policy: Policy,
  { kernel }: Target,
) {
  for (const { entry, action } of entries) {
    const [first] = entry.names;
    if (action !== SECCOMP_RET_USER_NOTIF || first === undefined) continue;
    if (apiLevel(kernel) < 6) {
      throw refuse(
        "notify-unsupported",
        `seccomp notify unsupported: API level: got ${apiLevel(kernel)}, want at least 6. Please try with libseccomp >= 2.5.0 and Linux >= 5.7`,
        entry.action.place,
        `the target has Linux ${kernel.major}.${kernel.minor}`,
      );
    }
    const write = entry.names.find(({ value }) => value === "write");
    if (write === undefined) continue;
    throw refuse(
      "notify-write",
      "SCMP_ACT_NOTIFY cannot be used for the write syscall",
      write.place,
      "runc itself must write while the filter is on",
    );
  }
  if (defaultAction === SECCOMP_RET_USER_NOTIF) {
    throw refuse(
      "notify-default",
      "SCMP_ACT_NOTIFY cannot be used as default action",
      defaultPlaceOf(policy),
    );
  }
}

/** runc finds no one to give the listener to only when the filter is on, whether a name is known or not. */
function checkListener(
  entries: readonly CheckedEntry[],
  { listenerPath }: Policy,
  { runtime }: Target,
): void {
  if (runtime !== "runc" || listenerPath?.value) return;
  for (const { entry, action } of entries) {
    if (action !== SECCOMP_RET_USER_NOTIF || entry.names.length === 0) continue;
    throw refuse(
      "notify-listener",
      "listenerPath is not set",
      entry.action.place,
      "the profile's listenerPath is the socket of the program that answers",
    );
  }
}

function conditionsOf({ entry: { conditions }, operators }: CheckedEntry, name: string) {
  return conditions.map(({ index, value, valueTwo, place }, i): Condition => {
    if (index > 5n) {
      throw refuse(
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
  checkNotify(defaultAction, entries, policy, target);
  const pairs = entries.reduce((sum, { entry }) => sum + entry.names.length, 0);
  function* calls(): Generator<RuleCall> {
    for (const checked of entries) {
      const { entry, action } = checked;
      let rules: ReturnType<typeof rulesOf> | undefined;
      for (let i = 0; i < entry.names.length; i++) {
        const name = entry.names[i] as Word;
        if (name.value === "") {
          throw refuse("empty-name", "empty string is not a valid syscall", name.place);
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
    checkListener(entries, policy, target);
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
