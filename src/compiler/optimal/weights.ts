import type { Endian } from "../../bpf/instruction.js";
import { RECORD_SIZE } from "../../seccomp/record.js";
import { type Choice, choicesFrom, type Node } from "./graph.js";

/** For each choice, how often each of its intervals is met. */
export type Weights = ReadonlyMap<Choice, Float64Array>;

/** This part of the calls is taken as spread over all ways, so that none counts for nothing. */
const SPREAD = 0.03;
/** Ways through a program double with each choice; beyond this they all count as many. */
const MOST_WAYS = 1e6;

/** Without records: each way through the program counts as much as any other. */
export function evenWeights(root: Node): Weights {
  const weights = new Map<Choice, Float64Array>();
  const ways = new Map<Choice, number>();
  for (const choice of choicesFrom(root).reverse()) {
    const counts = Float64Array.from(choice.targets, (target) =>
      target.kind === "outcome" ? 1 : (ways.get(target) as number),
    );
    weights.set(choice, counts);
    ways.set(choice, Math.min(MOST_WAYS, sum(counts)));
  }
  return weights;
}

/** Counted over records (whole, in the given byte order), as shares of their number. */
export function countedWeights(root: Node, records: Uint8Array, endian: Endian): Weights {
  const weights = new Map<Choice, Float64Array>();
  const even = evenWeights(root);
  const all = root.kind === "choice" ? sum(even.get(root) as Float64Array) : 1;
  for (const [choice, ways] of even) {
    const spread = ways.map((share) => (share * SPREAD) / all);
    weights.set(choice, spread);
  }
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const count = records.byteLength / RECORD_SIZE;
  for (let first = 0; first < records.byteLength; first += RECORD_SIZE) {
    let at = root;
    while (at.kind === "choice") {
      const word = view.getUint32(first + at.offset, endian === "little");
      const interval = find(at.cuts, (word & at.mask) >>> 0);
      const counts = weights.get(at) as Float64Array;
      counts[interval] = (counts[interval] as number) + 1 / count;
      at = at.targets[interval] as Node;
    }
  }
  return weights;
}

function sum(weights: Float64Array): number {
  return weights.reduce((a, b) => a + b, 0);
}

/** The last cut that is not above the value. */
function find(cuts: readonly number[], value: number): number {
  let low = 0;
  let high = cuts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((cuts[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
