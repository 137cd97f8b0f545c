import { type Decision, decisionsOf } from "../bpf/decision.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { stackedDecision } from "../bpf/stacked.js";
import {
  createEvaluator,
  type Evaluator,
  type RecordBatch,
  type TraceStep,
} from "../evaluator/index.js";
import { defaultPlaceOf, type Policy } from "../profile/policy.js";
import type { CompiledFilter, ReadPolicy } from "../runtime/compile.js";
import { decodeRecord, RECORD_SIZE, type SeccompData } from "../seccomp/record.js";
import { type Because, explainPath } from "./because.js";

/** What filters, or the plain reading of a policy, say about calls. */
export interface Decider {
  decide(record: SeccompData): {
    readonly ret: number;
    readonly because: Because;
    readonly path: { readonly filter: number; readonly steps: readonly TraceStep[] } | undefined;
  };
  /** One word for each record of 64 bytes. */
  batch(records: Uint8Array, out: Uint32Array): void;
  allocate(count: number): Room;
  /** What is decided about every record, as a graph; `undefined` for filters that calculate. */
  decision(): Decision | undefined;
  close(): void;
}

/** Where a batch of records and the words for them lie. */
export type Room = Pick<RecordBatch, "records" | "results">;

/** Room outside of any machine's memory. */
export function newRoom(count: number): Room {
  return { records: new Uint8Array(count * RECORD_SIZE), results: new Uint32Array(count) };
}

/** A program and, where it was made from a profile, how. */
export interface LoadedFilter {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  readonly compiled: CompiledFilter | undefined;
}

/** Filters that the kernel would run, oldest first. */
export class FilterDecider implements Decider {
  private readonly evaluator: Evaluator;
  private graph: { readonly whole: Decision | undefined } | undefined;

  constructor(
    private readonly filters: readonly LoadedFilter[],
    endian: Endian,
  ) {
    this.evaluator = createEvaluator(
      filters.map(({ instructions }) => instructions),
      endian,
    );
  }

  decide(record: SeccompData) {
    // Where everything allows, no filter matches; the oldest one then stands for all of them.
    const { ret, match: index = 0 } = this.evaluator.decide(record);
    const { steps } = this.evaluator.trace(record, index);
    const pcs = steps.map((step) => step.pc);
    const filter = this.filters[index];
    const because: Because = filter?.compiled
      ? explainPath(filter.compiled, pcs, ret)
      : { kind: "filter", file: filter?.name ?? "", pc: pcs.at(-1) ?? 0 };
    return { ret, because, path: { filter: index, steps } };
  }

  batch(records: Uint8Array, out: Uint32Array): void {
    this.evaluator.evaluateBatch(records, out);
  }

  allocate(count: number): Room {
    return this.evaluator.allocate(count);
  }

  decision(): Decision | undefined {
    this.graph ??= { whole: this.unravel() };
    return this.graph.whole;
  }

  private unravel(): Decision | undefined {
    const graphs = this.filters.flatMap(({ instructions }) => decisionsOf(instructions) ?? []);
    return graphs.length === this.filters.length ? stackedDecision(graphs) : undefined;
  }

  close(): void {
    this.evaluator.close();
  }
}

/** The plain reading of a policy, without a filter. */
export class ReadingDecider implements Decider {
  constructor(
    private readonly read: ReadPolicy & { readonly policy: Policy },
    private readonly endian: Endian,
  ) {}

  decide(record: SeccompData) {
    const { reading, calls, policy } = this.read;
    const { ret, rule, why } = reading.decide(record);
    const { file } = policy;
    const call = rule === undefined ? undefined : calls[rule];
    if (call !== undefined) {
      const { line, column } = call.place;
      const because = {
        kind: "entry",
        file: call.place.file,
        line,
        column,
        entry: call.entry,
      } as const;
      return { ret, because, path: undefined };
    }
    const because: Because =
      why === "badArch"
        ? { kind: "badArch", file }
        : { kind: "default", file, line: defaultPlaceOf(policy).line };
    return { ret, because, path: undefined };
  }

  batch(records: Uint8Array, out: Uint32Array): void {
    const { reading } = this.read;
    for (let at = 0, i = 0; at + RECORD_SIZE <= records.length; at += RECORD_SIZE, i++) {
      out[i] = reading.decide(decodeRecord(records, this.endian, at)).ret;
    }
  }

  allocate(count: number): Room {
    return newRoom(count);
  }

  decision(): Decision {
    return this.read.reading.decision();
  }

  close(): void {}
}
