import type { Room } from "../analysis/decider.js";
import type { Simulator } from "../analysis/simulator.js";
import { decodeRecord, encodeRecord, RECORD_SIZE, type SeccompData } from "../seccomp/record.js";
import { CallWriter } from "./enumerate.js";
import type { Expectation } from "./expectation.js";
import { provePattern } from "./prove.js";
import type { RunOptions } from "./runner.js";
import type { CallPattern, SuiteTarget } from "./suite.js";

/** Records that are evaluated at once: 1 MiB of them. */
const BATCH = 16_384;

/** Patterns of more calls are proven, rather than evaluated call by call. */
const MAX_ENUMERATED = 1n << 20n;
/** The same where the filters cannot be proven: some seconds. */
const MAX_UNPROVABLE = 1n << 24n;

/** Failed calls of a pattern that are kept to be shown. */
const MAX_WITNESSES = 10;

/** A pattern on its way through the batches. */
export interface PatternRun {
  readonly pattern: CallPattern;
  readonly failed: number;
  readonly witnesses: readonly SeccompData[];
  /** The words that its calls get, each once. */
  readonly words: readonly number[];
  readonly proven: boolean;
  readonly problem: string | undefined;
}

/** Most patterns have no witness. */
const NONE: readonly never[] = [];

class OpenRun implements PatternRun {
  failed = 0;
  proven = false;
  problem: string | undefined;
  witnesses: readonly SeccompData[] = NONE;
  words: readonly number[] = NONE;

  constructor(
    readonly pattern: CallPattern,
    readonly expect: Expectation | undefined,
  ) {}
}

/** Whether a word is as expected. */
type Accepts = (word: number) => boolean;

/** Evaluates the calls of many patterns together, in batches of bounded size. */
export class BatchRun {
  private readonly room: Room;
  /** The room's records, word by word. */
  private words: Uint32Array = new Uint32Array(0);
  private readonly writer: CallWriter;
  private readonly accepted = new Map<Expectation | undefined, Accepts>();
  /** Words by themselves: what most patterns get, so that they share it. */
  private readonly alone = new Map<number, readonly number[]>();
  /** The patterns whose calls are in the room, and where the calls of each end there. */
  private readonly runs: OpenRun[] = [];
  private readonly ends = new Uint32Array(BATCH);
  private filled = 0;
  private turned = false;

  constructor(
    private readonly simulator: Simulator,
    private readonly target: SuiteTarget,
    private readonly options: RunOptions,
  ) {
    this.room = simulator.allocate(BATCH);
    this.writer = new CallWriter(simulator.endian);
  }

  /** Takes a pattern in; its numbers are right after the next `flush`. */
  add(pattern: CallPattern, expect: Expectation | undefined): PatternRun {
    const run = new OpenRun(pattern, expect);
    if (pattern.count <= MAX_ENUMERATED || !this.prove(run)) this.enumerate(run);
    if (expect === undefined) {
      run.failed = Math.max(run.failed, 1);
      run.problem = "no verdict is recorded yet";
    }
    return run;
  }

  private acceptance(expect: Expectation | undefined): Accepts {
    const before = this.accepted.get(expect);
    if (before !== undefined) return before;
    const { simulator } = this;
    const known = new Map<number, boolean>();
    const accepts = (word: number): boolean => {
      let accepted = known.get(word);
      if (accepted === undefined) {
        accepted = expect?.matches(simulator.verdictOf(word), simulator.target.arch) ?? true;
        known.set(word, accepted);
      }
      return accepted;
    };
    this.accepted.set(expect, accepts);
    return accepts;
  }

  /** Takes note of a word that a call gets. */
  private meet(run: OpenRun, word: number): void {
    if (run.words.includes(word)) return;
    if (run.words.length > 0) {
      run.words = [...run.words, word];
      return;
    }
    run.words = this.alone.get(word) ?? [word];
    this.alone.set(word, run.words);
  }

  private enumerate(run: OpenRun): void {
    const { pattern } = run;
    if (run.problem !== undefined) return;
    const { writer } = this;
    writer.begin(pattern);
    for (let left = Number(pattern.count); left > 0; ) {
      if (this.filled === BATCH) this.flush();
      const written = writer.write(this.wordsOfRoom(), this.filled);
      this.filled += written;
      left -= written;
      this.ends[this.runs.length] = this.filled;
      this.runs.push(run);
    }
  }

  private wordsOfRoom(): Uint32Array {
    // When the memory has grown, the view before is empty.
    if (this.words.length === 0) {
      const { buffer, byteOffset, byteLength } = this.room.records;
      this.words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    }
    return this.words;
  }

  /** Whether the pattern needs no evaluation. */
  private prove(run: OpenRun): boolean {
    const { pattern } = run;
    const { simulator, target, options } = this;
    const observed: Uint8Array[] = [];
    const observe =
      options.observe && ((one: SeccompData) => observed.push(encodeRecord(one, simulator.endian)));
    const accepts = this.acceptance(run.expect);
    const proof = provePattern(simulator, pattern, accepts, MAX_WITNESSES, observe);
    this.turned = true;
    if (proof === undefined) {
      if (pattern.count <= MAX_UNPROVABLE) return false;
      run.problem =
        "this cannot be proven for every value: the filter calculates with them; give fewer values";
    } else if (!proof.complete && proof.failed === 0) {
      run.problem = "this could not be proven for every value: there are too many paths to look at";
    }
    run.proven = run.problem === undefined;
    run.failed = run.problem === undefined ? (proof?.failed ?? 0) : 1;
    run.witnesses = proof?.witnesses ?? NONE;
    for (const word of proof?.words ?? []) this.meet(run, word);
    if (observed.length > 0) {
      const records = new Uint8Array(observed.length * RECORD_SIZE);
      observed.forEach((one, i) => {
        records.set(one, i * RECORD_SIZE);
      });
      options.observe?.(simulator, target, records);
    }
    return true;
  }

  /** Whether there was much to do since it was last asked. */
  flushed(): boolean {
    const { turned } = this;
    this.turned = false;
    return turned;
  }

  /** Evaluates what is there. */
  flush(): void {
    const { simulator, filled, runs, ends } = this;
    if (filled === 0) return;
    const records = this.room.records.subarray(0, filled * RECORD_SIZE);
    const results = this.room.results.subarray(0, filled);
    simulator.evaluateBatch(records, results);
    let from = 0;
    runs.forEach((run, i) => {
      this.check(run, results, records, from, ends[i] as number);
      from = ends[i] as number;
    });
    runs.length = 0;
    this.filled = 0;
    this.turned = true;
    this.options.observe?.(simulator, this.target, records);
  }

  private check(
    run: OpenRun,
    results: Uint32Array,
    records: Uint8Array,
    from: number,
    to: number,
  ): void {
    const accepts = this.acceptance(run.expect);
    let last: number | undefined;
    let passed = true;
    for (let i = from; i < to; i++) {
      const word = results[i] as number;
      if (word !== last) {
        passed = accepts(word);
        this.meet(run, word);
        last = word;
      }
      if (passed) continue;
      run.failed++;
      if (run.witnesses.length >= MAX_WITNESSES) continue;
      const record = decodeRecord(records, this.simulator.endian, i * RECORD_SIZE);
      // Calls of one number are shown by their first.
      if (run.witnesses.at(-1)?.nr !== record.nr) run.witnesses = [...run.witnesses, record];
    }
  }
}
