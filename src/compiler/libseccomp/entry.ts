import type { ArchName } from "../../abi/architecture.js";
import type { Condition } from "../model.js";
import type { Chain } from "./node.js";
import type { Tree } from "./tree.js";

/** One rule as it reached an entry. */
export interface EntryCall {
  readonly conditions: readonly Condition[];
  readonly action: number;
  readonly id: number;
}

/**
 * All rules of one system call on one architecture: an unconditional action, or a tree of
 * comparisons (libseccomp src/db.h `struct db_sys_list`).
 */
export interface Entry {
  readonly arch: ArchName;
  readonly nr: number;
  readonly first: EntryCall;
  later: EntryCall[] | undefined;
  tree: Tree | undefined;
  /** Whose action it is when there is no tree. */
  unconditional: EntryCall;
}

/** The rules in force, in the order in which they came. */
export function callsOf({ first, later }: Entry): readonly EntryCall[] {
  return later === undefined ? [first] : [first, ...later];
}

/**
 * Adds a further rule (libseccomp src/db.c `db_rule_add`): the first unconditional rule wins over
 * everything, an unconditional one discards chains, two chains are merged.
 * Returns false for EEXIST.
 */
export function addToEntry(entry: Entry, call: EntryCall, { head, nodes }: Chain): boolean {
  if (entry.later === undefined) entry.later = [call];
  else entry.later.push(call);
  const { tree } = entry;
  if (tree === undefined) return true;
  if (head !== null) return tree.add({ head, nodes }, call.action);
  entry.tree = undefined;
  entry.unconditional = call;
  return true;
}
