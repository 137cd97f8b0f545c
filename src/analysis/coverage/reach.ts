import { ARCHITECTURES } from "../../abi/architecture.js";
import { compareDecisions, type Region } from "../../bpf/compare.js";
import type { Decision, Leaf } from "../../bpf/decision.js";
import { type Budget, onlyWord } from "../../bpf/word-set.js";
import type { ReadEntry } from "../../compiler/index.js";
import { ARCH_OFFSET, NR_OFFSET } from "../../seccomp/record.js";

const NOWHERE: Leaf = { kind: "leaf", ret: 0 };

/** The records of one call. */
export function regionOf({ arch, nr }: Pick<ReadEntry, "arch" | "nr">): Region {
  return new Map([
    [ARCH_OFFSET, onlyWord(ARCHITECTURES[arch].audit)],
    [NR_OFFSET, onlyWord(nr >>> 0)],
  ]);
}

/**
 * The leaves of a decision that some record of the region leads to; `undefined` where that takes too long
 * to find out, so that nothing is proven.
 */
export function reachableLeaves(
  decision: Decision,
  region: Region,
  budget: Budget,
): ReadonlySet<Leaf> | undefined {
  if (decision.kind === "leaf") return new Set([decision]);
  if (budget.left <= 0) return undefined;
  const leaves = new Set<Leaf>();
  const collect = (leaf: Leaf): boolean => {
    leaves.add(leaf);
    return true;
  };
  const { kind } = compareDecisions(decision, NOWHERE, region, { budget, same: collect });
  return kind === "unknown" ? undefined : leaves;
}
