import type { Instruction } from "../../src/bpf/instruction.js";
import type { Random } from "./random.js";

/** The opcodes that seccomp accepts (linux kernel/seccomp.c `seccomp_check_filter`). */
const PLAIN = [
  0x80, 0x81, 0x00, 0x01, 0x04, 0x14, 0x24, 0x0c, 0x1c, 0x2c, 0x54, 0x44, 0xa4, 0x5c, 0x4c, 0xac,
  0x6c, 0x7c, 0x84, 0x07, 0x87,
];
const MEMORY = [0x60, 0x61, 0x02, 0x03];
const JUMPS = [0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d];
const ACTIONS = [
  0x7fff0000, 0x7fff1234, 0x00050000, 0x00050001, 0x00051000, 0x00030007, 0x7ff00001, 0x7ffc0000,
  0x7fc00000, 0x00000000, 0x80000000, 0x00040000,
];

/** Words that comparisons and loads are likely to meet. */
function constant(random: Random): number {
  return random.pick([
    0,
    1,
    2,
    3,
    5,
    31,
    32,
    39,
    59,
    64,
    0x40000000,
    0x7fffffff,
    0x80000000,
    0xc000003e,
    0xffffffff,
    random.word(),
  ]);
}

/** One instruction that the kernel would accept at `pc` of `length`, memory reads aside. */
function validInstruction(random: Random, pc: number, length: number): Instruction {
  const left = length - pc - 2;
  const jt = random.below(Math.min(left + 1, 256));
  const jf = random.below(Math.min(left + 1, 256));
  const kind = random.below(20);
  const noise = random.chance(0.1) ? random.below(256) : 0;
  const plain = (code: number, k: number): Instruction => ({ code, jt: noise, jf: noise, k });
  if (kind < 5) return plain(0x20, 4 * random.below(16));
  if (kind < 10) return { code: random.pick(JUMPS), jt, jf, k: constant(random) };
  if (kind < 11) return plain(0x05, random.below(left + 1));
  if (kind < 13) return plain(random.pick(MEMORY), random.below(16));
  if (kind < 14) return plain(random.pick([0x64, 0x74]), random.below(32));
  if (kind < 15) return plain(random.pick([0x34, 0x3c]), 1 + random.below(1000));
  if (kind < 16) return plain(random.pick([0x06, 0x16]), random.pick(ACTIONS));
  return plain(random.pick(PLAIN), constant(random));
}

/** One field changed to something that may break a rule. */
function damage(random: Random, instruction: Instruction): Instruction {
  switch (random.below(4)) {
    case 0:
      return {
        ...instruction,
        code: random.chance(0.8) ? random.below(256) : random.below(0x10000),
      };
    case 1:
      return { ...instruction, k: random.pick([constant(random), 16, 15, 62, 63, 0xfffff000]) };
    case 2:
      return { ...instruction, jt: random.below(256) };
    default:
      return { ...instruction, jf: random.below(256) };
  }
}

/** A program that obeys the rules; memory words may be read before they are written. */
export function randomProgram(random: Random): Instruction[] {
  const length = 1 + random.below(random.chance(0.1) ? 300 : 24);
  const program: Instruction[] = [];
  for (let pc = 0; pc < length - 1; pc++) program.push(validInstruction(random, pc, length));
  program.push({ code: random.pick([0x06, 0x06, 0x16]), jt: 0, jf: 0, k: random.pick(ACTIONS) });
  return program;
}

/** The same, in most cases with one or two faults. */
export function nearValidProgram(random: Random): Instruction[] {
  const program = randomProgram(random);
  for (let faults = random.below(3); faults > 0; faults--) {
    const at = random.below(program.length);
    program[at] = damage(random, program[at] as Instruction);
  }
  return program;
}
