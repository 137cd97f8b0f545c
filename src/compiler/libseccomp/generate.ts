import { ARCHITECTURES, type ArchName } from "../../abi/architecture.js";
import { AND_K, JEQ_K, JGE_K, JGT_K, LD_W_ABS, RET_K } from "../../bpf/opcode.js";
import { ARCH_OFFSET, NR_OFFSET } from "../../seccomp/record.js";
import type { Program } from "../model.js";
import {
  type AccState,
  type Block,
  type BlockInstruction,
  BlockPool,
  type BlockSource,
  NEXT,
  NO_HEAD,
  UNKNOWN_STATE,
} from "./block.js";
import type { Entry } from "./entry.js";
import { FALSE, levelStart, type Node, type NodeOp, type Side, TRUE } from "./node.js";
import { placeBlocks } from "./place.js";
import type { Tree } from "./tree.js";

const X32_BIT = ARCHITECTURES.x32.base;

const NODE_JUMPS: Readonly<Record<NodeOp, number>> = {
  EQ: JEQ_K,
  MEQ: JEQ_K,
  GT: JGT_K,
  GE: JGE_K,
};

interface GenerateInput {
  readonly archs: readonly { name: ArchName; entries: ReadonlyMap<number, Entry> }[];
  readonly defaultAction: number;
  readonly badArchAction: number;
  readonly optimize: 1 | 2;
}

const LOADED_NR: AccState = { offset: NR_OFFSET, mask: 0xffffffff };

function load(offset: number): BlockInstruction {
  return { code: LD_W_ABS, jt: NEXT, jf: NEXT, k: offset };
}

function ret(action: number): BlockInstruction {
  return { code: RET_K, jt: NEXT, jf: NEXT, k: action >>> 0 };
}

/** Builds the blocks of one filter, from the program's end to its front (libseccomp src/gen_bpf.c). */
class Generator {
  private readonly pool: BlockPool;
  private readonly backwards: Block[] = [];
  private readonly returns = new Map<number, number>();
  private readonly defaultId: number;
  private readonly badArchId: number;

  constructor(private readonly input: GenerateInput) {
    this.pool = new BlockPool(input.archs.reduce((sum, { entries }) => sum + entries.size, 0));
    this.defaultId = this.ret(input.defaultAction);
    this.badArchId = this.put(NO_HEAD, ret(input.badArchAction));
  }

  program(): Program {
    let next = this.badArchId;
    for (const group of this.groups().reverse()) next = this.putArch(group, next);
    this.put(NO_HEAD, load(ARCH_OFFSET));
    return placeBlocks(this.backwards, this.pool);
  }

  /** Puts a block in front of the others; answers its identity. */
  private put(
    head: readonly BlockInstruction[],
    last: BlockInstruction,
    source?: BlockSource,
  ): number {
    const block = this.pool.listed(head, last, source);
    this.backwards.push(block);
    return block.id;
  }

  /** x86_64 and x32 share a token, so they share a body at the earlier one's place. */
  private groups(): ArchName[][] {
    const names = this.input.archs.map(({ name }) => name);
    const merged: ArchName[] = names.filter((name) => name === "x86_64" || name === "x32");
    const groups: ArchName[][] = [];
    for (const name of names) {
      if (merged.length < 2 || !merged.includes(name)) groups.push([name]);
      else if (name === merged[0]) groups.push(merged);
    }
    return groups;
  }

  private ret(action: number): number {
    let id = this.returns.get(action);
    if (id === undefined) {
      id = this.pool.share(NO_HEAD, ret(action));
      this.returns.set(action, id);
    }
    return id;
  }

  private putArch(group: readonly ArchName[], nextArch: number): number {
    const [first] = group as [ArchName];
    const abiAlone = group.length === 1 && (first === "x86_64" || first === "x32");
    const none: Entry[] = [];
    const entries = none.concat(...group.map((arch) => this.inOrder(arch)));
    let body =
      this.input.optimize === 2 ? this.putTree(entries) : this.putChain(entries, !abiAlone);
    if (abiAlone) body = this.putAbiCheck(first, body);
    const token = ARCHITECTURES[first].audit;
    const test = { code: JEQ_K, jt: body, jf: nextArch, k: token };
    return this.put(NO_HEAD, test, { kind: "arch", arch: first });
  }

  /** In the order of their numbers, taken as unsigned. */
  private inOrder(arch: ArchName): Entry[] {
    const entries = this.input.archs.find(({ name }) => name === arch)?.entries;
    if (entries === undefined) return [];
    const numbers = new Uint32Array(entries.size);
    let count = 0;
    // Loops without iterators, see Context.addRule.
    entries.forEach((_, nr) => {
      numbers[count++] = nr;
    });
    numbers.sort();
    const sorted = new Array<Entry>(count);
    for (let i = 0; i < count; i++) sorted[i] = entries.get(numbers[i] as number) as Entry;
    return sorted;
  }

  /** Keeps the two calling conventions of one token apart where only one is wanted. */
  private putAbiCheck(arch: ArchName, body: number): number {
    const bad = this.badArchId;
    const source = { kind: "abi", arch } as const;
    if (arch === "x32") {
      const isX32 = { code: JGE_K, jt: body, jf: bad, k: X32_BIT };
      return this.put([load(NR_OFFSET)], isX32, source);
    }
    const isX32 = { code: JGE_K, jt: NEXT, jf: body, k: X32_BIT };
    const isNoCall = { code: JEQ_K, jt: body, jf: bad, k: 0xffffffff };
    return this.put([load(NR_OFFSET), isX32], isNoCall, source);
  }

