import type { ArchName } from "../abi/architecture.js";
import type { Instruction } from "../bpf/instruction.js";

/** libseccomp's comparison operators (libseccomp include/seccomp.h.in `scmp_compare`). */
export type CompareOp = "NE" | "LT" | "LE" | "EQ" | "GE" | "GT" | "MASKED_EQ";

/** One `struct scmp_arg_cmp`. */
export interface Condition {
  /** 0..5; others are an error of the rule. */
  readonly index: number;
  readonly op: CompareOp;
  /** Unsigned 64 bits; with MASKED_EQ the mask. */
  readonly value: bigint;
  /** With MASKED_EQ the expected value, otherwise unused. */
  readonly valueTwo: bigint;
}

/** One `seccomp_rule_add` call. */
export interface FilterRule {
  /** The SECCOMP_RET_* word, data included. */
  readonly action: number;
  /** A name, resolved on the native architecture, or a raw number. */
  readonly syscall: string | number;
  readonly conditions: readonly Condition[];
}

/**
 * Why an instruction is there. Jumps of a syscall's chain carry, per side, the rules (indexes into the
 * calls made) whose action that side leads to.
 */
export interface InstructionOrigin {
  readonly kind:
    | "arch"
    | "abi"
    | "syscall"
    | "tree"
    | "condition"
    | "return"
    | "jump"
    | "load"
    | "stub";
  /** For `syscall`: which one this jump tests. For `arch`: the architecture tested. */
  readonly arch?: ArchName;
  readonly nr?: number;
  /** Rules reached by the true or false side (`syscall`: the unconditional rule on the true side). */
  /** `syscall`: every rule of this entry. */
  readonly rules?: readonly number[];
  readonly whenTrue?: readonly number[];
  readonly whenFalse?: readonly number[];
}

/** A program with its provenance: `origins[pc]` tells where `instructions[pc]` came from. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly origins: readonly InstructionOrigin[];
}
