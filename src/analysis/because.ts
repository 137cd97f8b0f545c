import { ARCHITECTURES } from "../abi/architecture.js";
import { isConditionalJump } from "../bpf/opcode.js";
import type { InstructionOrigin } from "../compiler/model.js";
import type { CompiledFilter, RuleCall } from "../runtime/compile.js";
import type { Verdict } from "../seccomp/verdict.js";

/** Why a call got its verdict. */
export type Because =
  /** A rule of the profile: `entry` counts `syscalls` from 0. */
  | {
      readonly kind: "entry";
      readonly file: string;
      readonly line: number;
      readonly column: number;
      readonly entry: number;
    }
  /** No rule matched: the profile's default action. */
  | { readonly kind: "default"; readonly file: string; readonly line: number }
  /** The runtime's ENOSYS stub in front of the filter. */
  | { readonly kind: "stub"; readonly file: string }
  /** An architecture that the filter does not serve. */
  | { readonly kind: "badArch"; readonly file: string }
  /** No filter was asked: there is none, or strict mode, or a call that the kernel always allows. */
  | { readonly kind: "mode"; readonly file: undefined; readonly detail: string }
  /** A filter without a profile: the RET that decided. */
  | { readonly kind: "filter"; readonly file: string; readonly pc: number };

/** What a call gets, and why. */
export interface Answer {
  readonly verdict: Verdict;
  /** The word that the deciding filter returned. */
  readonly ret: number;
  readonly because: Because;
}

interface Branch {
  readonly origin: InstructionOrigin;
  readonly k: number;
  readonly taken: boolean;
}

/**
 * Reads the reason off an executed path: `pcs` are the instructions executed, the last one the RET.
 *
 * The side taken at the last conditional jump leads to that RET by plain jumps only, so the rules noted
 * for the side are the ones whose action it is. libseccomp shares equal blocks between syscalls;
 * hence only rules of the syscall tested count, where any is left.
 */
export function explainPath(filter: CompiledFilter, pcs: readonly number[], ret: number): Because {
  const { file } = filter.policy;
  if ((pcs.at(-1) ?? 0) < filter.stubLength) return { kind: "stub", file };
  const last = branchBefore(filter, pcs, pcs.length - 1);
  const rules = decidingRules(filter, pcs, last, ret);
  const rule = rules[0];
  if (rule) {
    const { line, column } = rule.place;
    return { kind: "entry", file: rule.place.file, line, column, entry: rule.entry };
  }
  if (servesNoArch(last)) return { kind: "badArch", file };
  return { kind: "default", file, line: filter.policy.defaultPlace?.line ?? 1 };
}

/** The last conditional jump before a step of the path, of those that `wanted` likes. */
function branchBefore(
  filter: CompiledFilter,
  pcs: readonly number[],
  step: number,
  wanted: (branch: Branch) => boolean = () => true,
): Branch | undefined {
  const { instructions, origins } = filter.program;
  for (let i = step - 1; i >= 0; i--) {
    const pc = pcs[i] ?? 0;
    const instruction = instructions[pc];
    const origin = origins[pc];
    if (pc < filter.stubLength || !instruction || !origin) continue;
    if (!isConditionalJump(instruction.code)) continue;
    const branch = { origin, k: instruction.k, taken: pcs[i + 1] === pc + 1 + instruction.jt };
    if (wanted(branch)) return branch;
  }
  return undefined;
}

function decidingRules(
  filter: CompiledFilter,
  pcs: readonly number[],
  last: Branch | undefined,
  ret: number,
): RuleCall[] {
  const side = (last?.taken ? last.origin.whenTrue : last?.origin.whenFalse) ?? [];
  const isMatch = ({ origin, taken }: Branch): boolean => origin.kind === "syscall" && taken;
  const entry = branchBefore(filter, pcs, pcs.length - 1, isMatch)?.origin.rules ?? [];
  const withAction = (indexes: readonly number[]): RuleCall[] =>
    indexes
      .flatMap((index) => filter.calls[index] ?? [])
      .filter((rule) => rule.action >>> 0 === ret >>> 0);
  const shared = withAction(side);
  const own = withAction(side.filter((index) => entry.includes(index)));
  return own.length > 0 ? own : shared;
}

/** Did the path leave at the architecture test, or at the x86_64/x32 test of the number (libseccomp src/gen_bpf.c `_gen_bpf_arch`)? */
function servesNoArch(last: Branch | undefined): boolean {
  if (last === undefined) return true;
  if (last.origin.kind === "arch") return !last.taken;
  if (last.origin.kind !== "abi" || last.taken) return false;
  // `jge 0x40000000` guards x32 on its false side; x86_64 leaves where the number is not -1 either.
  return last.k !== ARCHITECTURES.x32.base || last.origin.arch === "x32";
}
