import type { Architecture } from "../../abi/architecture.js";
import type { Endian } from "../../bpf/instruction.js";
import { SeccompSimError } from "../../errors.js";
import type { CompareOp, Condition } from "../model.js";

/** What a comparison tests: masked equality has an operation of its own. */
export type NodeOp = "EQ" | "MEQ" | "GT" | "GE";

/**
 * One comparison of a syscall's tree (libseccomp src/db.h `struct db_arg_chain_tree`): half an
 * argument against a constant. Nodes of one level are siblings, linked by `prev` and `next`.
 * Mutable on purpose: the library's answers depend on the order of its in-place edits.
 */
export interface Node {
  readonly arg: number;
  /** The upper half of a 64-bit argument. */
  readonly hi: boolean;
  readonly op: NodeOp;
  /** The operator of the rule, which orders siblings. */
  readonly original: CompareOp;
  readonly mask: number;
  readonly datum: number;
  /** The whole 64-bit datum. */
  readonly full: bigint;
  /** Where the half stands in `struct seccomp_data`. */
  readonly offset: number;
  sides: [Side, Side];
  prev: Node | null;
  next: Node | null;
  /** Parent edges pointing here, plus one for each direct sibling; see `release`. */
  refs: number;
  freed: boolean;
}

/** One outcome of a comparison; `TRUE` and `FALSE` index `Node.sides`. */
export interface Side {
  hasAction: boolean;
  action: number;
  /** The rule that put the action here. */
  rule: number;
  child: Node | null;
}

export const TRUE = 0;
export const FALSE = 1;
export const SIDES = [TRUE, FALSE] as const;

function side(): Side {
  return { hasAction: false, action: 0, rule: -1, child: null };
}

/** Rank of the original operator among conditions of the same half: equality first. */
function rank(op: CompareOp): number {
  switch (op) {
    case "EQ":
    case "NE":
    case "MASKED_EQ":
      return 3;
    case "LE":
    case "LT":
      return 2;
    case "GE":
    case "GT":
      return 1;
  }
}

/** Same comparison (libseccomp src/db.h `db_chain_eq`). */
export function sameTest(x: Node, n: Node): boolean {
  return (
    x.arg === n.arg && x.hi === n.hi && x.op === n.op && x.datum === n.datum && x.mask === n.mask
  );
}

/** Order of a level (libseccomp src/db.h `db_chain_lt`); levels are kept descending. */
export function isLess(x: Node, n: Node): boolean {
  const place = 2 * (x.arg - n.arg) + Number(x.hi) - Number(n.hi);
  if (place !== 0) return place < 0;
  const class_ = rank(x.original) - rank(n.original);
  if (class_ !== 0) return class_ < 0;
  return rank(x.original) === 2 ? x.datum > n.datum : x.datum < n.datum;
}

/** No sub-tree on either side. */
export function isLeaf(node: Node): boolean {
  return node.sides[TRUE].child === null && node.sides[FALSE].child === null;
}

/** Neither action nor sub-tree: nothing to test for. */
export function isZombie(node: Node): boolean {
  return isLeaf(node) && !node.sides[TRUE].hasAction && !node.sides[FALSE].hasAction;
}

/** Steps that the rules of one filter may cost, many times what any filter that loads needs. */
const MAX_WORK = 100_000_000;

/** The work spent on one filter: hostile rule sets are exponential, in the real library too. */
export class WorkBudget {
  private spent = 0;

  spend(): void {
    if (++this.spent <= MAX_WORK) return;
    throw new SeccompSimError(
      "profile-too-complex",
      "the argument conditions of this profile need too much work to be compiled",
      { hint: "use fewer rules with several conditions on the same system call" },
    );
  }
}

/**
 * Every walk along siblings counts its steps here. The real library links some nodes to themselves
 * and then never returns; a walk longer than the nodes that exist is that hang.
 */
export class Steps {
  /** Nodes ever made for the entry at work. */
  private nodes = 0;

  constructor(private readonly budget: WorkBudget) {}

  made(count: number): void {
    this.nodes += count;
  }

  /** Checks one walk: call with the number of steps made so far. */
  check(walked: number): void {
    if (walked > this.nodes + 1) throw hang();
    this.budget.spend();
  }
}

export function hang(): SeccompSimError {
  return new SeccompSimError(
    "libseccomp-hang",
    "libseccomp never returns on this rule set: two rules of one system call share a condition, and the second one's next condition sorts before the first one's",
    { hint: "swap the two rules, or write them without the shared condition" },
  );
}

/** The first node of a level, from any of its nodes. */
export function levelStart(node: Node, steps: Steps): Node {
  let walked = 0;
  let first = node;
  while (first.prev !== null) {
    first = first.prev;
    steps.check(++walked);
  }
  return first;
}

function makeNode(
  condition: Condition,
  half: { hi: boolean; op: NodeOp; mask: number; datum: number; offset: number },
): Node {
  return {
    arg: condition.index,
    hi: half.hi,
    op: half.op,
    original: condition.op,
    mask: half.mask,
    datum: (half.datum & half.mask) >>> 0,
    full: condition.op === "MASKED_EQ" ? condition.valueTwo : condition.value,
    offset: half.offset,
    sides: [side(), side()],
    prev: null,
    next: null,
    refs: 0,
    freed: false,
  };
}

