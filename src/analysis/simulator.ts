import { ARCHITECTURES } from "../abi/architecture.js";
import { type ParsedCall, parseCall } from "../abi/call.js";
import type { Decision } from "../bpf/decision.js";
import { filterKey } from "../bpf/encode.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError, type Warning } from "../errors.js";
import { type TraceStep, verifyFilter, verifyStack } from "../evaluator/index.js";
import { once } from "../once.js";
import { readProfile } from "../profile/document.js";
import type { Policy } from "../profile/policy.js";
import type { Profile, ReadProfile } from "../profile/profile.js";
import { resolveProfile } from "../profile/resolve.js";
import { asTarget, type TargetOptions } from "../profile/target-options.js";
import { compilePolicy, type ReadPolicy, readPolicy } from "../runtime/compile.js";
import { SECCOMP_RET_ALLOW } from "../seccomp/action.js";
import { recordCount, requireRoom, type SeccompData } from "../seccomp/record.js";
import { decodeVerdict, describeEffect, type Verdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";
import type { Answer } from "./because.js";
import {
  type Decider,
  FilterDecider,
  type LoadedFilter,
  newRoom,
  ReadingDecider,
  type Room,
} from "./decider.js";
import { faultWarnings } from "./faults.js";
import { createMode, type Mode } from "./mode.js";
import { documentOf, type Source } from "./source.js";

/** A source and a target, ready to be asked. Owns memory of the machine: `close()` it. */
export interface Simulator {
  readonly target: Target;
  /** What it was made from: the profile or oldest filter, then what is loaded after it. */
  readonly sources: readonly Source[];
  readonly endian: Endian;
  /** Filters that are loaded, oldest first; none when seccomp is off or in strict mode. */
  readonly filters: readonly LoadedFilter[];
  /** What each source became, the oldest first. */
  readonly loaded: readonly LoadedSource[];
  readonly warnings: readonly Warning[];
  /**
   * Simulators with the same one give equal words to all calls; `undefined` where that takes more than
   * a look at the filters.
   */
  readonly fingerprint: string | undefined;
  /** A call as strace prints it (`mount`, `socket(AF_INET, SOCK_STREAM, 0)`), or parsed. */
  evaluate(call: string | Pick<ParsedCall, "record">): Answer;
  /** The same, with what it means and the instructions that were executed. */
  explain(call: string | Pick<ParsedCall, "record">): Explanation;
  /** `records`: n * 64 bytes in `endian`; `out` gets one word for each. */
  evaluateBatch(records: Uint8Array, out: Uint32Array): void;
  /** Room for `count` records and their words, from and to which `evaluateBatch` copies nothing. */
  allocate(count: number): Room;
  /**
   * Corrects words that the filters alone gave for `records`, where the kernel does not ask them.
   * `evaluateBatch` does it by itself; words from a pool of the same filters need it.
   */
  overrule(records: Uint8Array, words: Uint32Array): void;
  /**
   * All that is asked about calls of an architecture's token (`seccomp_data.arch`), as graphs of
   * decisions, newest filter first: what they return, combined, is the word of `evaluateBatch`.
   * `undefined` where a filter calculates, rather than decides.
   */
  decisions(arch: number): readonly Decision[] | undefined;
  /** The verdict that a word of `evaluateBatch` stands for. */
  verdictOf(ret: number): Verdict;
  close(): void;
}

export interface Explanation extends Answer {
  /** What becomes of the call, in words. */
  readonly effect: string;
  /** The filter that decided (0 = oldest) and the instructions that it executed, where one was asked. */
  readonly path: { readonly filter: number; readonly steps: readonly TraceStep[] } | undefined;
}

/** What a source becomes on a target. */
export interface LoadedSource {
  /** The engine filled in, where the source's format chose it. */
  readonly target: Target;
  /** `undefined` when none is loaded. */
  readonly filter: LoadedFilter | undefined;
  /** The profile, where the source is one, and what its engine makes of it. */
  readonly profile?: Profile;
  readonly policy?: Policy;
  /** With the runtime "ideal": what decides instead of a filter. */
  readonly read: (ReadPolicy & { readonly policy: Policy }) | undefined;
  readonly warnings: readonly Warning[];
}

/** The filter that a source becomes on a target. Throws SeccompSimError where the real chain refuses it. */
export function compile(source: Source, options: Target | TargetOptions = {}): LoadedSource {
  const target = asTarget(options);
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
    const filter = { name, instructions, compiled: undefined };
    return { target, filter, read: undefined, warnings: source.warnings ?? [] };
  }
  if (source.kind === "unconfined" || source.kind === "strict") {
    return { target, filter: undefined, read: undefined, warnings: [] };
  }
  const resolved = resolve(source, target);
  const { policy } = resolved;
  if (policy.off) return { ...resolved, filter: undefined, read: undefined };
  if (target.runtime === "ideal") {
    const read = { ...readPolicy(policy, target), policy };
    return { ...resolved, filter: undefined, read };
  }
  const compiled = compilePolicy(policy, resolved.target);
  const { instructions } = compiled.program;
  requireLoadable(instructions, name);
  // Looking for faults takes as long as compiling: it is done when somebody asks.
  const warnings = once(() => [...resolved.warnings, ...faultWarnings(compiled)]);
  return {
    profile: resolved.profile,
    policy,
    target: resolved.target,
    filter: { name, instructions, compiled },
    read: undefined,
    get warnings() {
      return warnings();
    },
  };
}

