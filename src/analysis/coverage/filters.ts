import type { Instruction } from "../../bpf/instruction.js";
import { isConditionalJump } from "../../bpf/opcode.js";
import { createEvaluator, type Evaluator } from "../../evaluator/index.js";
import { RECORD_SIZE } from "../../seccomp/record.js";
import { alwaysAllowed, exceptionsOf } from "../../seccomp/special.js";
import type { Simulator } from "../simulator.js";

/** A number of things, and how many of them were covered. */
export interface Share {
  readonly covered: number;
  readonly total: number;
}

/** Which instructions of a program ran, and which sides of its jumps were taken. */
export interface FilterCoverage {
  readonly name: string;
  /** The targets for which it is the program. */
  readonly targets: readonly string[];
  readonly instructions: Share;
  /** Two for each conditional jump. */
  readonly edges: Share;
  /** Instructions that never ran, by their numbers. */
  readonly notExecuted: readonly number[];
  /** Jumps that ran and went one way only, and the way that is missing. */
  readonly notTaken: readonly { readonly pc: number; readonly side: "true" | "false" }[];
}

/** Marks of a program, shared by all targets that have the same one. */
export interface MarkedFilter {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  readonly targets: Set<string>;
  /** One byte for each instruction, as `Evaluator.markBatch` adds them. */
  readonly marks: Uint8Array;
}

/** The stack of a simulator, run again to see what it executes. Owns an evaluator. */
export class FilterWatch {
  private readonly evaluator: Evaluator;

  constructor(
    private readonly simulator: Simulator,
    private readonly filters: readonly MarkedFilter[],
  ) {
    const stack = simulator.filters.map(({ instructions }) => instructions);
    this.evaluator = createEvaluator(stack, simulator.endian, { mode: "interpreter" });
  }

  observe(records: Uint8Array): void {
    const asked = this.asked(records);
    this.evaluator.markBatch(
      asked,
      this.filters.map(({ marks }) => marks),
    );
  }

  close(): void {
    this.evaluator.close();
  }

  /** Without those that the kernel allows by itself. */
  private asked(records: Uint8Array): Uint8Array {
    const { endian, target } = this.simulator;
    if (exceptionsOf(target.kernel).length === 0) return records;
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    const little = endian === "little";
    const kept = new Uint8Array(records.length);
    let length = 0;
    for (let at = 0; at + RECORD_SIZE <= records.length; at += RECORD_SIZE) {
      const nr = view.getUint32(at, little);
      if (alwaysAllowed({ nr, arch: view.getUint32(at + 4, little) }, target.kernel)) continue;
      kept.set(records.subarray(at, at + RECORD_SIZE), length);
      length += RECORD_SIZE;
    }
    return kept.subarray(0, length);
  }
}

export function filterCoverage({
  name,
  instructions,
  targets,
  marks,
}: MarkedFilter): FilterCoverage {
  const notExecuted: number[] = [];
  const notTaken: { pc: number; side: "true" | "false" }[] = [];
  let edges = 0;
  let taken = 0;
  instructions.forEach(({ code }, pc) => {
    const mark = marks[pc] ?? 0;
    if (mark === 0) notExecuted.push(pc);
    if (!isConditionalJump(code)) return;
    edges += 2;
    taken += (mark & 2 ? 1 : 0) + (mark & 4 ? 1 : 0);
    if (mark !== 0 && (mark & 2) === 0) notTaken.push({ pc, side: "true" });
    if (mark !== 0 && (mark & 4) === 0) notTaken.push({ pc, side: "false" });
  });
  const { length } = instructions;
  return {
    name,
    targets: [...targets],
    instructions: { covered: length - notExecuted.length, total: length },
    edges: { covered: taken, total: edges },
    notExecuted,
    notTaken,
  };
}
