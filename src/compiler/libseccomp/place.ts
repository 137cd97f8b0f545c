import type { Instruction } from "../../bpf/instruction.js";
import { AND_K, JA, LD_W_ABS, RET_K } from "../../bpf/opcode.js";
import type { Program } from "../model.js";
import { type Block, type BlockInstruction, type BlockPool, NEXT, sameState } from "./block.js";
import { originsOf } from "./origin.js";

const MAX_JUMP = 255;

/** The first target that has no place yet, in the order in which the library looks at them. */
function missingTarget({ head, last }: Block, hasPlace: Uint8Array): number {
  let missing = missingOf(last, hasPlace);
  for (let i = head.length - 1; i >= 0 && missing === NEXT; i--) {
    missing = missingOf(head[i] as BlockInstruction, hasPlace);
  }
  return missing;
}

function missingOf({ jt, jf }: BlockInstruction, hasPlace: Uint8Array): number {
  if (jt !== NEXT && hasPlace[jt] === 0) return jt;
  return jf !== NEXT && hasPlace[jf] === 0 ? jf : NEXT;
}

/** The block as it is placed behind `at`: with a reload if its start relies on another word. */
function reloaded(block: Block, at: Block): Block {
  const { start, head } = block;
  if (start === undefined || sameState(start, at.end)) return block;
  const reload: BlockInstruction[] = [{ code: LD_W_ABS, jt: NEXT, jf: NEXT, k: start.offset }];
  if (start.mask !== 0xffffffff) reload.push({ code: AND_K, jt: NEXT, jf: NEXT, k: start.mask });
  return { ...block, head: [...reload, ...head] };
}

/** The program while it is written from its last instruction to its first. */
class Writer {
  readonly instructions: Instruction[] = [];
  /** The block of each instruction. */
  readonly blocks: (Block | undefined)[] = [];
  // Where each identity stands, counted from the program's end: the first place behind what is being
  // written, and the program's last one with the block there.
  private readonly nearest: Int32Array;
  private readonly lastAt: Int32Array;
  private readonly last: (Block | undefined)[];

  constructor(identities: number) {
    this.last = new Array(identities);
    this.nearest = new Int32Array(identities);
    this.lastAt = new Int32Array(identities);
  }

  /** Writes a block, and behind it what keeps its conditional jumps within 8 bits. */
  write(block: Block): void {
    const { head, last, id } = block;
    while (this.bridge(block));
    this.resolve(last, block);
    for (let i = head.length - 1; i >= 0; i--) this.resolve(head[i] as BlockInstruction, block);
    this.register(id, block);
  }

  /** Writes an instruction, whose targets are now so many instructions away. */
  private resolve(one: BlockInstruction, block: Block): void {
    const { nearest } = this;
    const { jt, jf } = one;
    const at = this.instructions.length;
    one.jt = jt === NEXT ? 0 : at - (nearest[jt] as number);
    one.jf = jf === NEXT ? 0 : at - (nearest[jf] as number);
    this.emit(one, block);
  }

  /** Copies of returns, and trampolines, for jumps that are too long; whether there were any. */
  private bridge({ head, last }: Block): boolean {
    const before = this.instructions.length;
    this.bridgeFrom(last, MAX_JUMP);
    // The others stand further away.
    for (let i = head.length - 1; i >= 0; i--) {
      this.bridgeFrom(head[i] as BlockInstruction, MAX_JUMP - (head.length - i));
    }
    return this.instructions.length > before;
  }

  private bridgeFrom({ jt, jf }: BlockInstruction, reach: number): void {
    const { nearest } = this;
    if (jt !== NEXT && this.instructions.length - (nearest[jt] as number) > reach)
      this.bridgeTo(jt);
    if (jf !== NEXT && this.instructions.length - (nearest[jf] as number) > reach)
      this.bridgeTo(jf);
  }

  private bridgeTo(id: number): void {
    const target = this.last[id] as Block;
    if (target.head.length === 0 && target.last.code === RET_K) {
      this.emit({ code: RET_K, jt: 0, jf: 0, k: target.last.k }, undefined);
    } else {
      const distance = this.instructions.length - (this.lastAt[id] as number);
      this.emit({ code: JA, jt: 0, jf: 0, k: distance }, undefined);
    }
    this.register(id, target);
  }

  private emit(instruction: Instruction, block: Block | undefined): void {
    this.instructions.push(instruction);
    this.blocks.push(block);
  }

  /** Says that what was written last begins with that identity. */
  private register(id: number, block: Block): void {
    const at = this.instructions.length;
    this.nearest[id] = at;
    if (this.last[id] !== undefined) return;
    this.last[id] = block;
    this.lastAt[id] = at;
  }
}

/**
 * Orders the blocks and resolves their jumps (libseccomp src/gen_bpf.c `_gen_bpf_build_bpf`). From the
 * program's end backwards, each block pulls its first missing target in directly behind itself, and that
 * its own, until none is missing. Only there is a wrong accumulator noticed and reloaded.
 *
 * @param backwards the listed ones, the program's last one first
 */
export function placeBlocks(backwards: readonly Block[], pool: BlockPool): Program {
  const writer = new Writer(pool.count);
  const hasPlace = new Uint8Array(pool.count);
  for (let i = 0; i < backwards.length; i++) hasPlace[(backwards[i] as Block).id] = 1;
  const waiting: Block[] = [];
  for (let i = 0; i < backwards.length; i++) {
    let at: Block | undefined = backwards[i];
    while (at !== undefined) {
      const id = missingTarget(at, hasPlace);
      if (id === NEXT) {
        writer.write(at);
        at = waiting.pop();
      } else {
        hasPlace[id] = 1;
        waiting.push(at);
        at = reloaded(pool.get(id), at);
      }
    }
  }
  const instructions = writer.instructions.reverse();
  return originsOf(instructions, writer.blocks.reverse());
}
