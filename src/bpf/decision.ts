import { RECORD_SIZE } from "../seccomp/record.js";
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

/** More decisions and steps than any filter that is written by people or compilers takes. */
const MAX_DECISIONS = 200_000;
const MAX_STEPS = 10_000_000;

class NotADecision extends Error {}

/** Words of the record that are known beforehand, by offset. */
export type KnownWords = ReadonlyMap<number, number>;

/**
 * The graph of a program that the kernel accepts; `undefined` for one that calculates with words of the
 * record other than by AND, or returns them, and for one that is too entangled.
 *
 * @param known with these words as they are; it may be calculated with them
 * @param maxSteps instructions that may be followed
 */
export function decisionsOf(
  program: readonly Instruction[],
  known: KnownWords = new Map(),
  maxSteps = MAX_STEPS,
): Decision | undefined {
  try {
    return new Unraveller(program, known, maxSteps).unravel();
  } catch (error) {
    if (error instanceof NotADecision) return undefined;
    throw error;
  }
}

/** A test whose sides are still to be found. */
type OpenTest = { -readonly [Key in keyof Test]: Test[Key] };

interface Pending {
  readonly test: OpenTest;
  readonly yesAt: number;
  readonly noAt: number;
  readonly state: State;
}

/** Works from a list rather than by recursion: a chain may be as long as the program. */
class Unraveller {
  private readonly known = new Map<string, Decision>();
  private readonly pending: Pending[] = [];
  private steps = 0;

  constructor(
    private readonly program: readonly Instruction[],
    private readonly words: KnownWords,
    private readonly maxSteps: number,
  ) {}

  /** Each jump lies further on, so this ends. */
  unravel(): Decision {
    const root = this.at(0, { A: 0, X: 0, M: [] });
    for (let next = this.pending.pop(); next !== undefined; next = this.pending.pop()) {
      const { test, yesAt, noAt, state } = next;
      test.yes = this.at(yesAt, state);
      test.no = this.at(noAt, state);
    }
    return root;
  }

  /** The decision from an instruction on. */
  private at(start: number, entered: State): Decision {
    const key = `${start} ${stateKey(entered)}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    if (this.known.size >= MAX_DECISIONS) throw new NotADecision();
    const found = this.run(start, entered);
    this.known.set(key, found);
    return found;
  }

  private run(start: number, entered: State): Decision {
    let state = entered;
    for (let pc = start; ; pc++) {
      const instruction = this.program[pc];
      if (instruction === undefined || ++this.steps > this.maxSteps) throw new NotADecision();
      const { code, k } = instruction;
      if (!op.SECCOMP_OPCODES.has(code)) throw new NotADecision();
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
          const after = step(instruction, state, this.words);
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
  private jump({ code, jt, jf, k }: Instruction, pc: number, state: State): Decision | number {
    const operand = (code & op.BPF_X) === 0 ? k : state.X;
    const yesAt = pc + 1 + jt;
    const noAt = pc + 1 + jf;
    if (yesAt === noAt) return yesAt;
    if (typeof operand !== "number") throw new NotADecision();
    const { A } = state;
    const mask = typeof A === "number" ? ALL_BITS : A.mask;
    const settled = asTest(code & 0xf0, mask, operand >>> 0);
    if (typeof settled === "boolean") return settled ? yesAt : noAt;
    const [yes, no] = settled.negated ? [noAt, yesAt] : [yesAt, noAt];
    if (typeof A === "number") return holds(settled, A) ? yes : no;
    const test: OpenTest = {
      kind: "test",
      offset: A.offset,
      mask: settled.mask,
      op: settled.op,
      k: settled.k,
      yes: OPEN,
      no: OPEN,
    };
    this.pending.push({ test, yesAt: yes, noAt: no, state });
    return test;
  }
}

const OPEN: Leaf = { kind: "leaf", ret: 0 };

/**
 * For every decision under `roots`, which words some test at or under it looks at: bit n for the word
 * at offset 4n.
 *
 * @param counts which tests count; all if absent
 */
export function wordsTested(
  roots: readonly Decision[],
  counts: (test: Test) => boolean = () => true,
): ReadonlyMap<Decision, number> {
  const words = new Map<Decision, number>();
  const work = [...roots];
  for (let at = work.at(-1); at !== undefined; at = work.at(-1)) {
    if (words.has(at)) {
      work.pop();
    } else if (at.kind === "leaf") {
      words.set(at, 0);
    } else {
      const yes = words.get(at.yes);
      const no = words.get(at.no);
      if (yes === undefined) work.push(at.yes);
      if (no === undefined) work.push(at.no);
      if (yes === undefined || no === undefined) continue;
      words.set(at, yes | no | (counts(at) ? 1 << (at.offset >> 2) : 0));
    }
  }
  return words;
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

function stateKey({ A, X, M }: State): string {
  const text = (value: Value | undefined): string =>
    value === undefined
      ? ""
      : typeof value === "number"
        ? `${value}`
        : `${value.offset}&${value.mask}`;
  return M.length === 0 ? `${text(A)} ${text(X)}` : [A, X, ...M].map(text).join(" ");
}

/** What an instruction that neither jumps nor returns does; "killed" = division by zero. */
function step({ code, k }: Instruction, state: State, words: KnownWords): State | "killed" {
  const { A, X, M } = state;
  const mode = code & 0xe0;
  switch (code & 0x07) {
    case op.BPF_LD:
      if (mode === op.BPF_ABS && (k >= RECORD_SIZE || k % 4 !== 0)) throw new NotADecision();
      if (mode === op.BPF_ABS) {
        return { ...state, A: words.get(k) ?? { offset: k, mask: ALL_BITS } };
      }
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

/** Every test of some decisions, once. */
export function decisionTests(roots: readonly Decision[]): readonly Test[] {
  return [...wordsTested(roots).keys()].filter((one) => one.kind === "test");
}
