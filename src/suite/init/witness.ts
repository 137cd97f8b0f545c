import { compareDecisions, type Region } from "../../bpf/compare.js";
import type { Decision, Leaf } from "../../bpf/decision.js";
import type { Endian } from "../../bpf/instruction.js";
import type { SeccompData } from "../../seccomp/record.js";

const NOWHERE: Leaf = { kind: "leaf", ret: 0 };

/** A record of the region that a decision leads to a wanted leaf; `undefined` if there is none, or none is found. */
export function witnessOf(
  decision: Decision,
  region: Region,
  endian: Endian,
  wanted: (leaf: Leaf) => boolean,
): SeccompData | undefined {
  const same = (leaf: Leaf): boolean => !wanted(leaf);
  const found = compareDecisions(decision, NOWHERE, region, { same });
  if (found.kind !== "different") return undefined;
  const word = (offset: number): bigint => BigInt(found.words.get(offset) ?? 0);
  const wide = (offset: number): bigint =>
    endian === "little"
      ? (word(offset + 4) << 32n) | word(offset)
      : (word(offset) << 32n) | word(offset + 4);
  return {
    nr: Number(word(0)),
    arch: Number(word(4)),
    ip: 0n,
    args: [0, 1, 2, 3, 4, 5].map((i) => wide(16 + 8 * i)),
  };
}
