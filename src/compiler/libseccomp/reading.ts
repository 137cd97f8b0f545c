import { ARCHITECTURES, type Architecture, type ArchName } from "../../abi/architecture.js";
import { ALL_BITS, type Decision, follow, type Leaf } from "../../bpf/decision.js";
import type { Endian } from "../../bpf/instruction.js";
import type { SeccompData } from "../../seccomp/record.js";
import type { Condition } from "../model.js";
import { callsOf, type Entry, type EntryCall } from "./entry.js";
import { type Chain, FALSE, levelStart, makeChain, type Node, TRUE } from "./node.js";
import type { Tree } from "./tree.js";

/** What the rules mean for one call number on one architecture. */
export interface ReadEntry {
  readonly arch: ArchName;
  readonly nr: number;
  readonly decision: Decision;
  /** Rules that were added for it, by their numbers. */
  readonly rules: readonly number[];
  /**
   * The conditions of each of them as they came here, in the same order: through a multiplexer (x86's
   * socketcall) those on its first argument are gone, and one on what it selects has come.
   */
  readonly conditions: readonly (readonly Condition[])[];
  /**
   * Each rule read for itself: the action on which all rules that match agree, the default if none
   * does, and {@link CONFLICT} where they contradict each other. `undefined` for too many rules.
   */
  byRules(): Decision | undefined;
}

/** Stands for calls on which rules contradict each other: only the tree's order decides them. */
export const CONFLICT: Leaf = { kind: "leaf", ret: 0 };

export type ReadOutcome = Leaf & { readonly why: "rule" | "default" | "badArch" };

/**
 * The plain reading of a finished rule database: the tree of each call, walked as its rules mean it,
 * without a program and so without the faults that generated programs have.
 */
export interface PlainReading {
  /** The architectures that are served, the native one first. */
  readonly archs: readonly ArchName[];
  readonly entries: readonly ReadEntry[];
  readonly defaultAction: number;
  decide(record: SeccompData): ReadOutcome;
  /** The decision about calls of an architecture's token. */
  decisions(arch: number): Decision;
}

/** One rule of a call, as the chain of its comparisons. */
export interface ChainedRule extends Chain {
  readonly action: number;
  readonly id: number;
}

interface ReadInput {
  readonly archs: readonly {
    readonly name: ArchName;
    readonly entries: readonly {
      readonly entry: Entry;
      readonly conditions: ReadEntry["conditions"];
      chains(): readonly ChainedRule[];
    }[];
  }[];
  readonly endian: Endian;
  readonly defaultAction: number;
  readonly badArchAction: number;
}

/** Where the value of a half of an argument is loaded from: the word at an offset of the record. */
function wordReader({ nr, arch, ip, args }: SeccompData, endian: Endian) {
  return (offset: number): number => {
    if (offset === 0) return nr >>> 0;
    if (offset === 4) return arch >>> 0;
    const wide = offset < 16 ? ip : (args[(offset - 16) >> 3] ?? 0n);
    const upper = offset % 8 === (endian === "little" ? 4 : 0);
    return Number(BigInt.asUintN(32, upper ? wide >> 32n : wide));
  };
}

/** One level of a tree, falling through to `next`; shared sub-levels stay shared. */
function levelDecision(
  reference: Node,
  next: Decision,
  tree: Tree,
  known: Map<Node, Map<Decision, Decision>>,
): Decision {
  const made = known.get(reference) ?? new Map<Decision, Decision>();
  known.set(reference, made);
  const before = made.get(next);
  if (before !== undefined) return before;
  const level: Node[] = [];
  for (let n: Node | null = levelStart(reference, tree.steps); n !== null; n = n.next) {
    tree.steps.check(level.length);
    level.push(n);
  }
  let decision = next;
  for (const node of level.reverse()) {
    const after = decision;
    const [yes, no] = [TRUE, FALSE].map((at): Decision => {
      const { hasAction, action, rule, child } = node.sides[at as typeof TRUE];
      if (hasAction) return { kind: "leaf", ret: action >>> 0, rule };
      return child === null ? after : levelDecision(child, after, tree, known);
    }) as [Decision, Decision];
    decision = node.op === "GE" ? atLeast(node, yes, no) : test(node, node.datum, yes, no);
  }
  made.set(next, decision);
  return decision;
}

function test({ offset, mask, op }: Node, k: number, yes: Decision, no: Decision): Decision {
  const kind = op === "EQ" || op === "MEQ" ? "eq" : "gt";
  return { kind: "test", offset, mask, op: kind, k, yes, no };
}

function atLeast(node: Node, yes: Decision, no: Decision): Decision {
  return node.datum === 0 ? yes : test(node, node.datum - 1, yes, no);
}

/** Rules times actions of one call; more are not read rule by rule. */
const MAX_RULES_BY_ACTIONS = 100_000;

/**
 * The rules of one call, each read for itself; `undefined` where there are too many with too many actions.
 * Made from the last rule to the first, for each thing that the earlier ones may have said.
 */
