import type { InstructionOrigin } from "../model.js";

/**
 * Where a side of a jump leads: the next instruction, or a block by its identity.
 */
export type JumpTo = "next" | number;

/** An instruction whose jump targets are still blocks. */
export interface BlockInstruction {
  readonly code: number;
  readonly k: number;
  readonly jt?: JumpTo;
  readonly jf?: JumpTo;
  origin: InstructionOrigin;
}

/** What the accumulator holds: the word at `offset`, ANDed with `mask`. */
export interface AccState {
  readonly offset: number;
  readonly mask: number;
}

/** A run of instructions that is placed as a whole (libseccomp src/gen_bpf.c `struct bpf_blk`). */
export interface Block {
  /** Blocks with the same content have the same identity. */
  readonly id: number;
  readonly instructions: BlockInstruction[];
  /** What it relies on; `undefined` = anything. */
  readonly start: AccState | undefined;
  readonly end: AccState | undefined;
}

export const UNKNOWN_STATE: AccState = { offset: -1, mask: 0xffffffff };

export function sameState(a: AccState, b: AccState): boolean {
  return a.offset === b.offset && a.mask === b.mask;
}

function mergeRules(a: readonly number[] | undefined, b: readonly number[] | undefined) {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return [...new Set([...a, ...b])];
}

function mergeOrigin(into: InstructionOrigin, other: InstructionOrigin): InstructionOrigin {
  if (into.kind !== other.kind) return into;
  const whenTrue = mergeRules(into.whenTrue, other.whenTrue);
  const whenFalse = mergeRules(into.whenFalse, other.whenFalse);
  return {
    ...into,
    ...(whenTrue === undefined ? {} : { whenTrue }),
    ...(whenFalse === undefined ? {} : { whenFalse }),
  };
}

/** Gives blocks their identities and keeps one shared copy of each content. */
export class BlockPool {
  private readonly ids = new Map<string, number>();
  private readonly shared = new Map<number, Block>();

  /** A block that stands in the program's list and is placed from the start. */
  listed(instructions: BlockInstruction[]): Block {
    return { id: this.identify(instructions), instructions, start: undefined, end: undefined };
  }

  /** A block that is placed where it is first needed, shared by everything with its content. */
  share(instructions: BlockInstruction[], start?: AccState, end?: AccState): Block {
    const id = this.identify(instructions, start, end);
    const known = this.shared.get(id);
    if (known === undefined) {
      const block = { id, instructions, start, end };
      this.shared.set(id, block);
      return block;
    }
    instructions.forEach(({ origin }, i) => {
      const kept = known.instructions[i];
      if (kept !== undefined) kept.origin = mergeOrigin(kept.origin, origin);
    });
    return known;
  }

  get(id: number): Block | undefined {
    return this.shared.get(id);
  }

  private identify(
    instructions: readonly BlockInstruction[],
    start?: AccState,
    end?: AccState,
  ): number {
    let key = end === undefined ? "" : `${start?.offset},${start?.mask};${end.offset},${end.mask}`;
    for (const { code, jt, jf, k } of instructions) key += `;${code},${jt},${jf},${k}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.ids.size;
      this.ids.set(key, id);
    }
    return id;
  }
}
