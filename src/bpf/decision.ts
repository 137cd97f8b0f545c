import type { Instruction } from "./instruction.js";
import * as op from "./opcode.js";

/**
 * A filter as a graph of decisions: which 32-bit word of `struct seccomp_data` is tested, and what
 * comes of it. Nodes are shared; there are no cycles.
 */
export type Decision = Leaf | Test;

/** What is returned. */
export interface Leaf {
  readonly kind: "leaf";
  /** The SECCOMP_RET_* word. */
  readonly ret: number;
  /** The rule behind it, where the graph was made from rules; none is the default action. */
  readonly rule?: number;
}

/** `(word at offset & mask)` compared with `k`, unsigned. */
export interface Test {
  readonly kind: "test";
  /** Byte offset of the word in the record: 0 nr, 4 arch, 8 ip, 16 args, as `ld` counts. */
  readonly offset: number;
  readonly mask: number;
  readonly op: "eq" | "gt";
  readonly k: number;
  readonly yes: Decision;
  readonly no: Decision;
}

export const ALL_BITS = 0xffffffff;

/** The outcome of one test for a word. */
export function holds({ mask, op, k }: Pick<Test, "mask" | "op" | "k">, word: number): boolean {
  const value = (word & mask) >>> 0;
  return op === "eq" ? value === k : value > k;
}

/** Follows the graph for one record, given as its words by offset. */
export function follow(decision: Decision, wordAt: (offset: number) => number): Leaf {
  let at = decision;
  while (at.kind === "test") at = holds(at, wordAt(at.offset)) ? at.yes : at.no;
  return at;
}

/** What a register or scratch word holds: a number, or some bits of a word of the record. */
type Value = number | { readonly offset: number; readonly mask: number };

interface State {
  readonly A: Value;
  readonly X: Value;
  readonly M: readonly Value[];
}

/** More decisions than any filter that is written by people or compilers has. */
const MAX_DECISIONS = 200_000;

class NotADecision extends Error {}

/**
 * The graph of a program that the kernel accepts; `undefined` for one that calculates with words of the
 * record other than by AND, or returns them, and for one that is too entangled.
 */
export function decisionsOf(program: readonly Instruction[]): Decision | undefined {
  try {
    return new Unraveller(program).from(pointAt(0, { A: 0, X: 0, M: [] }));
  } catch (error) {
    if (error instanceof NotADecision) return undefined;
    throw error;
  }
}

/** A point of the program and what the registers hold there. */
interface Point {
  /** The same for equal points. */
  readonly key: string;
  readonly pc: number;
  readonly state: State;
}

/** A test between two points. */
type Fork = Omit<Test, "yes" | "no"> & { readonly yes: Point; readonly no: Point };

class Unraveller {
  private readonly known = new Map<string, Decision>();

  constructor(private readonly program: readonly Instruction[]) {}

  /**
   * The decision from a point on; each jump lies further on, so this ends. Chains of tests are as long
   * as programs: the points still to be decided stand in a list, not on the stack.
   */
  from(start: Point): Decision {
    const forks = new Map<string, Fork>();
    const open = [start];
    for (let point = open.at(-1); point !== undefined; point = open.at(-1)) {
      const { key } = point;
      const fork = this.known.has(key) ? undefined : (forks.get(key) ?? this.run(point));
      if (fork === undefined || fork.kind === "leaf") {
        if (fork !== undefined) this.know(key, fork);
        open.pop();
        continue;
      }
      forks.set(key, fork);
      const yes = this.known.get(fork.yes.key);
      const no = this.known.get(fork.no.key);
      if (yes === undefined) open.push(fork.yes);
      if (no === undefined) open.push(fork.no);
      if (yes === undefined || no === undefined) continue;
      this.know(key, { ...fork, yes, no });
      open.pop();
    }
    return this.known.get(start.key) as Decision;
  }

  private know(key: string, decision: Decision): void {
    if (this.known.size >= MAX_DECISIONS) throw new NotADecision();
    this.known.set(key, decision);
  }

  /** Runs to the next test or return. */
  private run({ pc: start, state: entered }: Point): Leaf | Fork {
    let state = entered;
    for (let pc = start; ; pc++) {
      const instruction = this.program[pc];
      if (instruction === undefined) throw new NotADecision();
      const { code, k } = instruction;
      switch (code & 0x07) {
        case op.BPF_RET:
          return this.leaf(code === op.RET_K ? k : state.A);
        case op.BPF_JMP: {
          if (code === op.JA) {
            pc += k;
            break;
          }
          const next = this.jump(instruction, pc, state);
          if (typeof next === "object") return next;
          pc = next - 1;
          break;
        }
        default: {
          const after = step(instruction, state);
          if (after === "killed") return this.leaf(0);
          state = after;
        }
      }
    }
  }

  private leaf(value: Value): Leaf {
    if (typeof value !== "number") throw new NotADecision();
    return { kind: "leaf", ret: value >>> 0 };
  }

