import type { Instruction } from "../../bpf/instruction.js";
import { AND_K, JA, LD_W_ABS, RET_K } from "../../bpf/opcode.js";
import type { InstructionOrigin, Program } from "../model.js";
import type { Block } from "./block.js";
import { callsOf, type Entry } from "./entry.js";
import { FALSE, type Node, TRUE } from "./node.js";

/**
 * The program with its provenance, which is put together when it is first asked for: few who compile
 * a profile ask. `blocks` are those that the instructions stand in, `undefined` for bridges.
 */
export function originsOf(
  instructions: readonly Instruction[],
  blocks: readonly (Block | undefined)[],
): Program {
  let origins: readonly InstructionOrigin[] | undefined;
  return {
    instructions,
    get origins() {
      origins ??= instructions.map(({ code }, pc) => originOf(code, blocks[pc]));
      return origins;
    },
  };
}

function originOf(code: number, block: Block | undefined): InstructionOrigin {
  if (code === LD_W_ABS || code === AND_K) return { kind: "load" };
  if (code === RET_K) return { kind: "return" };
  if (code === JA) return { kind: "jump" };
  const source = block?.source;
  if (Array.isArray(source)) return conditionOrigin(source);
  if (source !== undefined && "unconditional" in source) return entryOrigin(source);
  return source as InstructionOrigin;
}

function entryOrigin(entry: Entry): InstructionOrigin {
  const { arch, nr, tree, unconditional } = entry;
  const rules = callsOf(entry).map(({ id }) => id);
  const whenTrue = tree === undefined ? { whenTrue: [unconditional.id] } : {};
  return { kind: "syscall", arch, nr, rules, ...whenTrue };
}

function conditionOrigin(nodes: readonly Node[]): InstructionOrigin {
  const rulesOf = (at: typeof TRUE | typeof FALSE): number[] => {
    const sides = nodes.map((node) => node.sides[at]).filter(({ hasAction }) => hasAction);
    return [...new Set(sides.map(({ rule }) => rule))];
  };
  const [whenTrue, whenFalse] = [rulesOf(TRUE), rulesOf(FALSE)];
  return {
    kind: "condition",
    ...(whenTrue.length > 0 ? { whenTrue } : {}),
    ...(whenFalse.length > 0 ? { whenFalse } : {}),
  };
}
