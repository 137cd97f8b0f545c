import type { ArchName } from "../abi/architecture.js";
import { type Condition, type FilterRule, resolverOf, SYSCALL_UNKNOWN } from "../compiler/index.js";
import type { Place } from "../errors.js";
import type { Policy, PolicyEntry } from "../profile/policy.js";
import { syscallTable, type Target } from "../target.js";

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
  /** As in the profile, after the native one that is always there; each known once it is asked for. */
  readonly archs: Iterable<ArchName>;
  /** In order, each made only when asked for: a refusal comes after the calls before it. */
  readonly calls: Iterable<RuleCall>;
  readonly optimize: 1 | 2;
}

/** A name reaches libseccomp as a C string: it ends at the first NUL. */
export function cString(name: string): string {
  const end = name.indexOf("\0");
  return end < 0 ? name : name.slice(0, end);
}

/**
 * What an entry's conditions become for each of its names: one rule, or where an argument is tested
 * twice, a rule for every condition (OR instead of AND).
 */
export function rulesOf(conditions: readonly Condition[]): readonly (readonly Condition[])[] {
  if (conditions.length < 2) return [conditions];
  const indexes = new Set(conditions.map(({ index }) => index));
  return indexes.size < conditions.length ? conditions.map((one) => [one]) : [conditions];
}

/** The call for one name of an entry and one of its rules. */
export function callFor(
  { index, place }: PolicyEntry,
  action: number,
  name: string,
  conditions: readonly Condition[],
): RuleCall {
  return { action, syscall: name, conditions, entry: index, place, name };
}

/** How a runtime understands an entry's action, and its conditions where a rule is really made. */
export interface EntryReader {
  actionOf(entry: PolicyEntry): number;
  conditionsOf(entry: PolicyEntry): readonly Condition[];
}

/**
 * The calls of crun and youki: an entry that repeats the default action is passed over as a whole, and so is a
 * name that libseccomp does not know.
 */
export function* entryCalls(
  policy: Policy,
  target: Target,
  defaultAction: number,
  reader: EntryReader,
): Generator<RuleCall> {
  const { resolve } = resolverOf(syscallTable(target), target.arch);
  for (const entry of policy.entries) {
    const action = reader.actionOf(entry);
    if (action === defaultAction) continue;
    let rules: ReturnType<typeof rulesOf> | undefined;
    for (const word of entry.names) {
      const name = cString(word.value);
      if (resolve(name) === SYSCALL_UNKNOWN) continue;
      rules ??= rulesOf(reader.conditionsOf(entry));
      for (const conditions of rules) yield callFor(entry, action, name, conditions);
    }
  }
}