/** The policy that the target's engine makes of a profile. */
export function resolve(
  source: Extract<Source, { kind: "profile" | "preset" }>,
  options: Target | TargetOptions = {},
): {
  readonly profile: Profile;
  readonly policy: Policy;
  readonly target: Target;
  readonly warnings: readonly Warning[];
} {
  const target = asTarget(options);
  const read: ReadProfile =
    source.profile === undefined
      ? readProfile(documentOf(source, target), target.engine, target.runtime)
      : { profile: source.profile, warnings: [] };
  const { profile } = read;
  const policy = resolveProfile(profile, target);
  const warnings = once(() => [...read.warnings, ...policy.warnings]);
  return {
    profile,
    policy,
    target: { ...target, engine: profile.engine },
    get warnings() {
      return warnings();
    },
  };
}

/** Throws SeccompSimError `filter-rejected` for a program that the kernel would not load. */
export function requireLoadable(instructions: readonly Instruction[], name: string): void {
  const verified = verifyFilter(instructions);
  if (verified.ok) return;
  const where = verified.pc === undefined ? "" : ` at instruction ${verified.pc}`;
  throw new SeccompSimError(
    "filter-rejected",
    `the kernel would not load ${name}: ${verified.errno} (${verified.reason})${where}: ${verified.message}`,
  );
}

/** Throws SeccompSimError `filter-rejected` for filters (oldest first) that the kernel would not load together. */
export function requireStackable(filters: readonly (readonly Instruction[])[]): void {
  const chain = verifyStack(filters);
  if (chain.ok) return;
  throw new SeccompSimError(
    "filter-rejected",
    `the kernel would not load these filters together: ${chain.errno} (${chain.reason}): ${chain.message}`,
  );
}

/**
 * Compiles `source` for `target` and puts the filters of `stack` (oldest first) on top of it, as a
 * process does that loads more filters later on.
 */