type Edge = readonly [Node, typeof TRUE | typeof FALSE];

interface Comparison {
  readonly head: Node;
  readonly nodes: number;
  /** The edges taken when the condition holds. */
  readonly match: readonly Edge[];
}

function nodeOp(op: CompareOp): NodeOp {
  switch (op) {
    case "MASKED_EQ":
      return "MEQ";
    case "EQ":
    case "NE":
      return "EQ";
    case "GT":
    case "LE":
      return "GT";
    case "GE":
    case "LT":
      return "GE";
  }
}

function linkChild([parent, at]: Edge, child: Node): void {
  parent.sides[at].child = child;
  child.refs += 1;
}

const LOW = 0xffffffffn;

function split(value: bigint): { hi: number; lo: number } {
  return { hi: Number(value >> 32n), lo: Number(value & LOW) };
}

/** libseccomp src/db.c `_db_rule_gen_32`: only the low half is looked at. */
function compare32(condition: Condition, endian: Endian): Comparison | undefined {
  const masked = condition.op === "MASKED_EQ";
  const mask = masked ? split(condition.value).lo : 0xffffffff;
  if (masked && mask === 0) return undefined;
  const node = makeNode(condition, {
    hi: false,
    op: nodeOp(condition.op),
    mask,
    datum: split(masked ? condition.valueTwo : condition.value).lo,
    offset: 16 + 8 * condition.index + (endian === "big" ? 4 : 0),
  });
  const negated = condition.op === "NE" || condition.op === "LT" || condition.op === "LE";
  return { head: node, nodes: 1, match: [[node, negated ? FALSE : TRUE]] };
}

/** libseccomp src/db.c `_db_rule_gen_64`: the upper half decides first. */
function compare64(condition: Condition, endian: Endian): Comparison | undefined {
  const masked = condition.op === "MASKED_EQ";
  if (masked && condition.value === 0n) return undefined;
  const mask = masked ? split(condition.value) : { hi: 0xffffffff, lo: 0xffffffff };
  const datum = split(masked ? condition.valueTwo : condition.value);
  const offset = 16 + 8 * condition.index;
  const hiOffset = offset + (endian === "little" ? 4 : 0);
  const loOffset = offset + (endian === "little" ? 0 : 4);
  const equalOp = masked ? "MEQ" : "EQ";
  const high = { hi: true, mask: mask.hi, datum: datum.hi, offset: hiOffset };
  const low = { hi: false, mask: mask.lo, datum: datum.lo, offset: loOffset };
  switch (condition.op) {
    case "EQ":
    case "MASKED_EQ":
    case "NE": {
      const h = makeNode(condition, { ...high, op: equalOp });
      const l = makeNode(condition, { ...low, op: equalOp });
      linkChild([h, TRUE], l);
      return {
        head: h,
        nodes: 2,
        match:
          condition.op === "NE"
            ? [
                [h, FALSE],
                [l, FALSE],
              ]
            : [[l, TRUE]],
      };
    }
    default: {
      const above = makeNode(condition, { ...high, op: "GT" });
      const same = makeNode(condition, { ...high, op: "EQ" });
      const l = makeNode(condition, { ...low, op: nodeOp(condition.op) });
      linkChild([above, FALSE], same);
      linkChild([same, TRUE], l);
      const greater = condition.op === "GT" || condition.op === "GE";
      return {
        head: above,
        nodes: 3,
        match: greater
          ? [
              [above, TRUE],
              [l, TRUE],
            ]
          : [
              [same, FALSE],
              [l, FALSE],
            ],
      };
    }
  }
}

/** A rule's conditions as one chain; `head` is null when none is left (an unconditional rule). */
export interface Chain {
  readonly head: Node | null;
  readonly nodes: number;
}

const NO_CHAIN: Chain = { head: null, nodes: 0 };

/** Orders the conditions by argument and links them (libseccomp src/db.c `_db_rule_gen_64/_32`). */
export function makeChain(
  conditions: readonly Condition[],
  action: number,
  rule: number,
  arch: Architecture,
  endian: Endian,
): Chain {
  if (conditions.length === 0) return NO_CHAIN;
  let head: Node | null = null;
  let nodes = 0;
  let match: readonly Edge[] = [];
  for (const condition of [...conditions].sort((a, b) => a.index - b.index)) {
    const comparison =
      arch.bits === 64 ? compare64(condition, endian) : compare32(condition, endian);
    if (comparison === undefined) continue;
    if (head === null) {
      head = comparison.head;
      head.refs = 1;
    }
    for (const edge of match) linkChild(edge, comparison.head);
    nodes += comparison.nodes;
    match = comparison.match;
  }
  for (const [node, at] of match) {
    const end = node.sides[at];
    end.hasAction = true;
    end.action = action;
    end.rule = rule;
  }
  return { head, nodes };
}
