import type { InstructionOrigin } from "../model.js";
import type { Entry } from "./entry.js";
import type { Node } from "./node.js";

/** Where a side of a jump leads if not to a block: to the next instruction. */
export const NEXT = -1;

/**
 * An instruction whose jump targets are blocks, by their identities, or `NEXT`, until it is written into
 * the program: then they are distances, and it is the program's own.
 */
export interface BlockInstruction {
  readonly code: number;
  jt: number;
  jf: number;
  readonly k: number;
}

/**
 * What a block consists of: the instruction that it ends in, and those before it. Most have none, and share
 * an empty list.
 */
export interface BlockCode {
  readonly head: readonly BlockInstruction[];
  readonly last: BlockInstruction;
}

export const NO_HEAD: readonly BlockInstruction[] = [];

/** What the accumulator holds: the word at `offset`, ANDed with `mask`. */
export interface AccState {
  readonly offset: number;
  readonly mask: number;
}

/** What a block's jumps were made of: an entry's test, the nodes that share the block, or else. */
export type BlockSource = Entry | Node[] | InstructionOrigin;

/** A run of instructions that is placed as a whole (libseccomp src/gen_bpf.c `struct bpf_blk`). */
export interface Block extends BlockCode {
  /** Blocks with the same content have the same identity. */
  readonly id: number;
  /** What it relies on; `undefined` = anything. */
  readonly start: AccState | undefined;
  readonly end: AccState | undefined;
  readonly source: BlockSource | undefined;
  /** Another of the pool whose hash begins alike. */
  readonly others: Block | undefined;
}

export const UNKNOWN_STATE: AccState = { offset: -1, mask: 0xffffffff };

export function sameState(a: AccState | undefined, b: AccState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.offset === b.offset && a.mask === b.mask;
}

/** Gives blocks their identities and keeps one shared copy of each content. */
export class BlockPool {
  /** How many identities there are, from 0. */
  count = 0;
  /** By the lower bits of their hash; others follow. */
  private readonly known: (Block | undefined)[];
  private readonly shared: (Block | undefined)[] = [];

  /** @param expected how many blocks there will be, roughly */
  constructor(expected: number) {
    let size = 64;
    while (size < expected) size *= 2;
    this.known = new Array(size);
  }

  /** A block that stands in the program's list and is placed from the start. */
  listed(
    head: readonly BlockInstruction[],
    last: BlockInstruction,
    source?: BlockSource,
    start?: AccState,
    end?: AccState,
  ): Block {
    let hash = 0;
    for (let i = 0; i < head.length; i++) hash = mix(hash, head[i] as BlockInstruction);
    hash = mix(hash, last);
    // A chain's blocks differ in what they lead to when they fail, three bits further up.
    const bucket = ((hash >> 3) ^ (hash >> 12)) & (this.known.length - 1);
    const first = this.known[bucket];
    let id = -1;
    for (let at = first; at !== undefined && id < 0; at = at.others) {
      if (sameContent(at, head, last, start, end)) id = at.id;
    }
    const isNew = id < 0;
    if (isNew) id = this.count++;
    const block: Block = { id, head, last, start, end, source, others: first };
    if (isNew) this.known[bucket] = block;
    return block;
  }

  /** A block that is placed where it is first needed, shared by everything with its content. */
  share(
    head: readonly BlockInstruction[],
    last: BlockInstruction,
    start?: AccState,
    end?: AccState,
    node?: Node,
  ): number {
    const source = node === undefined ? undefined : [node];
    const block = this.listed(head, last, source, start, end);
    const { id } = block;
    const kept = this.shared[id];
    if (kept === undefined) this.shared[id] = block;
    else if (node !== undefined) (kept.source as Node[]).push(node);
    return id;
  }

  /** A shared block. */
  get(id: number): Block {
    return this.shared[id] as Block;
  }
}

/** A hash with one more instruction. Shifts and exclusive ors only, so that it stays a small integer. */
function mix(hash: number, { code, jt, jf, k }: BlockInstruction): number {
  return (hash << 5) ^ (hash >> 7) ^ code ^ (k << 9) ^ (k >> 13) ^ (jt << 16) ^ (jf << 3);
}

function sameContent(
  block: Block,
  head: readonly BlockInstruction[],
  last: BlockInstruction,
  start: AccState | undefined,
  end: AccState | undefined,
): boolean {
  if (!sameInstruction(block.last, last) || block.head.length !== head.length) return false;
  for (let i = 0; i < head.length; i++) {
    if (!sameInstruction(block.head[i] as BlockInstruction, head[i] as BlockInstruction)) {
      return false;
    }
  }
  return sameState(block.start, start) && sameState(block.end, end);
}

function sameInstruction(a: BlockInstruction, b: BlockInstruction): boolean {
  return a.k === b.k && a.jf === b.jf && a.jt === b.jt && a.code === b.code;
}
