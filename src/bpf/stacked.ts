import { SECCOMP_RET_ALLOW } from "../seccomp/action.js";
import { combine } from "../seccomp/stack.js";
import type { Decision, Test } from "./decision.js";

type OpenTest = { -readonly [Key in keyof Test]: Test[Key] };

/** More places than comparing could ever get through. */
const MAX_PLACES = 1_000_000;

/**
 * What several filters decide together, as one graph: after each leaf of the newest filter the next
 * older one begins, and each leaf of the oldest has the word that the kernel acts on.
 *
 * @param newestFirst the filters' decisions
 * @returns `undefined` where the graph would be too large
 */
export function stackedDecision(newestFirst: readonly Decision[]): Decision | undefined {
  const decisions = [...newestFirst].reverse();
  const known = decisions.map(() => new Map<number, Map<Decision, Decision>>());
  const open: { copy: OpenTest; at: Test; filter: number; ret: number }[] = [];
  let places = 0;
  const copyOf = (start: Decision, index: number, before: number): Decision => {
    let [at, filter, ret] = [start, index, before];
    while (at.kind === "leaf") {
      ret = combine([ret, at.ret]).ret;
      const older = decisions[--filter];
      if (older === undefined) return { kind: "leaf", ret };
      at = older;
    }
    const copies = known[filter]?.get(ret) ?? new Map<Decision, Decision>();
    known[filter]?.set(ret, copies);
    const made = copies.get(at);
    if (made !== undefined) return made;
    const copy: OpenTest = { ...at };
    copies.set(at, copy);
    places++;
    open.push({ copy, at, filter, ret });
    return copy;
  };
  const newest = decisions.length - 1;
  const first = decisions[newest];
  if (first === undefined) return { kind: "leaf", ret: SECCOMP_RET_ALLOW };
  const root = copyOf(first, newest, SECCOMP_RET_ALLOW);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (places > MAX_PLACES) return undefined;
    const { copy, at, filter, ret } = next;
    copy.yes = copyOf(at.yes, filter, ret);
    copy.no = copyOf(at.no, filter, ret);
  }
  return root;
}