  private putEntry(entry: Entry, noMatch: number, loads: boolean): number {
    const { tree, nr } = entry;
    const state = loads ? LOADED_NR : UNKNOWN_STATE;
    const chain =
      tree === undefined
        ? this.ret(entry.unconditional.action)
        : this.level(tree.head, this.defaultId, state, tree);
    const test: BlockInstruction = { code: JEQ_K, jt: chain, jf: noMatch, k: nr };
    return this.put(loads ? [load(NR_OFFSET)] : NO_HEAD, test, entry);
  }

  /** A chain of tests, the cheapest entries first (optimize 1); answers where it begins. */
  private putChain(entries: readonly Entry[], loads: boolean): number {
    const sorted = byCost(entries);
    let front = this.defaultId;
    for (let i = sorted.length - 1; i >= 0; i--) {
      const entry = sorted[i] as Entry;
      // The load belongs to the list's first entry even where that one is never emitted.
      if (entry.nr >= 0) front = this.putEntry(entry, front, loads && i === 0);
    }
    return front;
  }

  /** A binary tree over numbers with groups of four tests as leaves (optimize 2); likewise. */
  private putTree(entries: readonly Entry[]): number {
    const sorted = entries.filter(({ nr }) => nr >= 0).sort((a, b) => a.nr - b.nr);
    let levels = 2;
    for (let capacity = 8; capacity < sorted.length; capacity *= 2) levels++;
    const empty = 8 * 2 ** (levels - 1) - sorted.length;
    const split: number[] = [];
    const heads: number[] = [];
    let front = this.defaultId;
    sorted.forEach((entry, done) => {
      const noMatch = (done + empty) % 4 === 0 ? this.defaultId : front;
      const isFront = done === sorted.length - 1;
      const c = done + 1 + empty;
      let height = -1;
      for (let i = 0; i < levels; i++) if (c % (4 * 2 ** i) === 0) height = i;
      const parents: { k: number; jf: number }[] = [];
      for (let j = 0; j < height; j++) {
        const [k, jf] = [split[j], heads[j]];
        if (k !== undefined && jf !== undefined) parents.push({ k, jf });
      }
      front = this.putEntry(entry, noMatch, isFront && parents.length === 0);
      parents.forEach(({ k, jf }, j) => {
        const jump: BlockInstruction = { code: JGT_K, jt: front, jf, k };
        const loads = isFront && j === parents.length - 1;
        front = this.put(loads ? [load(NR_OFFSET)] : NO_HEAD, jump, { kind: "tree" });
      });
      if (height >= 0) {
        split[height] = entry.nr;
        heads[height] = front;
      }
    });
    return front;
  }

  /**
   * One level of a tree and everything below; answers the identity of its first block. Whether a
   * node loads its word is decided along the siblings, although a node may also be reached by falling
   * out of a sub-level that loaded another: the library's accumulator bug, kept on purpose.
   */
  private level(reference: Node, otherwise: number, state: AccState, tree: Tree): number {
    const drafts: Draft[] = [];
    let now = state;
    let walked = 0;
    for (let n: Node | null = levelStart(reference, tree.steps); n !== null; n = n.next) {
      tree.steps.check(++walked);
      const begin = now;
      let start: AccState | undefined = begin;
      const head: BlockInstruction[] = [];
      if (n.offset !== now.offset || (n.mask & now.mask) >>> 0 !== n.mask) {
        head.push(load(n.offset));
        now = { offset: n.offset, mask: 0xffffffff };
        start = undefined;
      }
      if (n.mask !== now.mask) {
        head.push({ code: AND_K, jt: NEXT, jf: NEXT, k: n.mask });
        now = { offset: now.offset, mask: n.mask };
      }
      drafts.push({ node: n, head, start, end: now });
    }
    let next = otherwise;
    for (const { node, head, start, end } of drafts.reverse()) {
      const jt = this.side(node.sides[TRUE], next, end, tree);
      const jf = this.side(node.sides[FALSE], next, end, tree);
      const jump = { code: NODE_JUMPS[node.op], jt, jf, k: node.datum };
      next = this.pool.share(head, jump, start, end, node);
    }
    return next;
  }

  private side(side: Side, next: number, state: AccState, tree: Tree): number {
    if (side.hasAction) return this.ret(side.action);
    if (side.child === null) return next;
    return this.level(side.child, next, state, tree);
  }
}

interface Draft {
  readonly node: Node;
  readonly head: BlockInstruction[];
  readonly start: AccState | undefined;
  readonly end: AccState;
}

/** The cheapest first; equal ones stay as they are. Most have no conditions, and so no costs. */
function byCost(entries: readonly Entry[]): Entry[] {
  const below: Entry[] = [];
  const above: Entry[] = [];
  const free = entries.filter((entry) => {
    const cost = costOf(entry);
    if (cost !== 0) (cost < 0 ? below : above).push(entry);
    return cost === 0;
  });
  const inOrder = (some: Entry[]) => some.sort((a, b) => costOf(a) - costOf(b));
  return inOrder(below).concat(free, inOrder(above));
}

function costOf({ tree }: Entry): number {
  return tree === undefined ? 0 : tree.counter;
}

/** The program that libseccomp generates from a finished rule database. */
export function generateProgram(input: GenerateInput): Program {
  return new Generator(input).program();
}
