import type { Instruction } from "../../bpf/instruction.js";
import { AND_K, JA, LD_W_ABS, RET_K } from "../../bpf/opcode.js";
import type { InstructionOrigin, Program } from "../model.js";
import {
  type AccState,
  type Block,
  type BlockInstruction,
  type BlockPool,
  sameState,
} from "./block.js";

const MAX_JUMP = 255;

/** A block with its place in the program under construction. */
interface Placed {
  readonly id: number;
  readonly end: AccState | undefined;
  instructions: readonly BlockInstruction[];
  prev: Placed | undefined;
  next: Placed | undefined;
}

function insertBehind(
  at: Placed,
  id: number,
  instructions: readonly BlockInstruction[],
  end?: AccState,
): Placed {
  const placed: Placed = { id, end, instructions, prev: at, next: at.next };
  if (at.next !== undefined) at.next.prev = placed;
  at.next = placed;
  return placed;
}

/** Instruction index and target identity, pair after pair, in the order the library looks at them. */
function targetsOf(instructions: readonly BlockInstruction[]): readonly number[] {
  const targets: number[] = [];
  for (let i = instructions.length - 1; i >= 0; i--) {
    const { jt, jf } = instructions[i] as BlockInstruction;
    if (typeof jt === "number") targets.push(i, jt);
    if (typeof jf === "number") targets.push(i, jf);
  }
  return targets;
}

/**
 * Brings in every block that is needed: from the end backwards, each block pulls its first missing
 * target in directly behind itself. Only there is a wrong accumulator noticed and reloaded.
 */
function pullIn(list: readonly Block[], pool: BlockPool): Placed {
  const placedIds = new Set(list.map(({ id }) => id));
  let tail: Placed | undefined;
  for (const block of list) {
    const placed: Placed = {
      id: block.id,
      end: block.end,
      instructions: block.instructions,
      prev: tail,
      next: undefined,
    };
    if (tail !== undefined) tail.next = placed;
    tail = placed;
  }
  let last = tail as Placed;
  scan: for (let at: Placed | undefined = tail; at !== undefined; ) {
    const targets = targetsOf(at.instructions);
    for (let t = 1; t < targets.length; t += 2) {
      const id = targets[t] as number;
      if (placedIds.has(id)) continue;
      const block = pool.get(id) as Block;
      const { end } = at;
      let { instructions } = block;
      if (block.start !== undefined && (end === undefined || !sameState(block.start, end))) {
        const { offset, mask } = block.start;
        const reload: BlockInstruction[] = [
          { code: LD_W_ABS, k: offset, origin: { kind: "load" } },
        ];
        if (mask !== 0xffffffff) reload.push({ code: AND_K, k: mask, origin: { kind: "load" } });
        instructions = [...reload, ...instructions];
      }
      placedIds.add(id);
      const placed = insertBehind(at, id, instructions, block.end);
      if (at === last) last = placed;
      at = placed;
      continue scan;
    }
    at = at.prev;
  }
  return last;
}

/** Where each identity stands, measured in instructions from a block's start to the program's end. */
class Positions {
  private readonly places = new Map<number, { last: Placed; lastAt: number; nearestAt: number }>();

  register(block: Placed, at: number): void {
    const known = this.places.get(block.id);
    if (known === undefined) this.places.set(block.id, { last: block, lastAt: at, nearestAt: at });
    else known.nearestAt = at;
  }

  nearest(id: number): number {
    return this.places.get(id)?.nearestAt ?? Number.NaN;
  }

  last(id: number): { last: Placed; lastAt: number } | undefined {
    return this.places.get(id);
  }
}

/** Keeps conditional jumps within 8 bits by copies of returns and by trampolines. */
function shortenJumps(last: Placed): void {
  const positions = new Positions();
  let behind = 0;
  for (let at: Placed | undefined = last; at !== undefined; at = at.prev) {
    let inserted = true;
    while (inserted) {
      inserted = false;
      const targets = targetsOf(at.instructions);
      for (let t = 0; t < targets.length; t += 2) {
        const after = at.instructions.length - (targets[t] as number) - 1;
        const id = targets[t + 1] as number;
        if (behind + after - positions.nearest(id) <= MAX_JUMP) continue;
        const target = positions.last(id)?.last as Placed;
        const [only] = target.instructions as [BlockInstruction];
        const lone = target.instructions.length === 1 && only.code === RET_K;
        const step: BlockInstruction = lone
          ? only
          : { code: JA, k: 0, jt: id, origin: { kind: "jump" } };
        const placed = insertBehind(at, id, [step]);
        behind += 1;
        positions.register(placed, behind);
        inserted = true;
      }
    }
    behind += at.instructions.length;
    positions.register(at, behind);
  }
}

/** Replaces identities by distances: the first following block, for `ja` the last one. */
function resolveJumps(last: Placed): Program {
  const positions = new Positions();
  const instructions: Instruction[] = [];
  const origins: InstructionOrigin[] = [];
  let behind = 0;
  for (let at: Placed | undefined = last; at !== undefined; at = at.prev) {
    for (let i = at.instructions.length - 1; i >= 0; i--) {
      const { code, jt, jf, k, origin } = at.instructions[i] as BlockInstruction;
      const here = behind + (at.instructions.length - i - 1);
      origins.push(origin);
      if (code === JA) {
        const to = positions.last(jt as number)?.lastAt ?? Number.NaN;
        instructions.push({ code, jt: 0, jf: 0, k: here - to });
        continue;
      }
      const distance = (to: typeof jt) =>
        typeof to === "number" ? here - positions.nearest(to) : 0;
      instructions.push({ code, jt: distance(jt), jf: distance(jf), k });
    }
    behind += at.instructions.length;
    positions.register(at, behind);
  }
  return { instructions: instructions.reverse(), origins: origins.reverse() };
}

/** Orders the blocks and resolves their jumps (libseccomp src/gen_bpf.c `_gen_bpf_build_bpf`). */
export function placeBlocks(list: readonly Block[], pool: BlockPool): Program {
  const last = pullIn(list, pool);
  shortenJumps(last);
  return resolveJumps(last);
}
