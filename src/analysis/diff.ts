import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { formatCall } from "../abi/format-call.js";
import { syscallNumber } from "../abi/syscalls.js";
import type { Region } from "../bpf/compare.js";
import { type CallView, partition } from "../bpf/partition.js";
import type { Budget } from "../bpf/word-set.js";
import { SECCOMP_RET_ALLOW } from "../seccomp/action.js";
import type { SeccompData } from "../seccomp/record.js";
import { combine } from "../seccomp/stack.js";
import { formatVerdict, type Verdict } from "../seccomp/verdict.js";
import { CallViews } from "./call-views.js";
import { type Condition, conditionOf } from "./condition.js";
import { callsOf, plainestOf, witnessOf } from "./matrix.js";
import type { Simulator } from "./simulator.js";

/** Calls of one system call about which two simulators differ in the same way. */
export interface Difference {
  readonly name: string;
  /** The number on the left. */
  readonly nr: number;
  readonly left: Verdict;
  readonly right: Verdict;
  /** Which calls these are; `undefined` where they were too many to tell. */
  readonly condition: Condition | undefined;
  /** One of them, on the left, on the right, and as it is written. */
  readonly witness: SeccompData;
  readonly rightWitness: SeccompData;
  readonly call: string;
}

export interface Diff {
  readonly differences: readonly Difference[];
  /** Names that only one side's architecture has. */
  readonly onlyLeft: readonly string[];
  readonly onlyRight: readonly string[];
  /** Names that were too much to compare as a whole: there may be more differences. */
  readonly unsure: readonly string[];
}

const STEPS = 500_000;
const ALL_STEPS = 40_000_000;

/**
 * Where two simulators give different verdicts: every system call of their architectures, which are
 * compared by name, with every value of every argument.
 *
 * @param archs whose calls are compared; by default each target's own
 */
export function diffSimulators(
  left: Simulator,
  right: Simulator,
  archs: readonly [ArchName, ArchName] = [left.target.arch, right.target.arch],
): Diff {
  const [leftArch, rightArch] = archs;
  const [leftViews, rightViews] = [new CallViews(left), new CallViews(right)];
  const budget: Budget = { left: ALL_STEPS };
  const differences: Difference[] = [];
  const onlyLeft: string[] = [];
  const unsure: string[] = [];
  for (const { name, nr } of callsOf(leftArch)) {
    const rightNr = syscallNumber(rightArch, name);
    if (rightNr === undefined) {
      onlyLeft.push(name);
      continue;
    }
    const sides = [side(leftViews, leftArch, nr), side(rightViews, rightArch, rightNr)] as const;
    const [a, b] = sides;
    if (a === undefined || b === undefined) {
      unsure.push(name);
      continue;
    }
    const share: Budget = { left: Math.min(STEPS, budget.left) };
    const before = share.left;
    const { parts, complete } = partition([...a.views, ...b.views], share);
    budget.left -= before - share.left;
    if (!complete) unsure.push(name);
    const groups = new Map<string, { left: Verdict; right: Verdict; regions: Region[] }>();
    for (const { leaves, region } of parts) {
      const words = leaves.map(({ ret }) => ret);
      const verdicts = {
        left: left.verdictOf(a.combine(words.slice(0, a.views.length))),
        right: right.verdictOf(b.combine(words.slice(a.views.length))),
      };
      const key = [verdicts.left, verdicts.right].map(verdictKey);
      if (key[0] === key[1]) continue;
      const group = groups.get(key.join()) ?? { ...verdicts, regions: [] };
      group.regions.push(region);
      groups.set(key.join(), group);
    }
    for (const { regions, ...verdicts } of groups.values()) {
      const witness = plainestOf(regions.map((region) => witnessOf(leftArch, nr, region)));
      differences.push({
        name,
        nr,
        ...verdicts,
        condition: complete ? conditionOf(regions) : undefined,
        witness,
        rightWitness: { ...witness, nr: rightNr, arch: ARCHITECTURES[rightArch].audit },
        call: formatCall(witness, leftArch),
      });
    }
  }
  const onlyRight = callsOf(rightArch)
    .map(({ name }) => name)
    .filter((name) => syscallNumber(leftArch, name) === undefined);
  return { differences, onlyLeft, onlyRight, unsure };
}

/** Strict mode's refusal has the word of another verdict. */
function verdictKey(verdict: Verdict): string {
  return `${formatVerdict(verdict)} ${verdict.ret}`;
}

interface Side {
  readonly views: readonly CallView[];
  combine(words: readonly number[]): number;
}

function side(views: CallViews, arch: ArchName, nr: number): Side | undefined {
  const settled = views.settled(arch, nr);
  if (settled !== undefined) return { views: [], combine: () => settled };
  const filters = views.of(arch, nr);
  if (filters === undefined) return undefined;
  return {
    views: filters,
    combine: (words) => (words.length === 0 ? SECCOMP_RET_ALLOW : combine(words).ret),
  };
}
