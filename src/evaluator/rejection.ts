import type { Instruction } from "../bpf/instruction.js";
import { opcodeName } from "../bpf/opcode.js";

/** Why the kernel would not load a program; stable words. */
export type RejectionReason =
  | "empty"
  | "too-long"
  | "unknown-opcode"
  | "division-by-zero"
  | "shift-too-large"
  | "scratch-index"
  | "jump-out-of-bounds"
  | "unknown-ancillary"
  | "no-return-at-end"
  | "scratch-uninitialized"
  | "not-for-seccomp"
  | "load-out-of-bounds"
  | "load-unaligned"
  | "chain-too-long";

export interface Rejection {
  readonly ok: false;
  /** What `seccomp(2)` fails with. */
  readonly errno: "EINVAL" | "ENOMEM";
  readonly reason: RejectionReason;
  /** The instruction at fault, where there is one. */
  readonly pc: number | undefined;
  /** A sentence that names the operand and the limit. */
  readonly message: string;
}

/** In the order of the numbers in assembly/verify.ts, from 1. */
const REASONS: readonly RejectionReason[] = [
  "empty",
  "too-long",
  "unknown-opcode",
  "division-by-zero",
  "shift-too-large",
  "scratch-index",
  "jump-out-of-bounds",
  "unknown-ancillary",
  "no-return-at-end",
  "scratch-uninitialized",
  "not-for-seccomp",
  "load-out-of-bounds",
  "load-unaligned",
  "chain-too-long",
];

const WITHOUT_PC: ReadonlySet<RejectionReason> = new Set(["empty", "too-long", "chain-too-long"]);

/** The machine's reason number as a rejection of `instructions`. */
export function rejection(
  number: number,
  failedPc: number,
  instructions: readonly Instruction[],
  chain = 0,
): Rejection {
  const reason = REASONS[number - 1];
  if (reason === undefined) throw new Error(`the machine gave an unknown reason ${number}`);
  const pc = WITHOUT_PC.has(reason) ? undefined : failedPc;
  return {
    ok: false,
    errno: reason === "chain-too-long" ? "ENOMEM" : "EINVAL",
    reason,
    pc,
    message: sentence(reason, pc ?? 0, instructions, chain),
  };
}

function sentence(
  reason: RejectionReason,
  pc: number,
  instructions: readonly Instruction[],
  chain: number,
): string {
  const { code, jt, jf, k } = instructions[pc] ?? { code: 0, jt: 0, jf: 0, k: 0 };
  const length = instructions.length;
  const at = `instruction ${pc}`;
  const name = opcodeName(code) ?? hex(code);
  switch (reason) {
    case "empty":
      return "the program has no instructions";
    case "too-long":
      return `the program has ${length} instructions; the kernel takes at most 4096`;
    case "unknown-opcode":
      return `${at} has the opcode ${hex(code)}, which no classic BPF program may have`;
    case "division-by-zero":
      return `${at} (${name}) divides by the constant 0`;
    case "shift-too-large":
      return `${at} (${name}) shifts by ${k}; a constant shift is at most 31`;
    case "scratch-index":
      return `${at} (${name}) uses scratch word M[${k}]; there are M[0] to M[15]`;
    case "jump-out-of-bounds": {
      const targets = (code & 0xf0) === 0 ? [pc + 1 + k] : [pc + 1 + jt, pc + 1 + jf];
      const target = targets.find((to) => to >= length);
      return `${at} (${name}) jumps to ${target}, behind the last instruction ${length - 1}`;
    }
    case "unknown-ancillary":
      return `${at} (${name}) loads from ${hex(k)}, an ancillary word that the kernel does not have`;
    case "no-return-at-end":
      return `the last instruction (${name}) is not a return`;
    case "scratch-uninitialized":
      return `${at} (${name}) reads scratch word M[${k}], which is not written on every path to it`;
    case "not-for-seccomp":
      return `${at} (${name}) is for socket filters only; seccomp refuses it`;
    case "load-out-of-bounds":
      return `${at} (${name}) loads the word at byte ${k}; seccomp_data has bytes 0 to 63`;
    case "load-unaligned":
      return `${at} (${name}) loads the word at byte ${k}, which is not a multiple of 4`;
    case "chain-too-long":
      return (
        "the filters of this stack are too long together: after the kernel's translation they count " +
        `${chain}, and at most 32768 are allowed`
      );
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}
