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

/** What the accumulator holds: the word at `offset`, ANDed with `mask`. */
export interface AccState {
  readonly offset: number;
  readonly mask: number;
}

/** What a block's jumps were made of: an entry's test, the nodes that share the block, or else. */
export type BlockSource = Entry | Node[] | InstructionOrigin;

/** A run of instructions that is placed as a whole (libseccomp src/gen_bpf.c `struct bpf_blk`). */
export interface Block {
  /** Blocks with the same content have the same identity. */
  readonly id: number;
  readonly instructions: readonly BlockInstruction[];
  /** What it relies on; `undefined` = anything. */
  readonly start: AccState | undefined;
  readonly end: AccState | undefined;
  readonly source: BlockSource | undefined;
  /** Another of the pool whose hash begins alike. */
  readonly others: Block | undefined;
  /** Its neighbours in the program, once it has a place there. */
  prev: Block | undefined;
  next: Block | undefined;
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
    instructions: readonly BlockInstruction[],
    source?: BlockSource,
    start?: AccState,
    end?: AccState,
  ): Block {
    const hash = hashOf(instructions);
    // A chain's blocks differ in what they lead to when they fail, three bits further up.
    const bucket = ((hash >> 3) ^ (hash >> 12)) & (this.known.length - 1);
    const first = this.known[bucket];
    let id = -1;
    for (let at = first; at !== undefined && id < 0; at = at.others) {
      if (sameContent(at, instructions, start, end)) id = at.id;
    }
    const isNew = id < 0;
    if (isNew) id = this.count++;
    const block: Block = {
      id,
      instructions,
      start,
      end,
      source,
      others: first,
      prev: undefined,
      next: undefined,
    };
    if (isNew) this.known[bucket] = block;
    return block;
  }

  /** A block that is placed where it is first needed, shared by everything with its content. */
  share(
    instructions: readonly BlockInstruction[],
    start?: AccState,
    end?: AccState,
    node?: Node,
  ): number {
    const block = this.listed(instructions, node === undefined ? undefined : [node], start, end);
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

/** Shifts and exclusive ors only, so that every step stays a small integer. */
function hashOf(instructions: readonly BlockInstruction[]): number {
  let hash = 0;
  for (let i = 0; i < instructions.length; i++) {
    const { code, jt, jf, k } = instructions[i] as BlockInstruction;
    hash = (hash << 5) ^ (hash >> 7) ^ code ^ (k << 9) ^ (k >> 13) ^ (jt << 16) ^ (jf << 3);
  }
  return hash;
}

function sameContent(
  block: Block,
  instructions: readonly BlockInstruction[],
  start: AccState | undefined,
  end: AccState | undefined,
): boolean {
  const { length } = instructions;
  if (block.instructions.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const a = block.instructions[i] as BlockInstruction;
    const b = instructions[i] as BlockInstruction;
    if (a.code !== b.code || a.k !== b.k || a.jt !== b.jt || a.jf !== b.jf) return false;
  }
  return sameState(block.start, start) && sameState(block.end, end);
}
