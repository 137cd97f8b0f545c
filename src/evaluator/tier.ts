import {
  type Answerer,
  compileResidual,
  type EvaluatorMode,
  encodeResidual,
  makeTables,
  type Question,
  tableAnswerer,
} from "./jit.js";
import type { Machine } from "./module.js";

/** From this many records on, tables and compilation pay for themselves. */
const WORTHWHILE = 4096;

/** The stack's own words, as the kernel acts on them. */
const STACK: Question = { filter: -1, raw: false };

/** Chooses what answers a machine's batches, and keeps what was compiled. */
export class Tiers {
  readonly #machine: Machine;
  readonly #filterCount: number;
  readonly #wanted: EvaluatorMode | "auto";
  /** No filter returns an ALLOW with data: raw words are the kernel's. Finding out takes a while. */
  readonly #allowsPlainly: boolean;
  /** By question: how many records it was asked for, and its answer by table. */
  readonly #seen = new Map<number, number>();
  readonly #answerers = new Map<number, Answerer>();
  /** What single calls need, ready at hand: they are called often. */
  readonly #stackKey: number;
  readonly #keep: number;
  readonly #decideOne: Machine["decideOne"];
  /** The question that the machine's tables answer; it has room for one. */
  #tables: number | undefined;
  #preferred: number | undefined;
  #mode: EvaluatorMode = "interpreter";

  constructor(machine: Machine, filterCount: number, wanted: EvaluatorMode | "auto") {
    this.#machine = machine;
    this.#filterCount = filterCount;
    this.#wanted = filterCount === 0 ? "interpreter" : wanted;
    this.#allowsPlainly = filterCount > 0 && machine.allowsWithData() === 0;
    const question = this.#simplify(STACK);
    this.#stackKey = keyOf(question);
    this.#keep = question.raw ? 1 : 0;
    this.#decideOne = machine.decideOne;
    if (this.#wanted === "table" || this.#wanted === "jit") this.choose(STACK, 0);
  }

  /** What answered last. */
  get mode(): EvaluatorMode {
    return this.#mode;
  }

  /** What answers `count` records; memory may grow. */
  choose(asked: Question, count: number): Answerer {
    const question = this.#simplify(asked);
    const key = keyOf(question);
    const answerer = this.#byTable(key, count)
      ? this.#makeTables(question, key)
      : interpreterAnswerer(this.#machine, question);
    this.#mode = answerer.mode;
    return answerer;
  }

  /** Tells the tables which architecture most records are of. */
  prefer(arch: number): void {
    if (arch === this.#preferred) return;
    this.#preferred = arch;
    this.#machine.prefer(arch);
  }

  /** The stack's word for the record at an address, in little-endian order. */
  one(address: number): number {
    if (this.#tables === this.#stackKey) return this.#decideOne(address, this.#keep) >>> 0;
    const machine = this.#machine;
    this.choose(STACK, 1).records(address, machine.RESULTS, 1);
    return new DataView(machine.memory.buffer).getUint32(machine.RESULTS, true);
  }

  /** The simplest question with the same answers. */
  #simplify({ filter, raw }: Question): Question {
    const only = filter === 0 && this.#filterCount === 1;
    if (only) return { filter: -1, raw: true };
    return { filter, raw: raw || filter >= 0 || this.#allowsPlainly };
  }

  #byTable(key: number, count: number): boolean {
    if (this.#wanted === "interpreter") return false;
    if (this.#wanted !== "auto" || this.#tables === key) return true;
    const seen = (this.#seen.get(key) ?? 0) + count;
    this.#seen.set(key, seen);
    // Tables that are there may be in use: only a large job takes their place.
    return (this.#tables === undefined ? seen : count) >= WORTHWHILE;
  }

  #makeTables(question: Question, key: number): Answerer {
    const machine = this.#machine;
    const known = this.#answerers.get(key);
    if (this.#tables === key && known) return known;
    this.#tables = undefined;
    if (!makeTables(machine, question)) return interpreterAnswerer(machine, question);
    this.#tables = key;
    this.#preferred = undefined;
    const nothingLeft = machine.residuals() === 0;
    if (known) {
      // Its code is there, but constants that it reads from memory went with the other tables.
      if (known.mode === "jit" && !nothingLeft) encodeResidual(machine, question);
      return known;
    }
    const compiled =
      this.#wanted === "table" || nothingLeft ? undefined : compileResidual(machine, question);
    const jit = this.#wanted !== "table" && (nothingLeft || compiled !== undefined);
    const made = tableAnswerer(machine, question, compiled, jit ? "jit" : "table");
    this.#answerers.set(key, made);
    return made;
  }
}

/** A number for each question: single calls compare it, and numbers compare fastest. */
function keyOf({ filter, raw }: Question): number {
  return filter * 2 + (raw ? 1 : 0);
}

function interpreterAnswerer(machine: Machine, { filter, raw }: Question): Answerer {
  return {
    mode: "interpreter",
    records(records, results, count) {
      if (filter < 0) machine.decide(records, results, count, raw ? 1 : 0);
      else machine.run(records, results, count, filter);
    },
  };
}
