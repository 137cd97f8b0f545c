import type { Instruction } from "./instruction.js";
import { BPF_ABS, BPF_JEQ, BPF_JMP, BPF_LD, BPF_LDX, BPF_ST, BPF_STX, BPF_X } from "./opcode.js";

/** What is known whenever an instruction is about to run, whatever way led to it. */
export interface Facts {
  /** A holds the word at this byte of seccomp_data. */
  readonly word: number | undefined;
  /** The call's architecture token and number, once the program has tested for them. */
  readonly arch: number | undefined;
  readonly nr: number | undefined;
}

const NOTHING: Facts = { word: undefined, arch: undefined, nr: undefined };
const NR_WORD = 0;
const ARCH_WORD = 4;

/**
 * The facts before each instruction; `undefined` where nothing leads to it. One pass is enough, since
 * jumps only go forward; targets outside the program are passed over.
 */
export function collectFacts(instructions: readonly Instruction[]): (Facts | undefined)[] {
  const facts: (Facts | undefined)[] = new Array(instructions.length).fill(undefined);
  const reach = (pc: number, now: Facts) => {
    if (pc >= instructions.length) return;
    const before = facts[pc];
    facts[pc] = before === undefined ? now : common(before, now);
  };
  reach(0, NOTHING);
  instructions.forEach(({ code, jt, jf, k }, pc) => {
    const now = facts[pc];
    if (now === undefined) return;
    const next = pc + 1;
    switch (code & 0x07) {
      case BPF_JMP: {
        const op = code & 0xf0;
        if (op === 0) {
          reach(next + k, now);
          return;
        }
        const equal = op === BPF_JEQ && (code & BPF_X) === 0;
        reach(next + jt, equal ? learn(now, k) : now);
        reach(next + jf, now);
        return;
      }
      case BPF_LD:
        reach(next, { ...now, word: code === (BPF_LD | BPF_ABS) ? k : undefined });
        return;
      case BPF_LDX:
      case BPF_ST:
      case BPF_STX:
        reach(next, now);
        return;
      case 0x06:
        return;
      default:
        // ALU and TXA change A; TAX does not.
        reach(next, code === 0x07 ? now : { ...now, word: undefined });
    }
  });
  return facts;
}

function learn(facts: Facts, value: number): Facts {
  if (facts.word === NR_WORD) return { ...facts, nr: value };
  if (facts.word === ARCH_WORD) return { ...facts, arch: value };
  return facts;
}

function common(a: Facts, b: Facts): Facts {
  return {
    word: a.word === b.word ? a.word : undefined,
    arch: a.arch === b.arch ? a.arch : undefined,
    nr: a.nr === b.nr ? a.nr : undefined,
  };
}
