import type { Instruction } from "../../bpf/instruction.js";
import { AND_K, JA, LD_W_ABS, RET_K } from "../../bpf/opcode.js";
import type { Program } from "../model.js";
import { type Block, type BlockInstruction, type BlockPool, NEXT, sameState } from "./block.js";
import { originsOf } from "./origin.js";

const MAX_JUMP = 255;

function insertBehind(at: Block, block: Block): void {
  block.prev = at;
  block.next = at.next;
  if (at.next !== undefined) at.next.prev = block;
  at.next = block;
}

/** The first target that has no place yet, in the order in which the library looks at them. */
function missingTarget(instructions: readonly BlockInstruction[], hasPlace: Uint8Array): number {
  for (let i = instructions.length - 1; i >= 0; i--) {
    const { jt, jf } = instructions[i] as BlockInstruction;
    if (jt !== NEXT && hasPlace[jt] === 0) return jt;
    if (jf !== NEXT && hasPlace[jf] === 0) return jf;
  }
  return NEXT;
}

/** The block as it is placed behind `at`: with a reload if its start relies on another word. */
function reloaded(block: Block, at: Block): Block {
  const { start, instructions } = block;
  if (start === undefined || sameState(start, at.end)) return block;
  const reload: BlockInstruction[] = [{ code: LD_W_ABS, jt: NEXT, jf: NEXT, k: start.offset }];
  if (start.mask !== 0xffffffff) reload.push({ code: AND_K, jt: NEXT, jf: NEXT, k: start.mask });
  return { ...block, instructions: [...reload, ...instructions] };
}

/**
 * Brings in every block that is needed: from the end backwards, each block pulls its first missing
 * target in directly behind itself. Only there is a wrong accumulator noticed and reloaded. Answers
 * the program's last block.
 */
function pullIn(backwards: readonly Block[], pool: BlockPool): Block {
  const hasPlace = new Uint8Array(pool.count);
  for (let i = 0; i < backwards.length; i++) {
    const block = backwards[i] as Block;
    hasPlace[block.id] = 1;
    block.next = backwards[i - 1];
    block.prev = backwards[i + 1];
  }
  let last = backwards[0] as Block;
  for (let at: Block | undefined = last; at !== undefined; ) {
    const id = missingTarget(at.instructions, hasPlace);
    if (id === NEXT) {
      at = at.prev;
      continue;
    }
    hasPlace[id] = 1;
    const block = reloaded(pool.get(id), at);
    insertBehind(at, block);
    if (at === last) last = block;
    at = block;
  }
  return last;
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
    const { instructions, id } = block;
    const { nearest } = this;
    while (this.bridge(instructions));
    for (let i = instructions.length - 1; i >= 0; i--) {
      const one = instructions[i] as BlockInstruction;
      const { jt, jf } = one;
      const at = this.instructions.length;
      one.jt = jt === NEXT ? 0 : at - (nearest[jt] as number);
      one.jf = jf === NEXT ? 0 : at - (nearest[jf] as number);
      this.emit(one, block);
    }
    this.register(id, block);
  }

  /** Copies of returns, and trampolines, for jumps that are too long; whether there were any. */
  private bridge(instructions: readonly BlockInstruction[]): boolean {
    const { nearest } = this;
    const before = this.instructions.length;
    // How far from its end the block's instruction reaches.
    let reach = MAX_JUMP;
    for (let i = instructions.length - 1; i >= 0; i--, reach--) {
      const { jt, jf } = instructions[i] as BlockInstruction;
      if (jt !== NEXT && this.instructions.length - (nearest[jt] as number) > reach)
        this.bridgeTo(jt);
      if (jf !== NEXT && this.instructions.length - (nearest[jf] as number) > reach)
        this.bridgeTo(jf);
    }
    return this.instructions.length > before;
  }

  private bridgeTo(id: number): void {
    const target = this.last[id] as Block;
    const [only] = target.instructions as [BlockInstruction];
    if (target.instructions.length === 1 && only.code === RET_K) {
      this.emit({ code: RET_K, jt: 0, jf: 0, k: only.k }, undefined);
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
 * Orders the blocks and resolves their jumps (libseccomp src/gen_bpf.c `_gen_bpf_build_bpf`).
 *
 * @param backwards the listed ones, the program's last one first
 */
export function placeBlocks(backwards: readonly Block[], pool: BlockPool): Program {
  const writer = new Writer(pool.count);
  for (let at: Block | undefined = pullIn(backwards, pool); at !== undefined; at = at.prev) {
    writer.write(at);
  }
  const instructions = writer.instructions.reverse();
  return originsOf(instructions, writer.blocks.reverse());
}
