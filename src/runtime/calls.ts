import type { ArchName } from "../abi/architecture.js";
import type { Condition, FilterRule } from "../compiler/index.js";
import { resolveSyscall, SYSCALL_UNKNOWN } from "../compiler/index.js";
import { type Place, SeccompSimError } from "../errors.js";
import type { Policy, PolicyEntry } from "../profile/policy.js";
import { SECCOMP_RET_USER_NOTIF } from "../seccomp/action.js";
import { isAtLeast, type Target } from "../target.js";
import { type CheckedEntry, checkPolicy } from "./spec.js";

/** One `seccomp_rule_add` call of the runtime, and the profile entry that it makes it for. */
export interface RuleCall extends FilterRule {
  /** Index into the profile's `syscalls`. */
  readonly entry: number;
  readonly place: Place;
  readonly name: string;
}

/** What the runtime asks of libseccomp, in order. */
export interface RuntimeCalls {
  readonly defaultAction: number;
  /** runc never changes it: KILL_THREAD. */
  readonly badArchAction: number;
  /** As in the profile, after the native one that is always there. */
  readonly archs: readonly ArchName[];
  /** In order, each made only when asked for: a refusal comes after the calls before it. */
  readonly calls: Iterable<RuleCall>;
  readonly optimize: 1 | 2;
}

/** runc switches to the binary tree above this number of (entry, name) pairs, since 1.2. */
const TREE_ABOVE = 32;

/** A name reaches libseccomp as a C string: it ends at the first NUL. */
export function cString(name: string): string {
  const end = name.indexOf("\0");
  return end < 0 ? name : name.slice(0, end);
}

function refuse(code: string, message: string, place: Place, hint?: string): SeccompSimError {
  return new SeccompSimError(code, `runc refuses the profile: ${message}`, { place, hint });
}

/** In runc's order: the rules first, then the default action. */
function checkNotify(
  defaultAction: number,
  entries: readonly CheckedEntry[],
  policy: Policy,
  { kernel }: Target,
) {
  // libseccomp's API level 6 needs SECCOMP_FILTER_FLAG_TSYNC_ESRCH, of Linux 5.7.
  const supported = isAtLeast(kernel, { major: 5, minor: 7 });
  for (const { entry, action } of entries) {
    const [first] = entry.names;
    if (action !== SECCOMP_RET_USER_NOTIF || first === undefined) continue;
    if (!supported) {
      throw refuse(
        "notify-unsupported",
        `seccomp notify unsupported: it needs Linux 5.7, the target has ${kernel.major}.${kernel.minor}`,
        entry.action.place,
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
      policy.defaultPlace ?? { file: policy.file, line: 1, column: 1 },
    );
  }
}

function conditionsOf({ conditions }: PolicyEntry, operators: CheckedEntry["operators"]) {
  return conditions.map(({ index, value, valueTwo, place }, i): Condition => {
    if (index > 5n) {
      throw refuse(
        "argument-index",
        `syscalls only have up to 6 arguments (${index} given)`,
        place,
        "args[].index counts from 0 to 5",
      );
    }
    return { index: Number(index), op: operators[i] as Condition["op"], value, valueTwo };
  });
}

/** The calls for one name of an entry, whose conditions are understood. */
export function callsFor(
  entry: PolicyEntry,
  action: number,
  name: string,
  conditions: readonly Condition[],
): readonly RuleCall[] {
  const call = (conditions: readonly Condition[]): RuleCall => ({
    action,
    syscall: name,
    conditions,
    entry: entry.index,
    place: entry.place,
    name,
  });
  const indexes = new Set(conditions.map(({ index }) => index));
  // An argument that is tested twice makes every condition a rule of its own: OR instead of AND.
  if (indexes.size < conditions.length) return conditions.map((one) => call([one]));
  return [call(conditions)];
}

/**
 * The calls that runc makes for a policy (runc libcontainer/seccomp/seccomp_linux.go `InitSeccomp`,
 * `matchCall`), or, with runtime "libseccomp", the same calls on their own.
 *
 * Throws SeccompSimError where runc refuses the policy.
 */
export function runtimeCalls(policy: Policy, target: Target, table: string): RuntimeCalls {
  const { defaultAction, archs, entries } = checkPolicy(policy);
  checkNotify(defaultAction, entries, policy, target);
  const pairs = entries.reduce((sum, { entry }) => sum + entry.names.length, 0);
  function* calls(): Generator<RuleCall> {
    for (const checked of entries) {
      for (const name of checked.entry.names) {
        if (name.value === "") {
          throw refuse("empty-name", "empty string is not a valid syscall", name.place);
        }
        if (checked.action === defaultAction) continue;
        if (resolveSyscall(table, target.arch, cString(name.value)) === SYSCALL_UNKNOWN) continue;
        const conditions = conditionsOf(checked.entry, checked.operators);
        yield* callsFor(checked.entry, checked.action, cString(name.value), conditions);
      }
    }
  }
  const chosen = target.runtime === "runc" && pairs > TREE_ABOVE ? 2 : 1;
  return {
    defaultAction,
    badArchAction: 0,
    archs,
    calls: calls(),
    optimize: target.optimize ?? chosen,
  };
}
