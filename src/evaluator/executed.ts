import type { Endian, Instruction } from "../bpf/instruction.js";
import { RECORD_SIZE } from "../seccomp/record.js";
import { runReference } from "./reference.js";

/** How many instructions an accepted program executes for each record, in the given byte order. */
export function executedPerCall(
  program: readonly Instruction[],
  records: Uint8Array,
  endian: Endian,
): Uint32Array {
  const counts = new Uint32Array(records.length / RECORD_SIZE);
  for (let i = 0; i < counts.length; i++) {
    let count = 0;
    runReference(program, records.subarray(i * RECORD_SIZE, (i + 1) * RECORD_SIZE), endian, () => {
      count++;
    });
    counts[i] = count;
  }
  return counts;
}
