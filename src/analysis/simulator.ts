import { ARCHITECTURES } from "../abi/architecture.js";
import type { ParsedCall } from "../abi/call.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError, type Warning } from "../errors.js";
import { createEvaluator, type Evaluator, verifyFilter, verifyStack } from "../evaluator/index.js";
import { resolveProfile } from "../profile/resolve.js";
import { type CompiledFilter, compilePolicy } from "../runtime/compile.js";
import { SECCOMP_RET_ALLOW } from "../seccomp/action.js";
import { RECORD_SIZE, type SeccompData } from "../seccomp/record.js";
import { decodeVerdict, type Verdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";
import { type Answer, type Because, explainPath } from "./because.js";
import { createMode, type Mode } from "./mode.js";
import type { Source } from "./source.js";

/** A source and a target, ready to be asked. Owns memory of the machine: `close()` it. */
export interface Simulator {
  readonly target: Target;
  readonly endian: Endian;
  /** Filters that are loaded, oldest first; none when seccomp is off or in strict mode. */
  readonly filters: readonly LoadedFilter[];
  readonly warnings: readonly Warning[];
  evaluate(call: Pick<ParsedCall, "record">): Answer;
  /** `records`: n * 64 bytes in `endian`; `out` gets one word for each. */
  evaluateBatch(records: Uint8Array, out: Uint32Array): void;
  /**
   * Corrects words that the filters alone gave for `records`, where the kernel does not ask them.
   * `evaluateBatch` does it by itself; words from a pool of the same filters need it.
   */
  overrule(records: Uint8Array, words: Uint32Array): void;
  /** The verdict that a word of `evaluateBatch` stands for. */
  verdictOf(ret: number): Verdict;
  close(): void;
}

/** A program and, where it was made from a profile, how. */
export interface LoadedFilter {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  readonly compiled: CompiledFilter | undefined;
}

/** The filter that a source becomes on a target; `undefined` when it loads none. */
export function compileSource(
  source: Source,
  target: Target,
): { filter: LoadedFilter | undefined; warnings: readonly Warning[] } {
  const { name } = source;
  if (source.kind === "filter") {
    const { instructions } = source;
    requireLoadable(instructions, name);
    const expected = ARCHITECTURES[target.arch].endian;
    if (source.endian !== expected) {
      throw new SeccompSimError(
        "byte-order",
        `${name} is a ${source.endian}-endian filter, but ${target.arch} is ${expected}-endian`,
        { hint: "give the filter's architecture with --arch" },
      );
    }
    return { filter: { name, instructions, compiled: undefined }, warnings: source.warnings ?? [] };
  }
  if (source.kind !== "profile") return { filter: undefined, warnings: [] };
  const policy = resolveProfile(source.profile, target);
  const warnings = [...source.warnings, ...policy.warnings];
  if (policy.off) return { filter: undefined, warnings };
  const compiled = compilePolicy(policy, target);
  const { instructions } = compiled.program;
  requireLoadable(instructions, name);
  return { filter: { name, instructions, compiled }, warnings };
}

function requireLoadable(instructions: readonly Instruction[], name: string): void {
  const verified = verifyFilter(instructions);
  if (verified.ok) return;
  const where = verified.pc === undefined ? "" : ` at instruction ${verified.pc}`;
  throw new SeccompSimError(
    "filter-rejected",
    `the kernel would not load ${name}: ${verified.errno} (${verified.reason})${where}: ${verified.message}`,
  );
}

/**
 * Compiles `source` for `target` and puts the filters of `stack` (oldest first) on top of it, as a
 * process does that loads more filters later on.
 */
export function createSimulator(
  source: Source,
  target: Target,
  stack: readonly Source[] = [],
): Simulator {
  if (
    stack.some((one) => one.kind === "strict") ||
    (source.kind === "strict" && stack.length > 0)
  ) {
    throw new SeccompSimError("strict-stack", "strict mode cannot be combined with filters", {
      hint: "it is a mode of its own: the kernel answers EINVAL to a change of mode",
    });
  }
  const made = [source, ...stack].map((one) => compileSource(one, target));
  const filters = made.flatMap((one) => one.filter ?? []);
  const chain = verifyStack(filters.map(({ instructions }) => instructions));
  if (!chain.ok) {
    throw new SeccompSimError(
      "filter-rejected",
      `the kernel would not load these filters together: ${chain.errno} (${chain.reason}): ${chain.message}`,
    );
  }
  return new ReadySimulator(
    source,
    target,
    filters,
    made.flatMap((one) => one.warnings),
  );
}

class ReadySimulator implements Simulator {
  readonly endian: Endian;
  private readonly evaluator: Evaluator | undefined;
  private readonly mode: Mode;

  constructor(
    source: Source,
    readonly target: Target,
    readonly filters: readonly LoadedFilter[],
    readonly warnings: readonly Warning[],
  ) {
    this.endian = ARCHITECTURES[target.arch].endian;
    this.mode = createMode(source, filters.length > 0, target);
    if (filters.length > 0) {
      this.evaluator = createEvaluator(
        filters.map(({ instructions }) => instructions),
        this.endian,
      );
    }
  }

  evaluate({ record }: Pick<ParsedCall, "record">): Answer {
    const settled = this.mode.decide(record);
    if (settled) return settled;
    const { ret, index, pcs } = this.run(record);
    const filter = this.filters[index];
    const file = filter?.name ?? "";
    const because: Because = filter?.compiled
      ? explainPath(filter.compiled, pcs, ret)
      : { kind: "filter", file, pc: pcs.at(-1) ?? 0 };
    return { verdict: decodeVerdict(ret), ret, because };
  }

  evaluateBatch(records: Uint8Array, out: Uint32Array): void {
    if (this.evaluator) this.evaluator.evaluateBatch(records, out);
    else out.fill(SECCOMP_RET_ALLOW, 0, records.length / RECORD_SIZE);
    this.overrule(records, out);
  }

  overrule(records: Uint8Array, words: Uint32Array): void {
    this.mode.overrule(records, this.endian, words);
  }

  verdictOf(ret: number): Verdict {
    return this.mode.verdictOf(ret);
  }

  close(): void {
    this.evaluator?.close();
  }

  /** Asks every filter; says which decided and the path it took. */
  private run(record: SeccompData): { ret: number; index: number; pcs: number[] } {
    if (!this.evaluator) throw new Error("no filter is loaded");
    // Where everything allows, no filter matches; the oldest one then stands for all of them.
    const { ret, match: index = 0 } = this.evaluator.decide(record);
    const { steps } = this.evaluator.trace(record, index);
    return { ret, index, pcs: steps.map((step) => step.pc) };
  }
}
