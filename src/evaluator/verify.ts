import type { Instruction } from "../bpf/instruction.js";
import { giveBackMachine, type Machine, takeMachine, writeProgram } from "./module.js";
import { type Rejection, rejection } from "./rejection.js";

export interface Acceptance {
  readonly ok: true;
  /** How long the program is after the kernel's translation, which the chain's limit counts. */
  readonly translatedLength: number;
}

/**
 * Would the kernel load this program as the first filter (linux net/core/filter.c
 * `bpf_check_classic`, kernel/seccomp.c `seccomp_check_filter`)? The first failing check in the
 * kernel's order is reported.
 *
 * ```ts
 * verifyFilter([{ code: 0x06, jt: 0, jf: 0, k: 0x7fff0000 }]); // { ok: true, translatedLength: 5 }
 * ```
 */
export function verifyFilter(instructions: readonly Instruction[]): Acceptance | Rejection {
  return withMachine((machine) => {
    writeProgram(machine, instructions);
    const reason = machine.verify(instructions.length);
    if (reason !== 0) return rejection(reason, machine.failedPc(), instructions);
    return { ok: true, translatedLength: machine.translatedLength(instructions.length) };
  });
}

function withMachine<T>(work: (machine: Machine) => T): T {
  const machine = takeMachine();
  try {
    return work(machine);
  } finally {
    giveBackMachine(machine);
  }
}

/**
 * Would the kernel load these filters one after another, oldest first? Adds the limit on the whole
 * chain: the new filter's translated length and, for each older one, its own plus 4, at most 32768.
 */
export function verifyStack(
  filters: readonly (readonly Instruction[])[],
): { readonly ok: true; readonly chainLength: number } | (Rejection & { readonly filter: number }) {
  return withMachine((machine) => loadStack(machine, filters));
}

/** Loads `filters` into an empty machine, stopping at the first that is refused. */
export function loadStack(
  machine: Machine,
  filters: readonly (readonly Instruction[])[],
): { readonly ok: true; readonly chainLength: number } | (Rejection & { readonly filter: number }) {
  let chainLength = 0;
  for (const [filter, instructions] of filters.entries()) {
    const before = machine.chainLength();
    writeProgram(machine, instructions);
    const reason = machine.loadFilter(instructions.length);
    const valid = reason === 0 || reason === CHAIN_TOO_LONG;
    if (valid) chainLength = before + machine.translatedLength(instructions.length);
    if (reason !== 0) {
      return { ...rejection(reason, machine.failedPc(), instructions, chainLength), filter };
    }
  }
  return { ok: true, chainLength };
}

const CHAIN_TOO_LONG = 14;