function ruleByRule(rules: readonly ChainedRule[], otherwise: Leaf): Decision | undefined {
  const unconditional = rules.find(({ head }) => head === null);
  if (unconditional !== undefined) return leafOf(unconditional);
  const afterAction = new Map<number, Decision>(
    rules.map((rule) => [rule.action, { kind: "leaf", ret: rule.action >>> 0 }]),
  );
  if (rules.length * afterAction.size > MAX_RULES_BY_ACTIONS) return undefined;
  let afterNothing: Decision = otherwise;
  for (const { head, action } of [...rules].reverse()) {
    const matched = afterAction.get(action) as Decision;
    afterNothing = chainDecision(head, matched, afterNothing);
    // Where the earlier rules said the same, it does not matter whether this one matches.
    for (const [said, decision] of afterAction) {
      if (said !== action) afterAction.set(said, chainDecision(head, CONFLICT, decision));
    }
  }
  return afterNothing;
}

function leafOf({ action, id }: Pick<EntryCall, "action" | "id">): Leaf {
  return { kind: "leaf", ret: action >>> 0, rule: id };
}

/** One chain: an edge with an action is a match, an empty one a miss. */
function chainDecision(head: Node | null, matched: Decision, missed: Decision): Decision {
  const known = new Map<Node, Decision>();
  const of = (node: Node): Decision => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const [yes, no] = [TRUE, FALSE].map((at): Decision => {
      const { hasAction, child } = node.sides[at as typeof TRUE];
      if (hasAction) return matched;
      return child === null ? missed : of(child);
    }) as [Decision, Decision];
    const decision = node.op === "GE" ? atLeast(node, yes, no) : test(node, node.datum, yes, no);
    known.set(node, decision);
    return decision;
  };
  return head === null ? matched : of(head);
}

/** What {@link readCondition} says where the condition holds, and where it does not. */
export const HOLDS: Leaf = { kind: "leaf", ret: 1 };
export const FAILS: Leaf = { kind: "leaf", ret: 0 };

/** One comparison as libseccomp makes it on an architecture: of 32 or 64 bits. */
export function readCondition(condition: Condition, arch: Architecture): Decision {
  const { head } = makeChain([condition], 0, 0, arch, arch.endian);
  return chainDecision(head, HOLDS, FAILS);
}

export function readRules(input: ReadInput): PlainReading {
  const { endian, defaultAction, badArchAction } = input;
  const otherwise: Leaf = { kind: "leaf", ret: defaultAction >>> 0 };
  const badArch: Leaf = { kind: "leaf", ret: badArchAction >>> 0 };
  const byArch = new Map<ArchName, Map<number, Decision>>();
  const entries: ReadEntry[] = [];
  for (const { name, entries: list } of input.archs) {
    const byNumber = new Map<number, Decision>();
    byArch.set(name, byNumber);
    for (const { entry, conditions, chains } of list) {
      if (entry.nr < 0) continue;
      const decision: Decision =
        entry.tree === undefined
          ? leafOf(entry.unconditional)
          : levelDecision(entry.tree.head, otherwise, entry.tree, new Map());
      byNumber.set(entry.nr >>> 0, decision);
      const byRules = () => ruleByRule(chains(), otherwise);
      const { nr } = entry;
      const rules = callsOf(entry).map(({ id }) => id);
      entries.push({ arch: name, nr, decision, rules, conditions, byRules });
    }
  }
  const decide = (record: SeccompData): ReadOutcome => {
    const arch = record.arch >>> 0;
    const served = [...byArch].filter(([name]) => ARCHITECTURES[name].audit === arch);
    const [first] = served;
    if (first === undefined) return { ...badArch, why: "badArch" };
    const nr = record.nr >>> 0;
    // x86_64 and x32 share a token: with only one of them, the other's numbers are not served.
    if (served.length === 1 && nr !== ALL_BITS) {
      const x32 = nr >= ARCHITECTURES.x32.base;
      if (first[0] === "x86_64" && x32) return { ...badArch, why: "badArch" };
      if (first[0] === "x32" && !x32) return { ...badArch, why: "badArch" };
    }
    const decision = served.map(([, byNumber]) => byNumber.get(nr)).find((one) => one);
    if (decision === undefined) return { ...otherwise, why: "default" };
    const leaf = follow(decision, wordReader(record, endian));
    return { ...leaf, why: leaf.rule === undefined ? "default" : "rule" };
  };
  /** Numbers without rules are alike from 0, from x32's first, and at the last of all, 0xffffffff. */
  const decisions = (arch: number): Decision => {
    const without = (from: number): Decision => {
      const served = [...byArch].filter(([name]) => ARCHITECTURES[name].audit === arch >>> 0);
      let nr = from;
      while (served.some(([, byNumber]) => byNumber.has(nr))) nr++;
      return { kind: "leaf", ret: decide({ nr, arch, ip: 0n, args: [] }).ret };
    };
    const compare = { kind: "test", offset: 0, mask: ALL_BITS } as const;
    const { base } = ARCHITECTURES.x32;
    let decision: Decision = {
      ...compare,
      op: "gt",
      k: base - 1,
      yes: without(base),
      no: without(0),
    };
    const last = decide({ nr: ALL_BITS, arch, ip: 0n, args: [] });
    decision = {
      ...compare,
      op: "eq",
      k: ALL_BITS,
      yes: { kind: "leaf", ret: last.ret },
      no: decision,
    };
    for (const [name, byNumber] of byArch) {
      if (ARCHITECTURES[name].audit !== arch >>> 0) continue;
      for (const [nr, yes] of byNumber)
        decision = { ...compare, op: "eq", k: nr, yes, no: decision };
    }
    return decision;
  };
  return {
    archs: input.archs.map(({ name }) => name),
    entries,
    defaultAction,
    decide,
    decisions,
  };
}
