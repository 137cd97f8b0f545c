import type { Instruction } from "../../src/bpf/instruction.js";
import { JEQ_K } from "../../src/bpf/opcode.js";

const JUMPS = 0x05;

/** A listing in which jumps beyond `end` are told from there. */
function listing(filter: readonly Instruction[], from: number, to: number, end: number): string {
  const lines = filter.slice(from, to).map(({ code, jt, jf, k }, i) => {
    const jump = (distance: number) => {
      const at = from + i + 1 + distance;
      return at < end ? `+${distance}` : `end+${at - end}`;
    };
    if ((code & 7) !== JUMPS) return `${code} ${k}`;
    return code === JUMPS ? `${code} ${jump(k)}` : `${code} ${k} ${jump(jt)} ${jump(jf)}`;
  });
  return lines.join("\n");
}

/**
 * A program with runc's stub at its front, without the stub's order of architectures, which is random:
 * its sections by their tokens, its end, and what comes after it, instruction by instruction.
 */
export function orderless(filter: readonly Instruction[], stubLength: number): readonly string[] {
  const rest = listing(filter, stubLength, filter.length, filter.length);
  if (stubLength === 0) return [rest];
  const end = stubLength - 2;
  const starts: [token: number, at: number][] = [];
  let head = 1;
  for (; filter[head]?.code === JEQ_K; head++) {
    const { k, jt, jf } = filter[head] as Instruction;
    starts.push([k, head + 1 + jt]);
    if (jf !== 0) throw new Error("the stub's tests of architectures fall through");
  }
  const sections = starts.map(([token, at]) => {
    const next = Math.min(end, ...starts.map(([, other]) => other).filter((other) => other > at));
    return `${token >>> 0}:\n${listing(filter, at, next, end)}`;
  });
  return [
    listing(filter, 0, 1, end),
    ...sections.sort(),
    listing(filter, head, head + 1, end),
    listing(filter, end, stubLength, end),
    rest,
  ];
}