export function createSimulator(
  source: Source,
  options: Target | TargetOptions = {},
  stack: readonly Source[] = [],
): Simulator {
  const target = asTarget(options);
  if (
    stack.some((one) => one.kind === "strict") ||
    (source.kind === "strict" && stack.length > 0)
  ) {
    throw new SeccompSimError("strict-stack", "strict mode cannot be combined with filters", {
      hint: "it is a mode of its own: the kernel answers EINVAL to a change of mode",
    });
  }
  const made = [source, ...stack].map((one) => compile(one, target));
  const [first] = made as [LoadedSource];
  if (made.some((one) => one.read) && stack.length > 0) {
    throw new SeccompSimError(
      "ideal-stack",
      "the plain reading loads no filter, so nothing stacks",
      {
        hint: "give a runtime, or libseccomp, instead of ideal",
      },
    );
  }
  const filters = made.flatMap((one) => one.filter ?? []);
  requireStackable(filters.map(({ instructions }) => instructions));
  const decider = first.read
    ? new ReadingDecider(first.read, ARCHITECTURES[target.arch].endian)
    : filters.length > 0
      ? new FilterDecider(filters, ARCHITECTURES[target.arch].endian)
      : undefined;
  return new ReadySimulator([source, ...stack], first.target, filters, made, decider);
}

class ReadySimulator implements Simulator {
  readonly endian: Endian;
  private readonly mode: Mode;
  private readonly madeFingerprint = once(() => {
    if (this.loaded.some(({ read }) => read !== undefined)) return undefined;
    const programs = this.filters.map(({ instructions }) => filterKey(instructions));
    return [this.target.arch, this.mode.fingerprint, ...programs].join("\n");
  });

  constructor(
    readonly sources: readonly [Source, ...Source[]],
    readonly target: Target,
    readonly filters: readonly LoadedFilter[],
    readonly loaded: readonly LoadedSource[],
    private readonly decider: Decider | undefined,
  ) {
    this.endian = ARCHITECTURES[target.arch].endian;
    this.mode = createMode(sources[0], decider !== undefined, target);
  }

  /** Finding some of them takes as long as compiling: it is done when somebody asks. */
  get warnings(): readonly Warning[] {
    return this.loaded.flatMap((one) => one.warnings);
  }

  get fingerprint(): string | undefined {
    return this.madeFingerprint();
  }

  evaluate(call: string | Pick<ParsedCall, "record">): Answer {
    const { verdict, ret, because } = this.answer(this.recordOf(call));
    return { verdict, ret, because };
  }

  explain(call: string | Pick<ParsedCall, "record">): Explanation {
    const record = this.recordOf(call);
    const { verdict, ret, because, filter } = this.answer(record);
    const steps = filter === undefined ? undefined : this.decider?.trace(record, filter);
    const path = filter === undefined || steps === undefined ? undefined : { filter, steps };
    return { verdict, ret, because, effect: describeEffect(verdict, this.target.kernel), path };
  }

  private recordOf(call: string | Pick<ParsedCall, "record">): SeccompData {
    return (typeof call === "string" ? parseCall(call, this.target.arch) : call).record;
  }

  private answer(record: SeccompData): Answer & { readonly filter: number | undefined } {
    const settled = this.mode.decide(record);
    if (settled) return { ...settled, filter: undefined };
    if (!this.decider) throw new Error("no filter is loaded");
    const decision = this.decider.decide(record);
    return { verdict: decodeVerdict(decision.ret, this.target.arch), ...decision };
  }

  evaluateBatch(records: Uint8Array, out: Uint32Array): void {
    const count = recordCount(records);
    requireRoom(count, out);
    if (this.decider) this.decider.batch(records, out);
    else out.fill(SECCOMP_RET_ALLOW, 0, count);
    this.overrule(records, out);
  }

  allocate(count: number): Room {
    return this.decider?.allocate(count) ?? newRoom(count);
  }

  overrule(records: Uint8Array, words: Uint32Array): void {
    this.mode.overrule(records, this.endian, words);
  }

  decisions(arch: number): readonly Decision[] | undefined {
    const none: readonly Decision[] = [{ kind: "leaf", ret: SECCOMP_RET_ALLOW }];
    const graphs = this.decider ? this.decider.decisions(arch) : none;
    return graphs?.map((one) => this.mode.decision(one, arch));
  }

  verdictOf(ret: number): Verdict {
    return this.mode.verdictOf(ret);
  }

  close(): void {
    this.decider?.close();
  }
}
