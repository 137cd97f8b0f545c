import type { LoadedFilter } from "../../analysis/decider.js";
import { disassemble } from "../../bpf/disassemble.js";
import type { Endian, Instruction } from "../../bpf/instruction.js";
import { BPF_ST, BPF_STX, isConditionalJump, JA } from "../../bpf/opcode.js";
import type { TraceStep } from "../../evaluator/index.js";
import type { RuleCall } from "../../runtime/compile.js";

/** One line of the listing. */
export interface ProgramRow {
  readonly pc: number;
  readonly bytes: string;
  readonly text: string;
  /** The rules that the instruction is there for, one for each entry of the profile. */
  readonly rules: readonly RuleCall[];
  /** Where it may go, if not to the next one only. */
  readonly targets: readonly number[];
}

export function programRows(
  { instructions, compiled }: LoadedFilter,
  endian: Endian,
): ProgramRow[] {
  const lines = disassemble(instructions, { endian });
  return instructions.map((instruction, pc) => {
    const [, bytes = "", text = ""] = /^\d+: ((?:\S+ ){4}) ?(.*)$/.exec(lines[pc] ?? "") ?? [];
    const origin = compiled?.program.origins[pc];
    const ids = [
      ...(origin?.rules ?? []),
      ...(origin?.whenTrue ?? []),
      ...(origin?.whenFalse ?? []),
    ];
    const rules = new Map<number, RuleCall>();
    for (const id of ids) {
      const rule = compiled?.calls[id];
      if (rule && !rules.has(rule.entry)) rules.set(rule.entry, rule);
    }
    return {
      pc,
      bytes: bytes.trim(),
      text,
      rules: [...rules.values()],
      targets: targetsOf(instruction, pc),
    };
  });
}

function targetsOf({ code, jt, jf, k }: Instruction, pc: number): readonly number[] {
  if (code === JA) return [pc + 1 + k];
  return isConditionalJump(code) ? [...new Set([pc + 1 + jt, pc + 1 + jf])] : [];
}

/** A, X and the scratch words that were written, before a step. */
export interface Registers {
  readonly A: number;
  readonly X: number;
  readonly M: readonly (readonly [index: number, value: number])[];
}

export function registersAt(
  steps: readonly TraceStep[],
  index: number,
  instructions: readonly Instruction[],
): Registers {
  const M = new Map<number, number>();
  for (const { pc, A, X } of steps.slice(0, index)) {
    const instruction = instructions[pc];
    if (instruction?.code === BPF_ST) M.set(instruction.k, A);
    if (instruction?.code === BPF_STX) M.set(instruction.k, X);
  }
  const { A = 0, X = 0 } = steps[index] ?? {};
  return { A, X, M: [...M].sort(([a], [b]) => a - b) };
}