  /** Where a conditional jump leads, or the test that it makes. */
  private jump({ code, jt, jf, k }: Instruction, pc: number, state: State): Fork | number {
    const operand = (code & op.BPF_X) === 0 ? k : state.X;
    if (typeof operand !== "number") throw new NotADecision();
    const yesAt = pc + 1 + jt;
    const noAt = pc + 1 + jf;
    if (yesAt === noAt) return yesAt;
    const { A } = state;
    const mask = typeof A === "number" ? ALL_BITS : A.mask;
    const test = asTest(code & 0xf0, mask, operand >>> 0);
    if (typeof test === "boolean") return test ? yesAt : noAt;
    const [yes, no] = test.negated ? [noAt, yesAt] : [yesAt, noAt];
    if (typeof A === "number") return holds(test, A) ? yes : no;
    return {
      kind: "test",
      offset: A.offset,
      mask: test.mask,
      op: test.op,
      k: test.k,
      yes: pointAt(yes, state),
      no: pointAt(no, state),
    };
  }
}

type Comparison = Pick<Test, "mask" | "op" | "k"> & { readonly negated: boolean };

/** A jump's condition on masked bits, as one of two comparisons; a boolean where it is settled. */
function asTest(jump: number, mask: number, k: number): Comparison | boolean {
  switch (jump) {
    case op.BPF_JEQ:
      return (k & ~mask) !== 0 ? false : { mask, op: "eq", k, negated: false };
    case op.BPF_JGT:
      return k >= mask >>> 0 ? false : { mask, op: "gt", k, negated: false };
    case op.BPF_JGE:
      if (k === 0) return true;
      return k > mask >>> 0 ? false : { mask, op: "gt", k: k - 1, negated: false };
    default: {
      const bits = (mask & k) >>> 0;
      return bits === 0 ? false : { mask: bits, op: "eq", k: 0, negated: true };
    }
  }
}

function pointAt(pc: number, state: State): Point {
  const { A, X, M } = state;
  const registers = `${pc} ${valueKey(A)} ${valueKey(X)}`;
  return { key: M.length === 0 ? registers : [registers, ...M.map(valueKey)].join(" "), pc, state };
}

function valueKey(value: Value | undefined): string {
  return typeof value === "object" ? `${value.offset}&${value.mask}` : `${value ?? ""}`;
}

/** What an instruction that neither jumps nor returns does; "killed" = division by zero. */
function step({ code, k }: Instruction, state: State): State | "killed" {
  const { A, X, M } = state;
  const mode = code & 0xe0;
  switch (code & 0x07) {
    case op.BPF_LD:
      if (mode === op.BPF_ABS) return { ...state, A: { offset: k, mask: ALL_BITS } };
      return { ...state, A: mode === op.BPF_MEM ? (M[k] ?? 0) : mode === op.BPF_LEN ? 64 : k };
    case op.BPF_LDX:
      return { ...state, X: mode === op.BPF_MEM ? (M[k] ?? 0) : mode === op.BPF_LEN ? 64 : k };
    case op.BPF_ST:
    case op.BPF_STX: {
      const memory = Array.from({ length: Math.max(M.length, k + 1) }, (_, i) => M[i] ?? 0);
      memory[k] = (code & 0x07) === op.BPF_ST ? A : X;
      return { ...state, M: memory };
    }
    case op.BPF_MISC:
      return (code & 0xf8) === op.BPF_TXA ? { ...state, A: X } : { ...state, X: A };
    default: {
      const operand = (code & op.BPF_X) === 0 ? k : X;
      const result = calculate(code & 0xf0, A, operand);
      return result === "killed" ? result : { ...state, A: result };
    }
  }
}

/** linux kernel/bpf/core.c: 32-bit arithmetic; shifts by X use five bits. */
function calculate(operation: number, A: Value, operand: Value): Value | "killed" {
  if (operation === op.BPF_AND && typeof operand === "number" && typeof A !== "number") {
    const mask = (A.mask & operand) >>> 0;
    return mask === 0 ? 0 : { offset: A.offset, mask };
  }
  if (typeof operand !== "number" && operation !== op.BPF_NEG) throw new NotADecision();
  if (typeof A !== "number") throw new NotADecision();
  const k = typeof operand === "number" ? operand >>> 0 : 0;
  const a = A >>> 0;
  switch (operation) {
    case op.BPF_ADD:
      return (a + k) >>> 0;
    case op.BPF_SUB:
      return (a - k) >>> 0;
    case op.BPF_MUL:
      return Math.imul(a, k) >>> 0;
    case op.BPF_DIV:
      return k === 0 ? "killed" : Math.floor(a / k);
    case op.BPF_OR:
      return (a | k) >>> 0;
    case op.BPF_AND:
      return (a & k) >>> 0;
    case op.BPF_XOR:
      return (a ^ k) >>> 0;
    case op.BPF_LSH:
      return (a << (k & 31)) >>> 0;
    case op.BPF_RSH:
      return a >>> (k & 31);
    case op.BPF_NEG:
      return -a >>> 0;
    default:
      throw new NotADecision();
  }
}
