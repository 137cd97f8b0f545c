import { type Decision, decisionsOf } from "../bpf/decision.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
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
    /** The filter that decided (0 = oldest), where one was asked. */
    readonly filter: number | undefined;
  };
  /** What a filter executes for a record. */
  trace(record: SeccompData, filter: number): readonly TraceStep[];
  /** One word for each record of 64 bytes. */
  batch(records: Uint8Array, out: Uint32Array): void;
  allocate(count: number): Room;
  /**
   * The decisions of every filter, newest first, about calls of an architecture's token; `undefined` for
   * filters that do not only decide.
   */
  decisions(arch: number): readonly Decision[] | undefined;
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
  private graphs: readonly (Decision | undefined)[] | undefined;

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
    const pcs = this.evaluator.path(record, index);
    const filter = this.filters[index];
    const because: Because = filter?.compiled
      ? explainPath(filter.compiled, pcs, ret)
      : { kind: "filter", file: filter?.name ?? "", pc: pcs.at(-1) ?? 0 };
    return { ret, because, filter: index };
  }

  trace(record: SeccompData, filter: number): readonly TraceStep[] {
    return this.evaluator.trace(record, filter).steps;
  }

  batch(records: Uint8Array, out: Uint32Array): void {
    this.evaluator.evaluateBatch(records, out);
  }

  allocate(count: number): Room {
    return this.evaluator.allocate(count);
  }

  decisions(): readonly Decision[] | undefined {
    this.graphs ??= this.filters.map(({ instructions }) => decisionsOf(instructions)).reverse();
    const found = this.graphs.filter((one) => one !== undefined);
    return found.length === this.graphs.length ? found : undefined;
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
      return { ret, because, filter: undefined };
    }
    const because: Because =
      why === "badArch"
        ? { kind: "badArch", file }
        : { kind: "default", file, line: defaultPlaceOf(policy).line };
    return { ret, because, filter: undefined };
  }

  trace(): readonly TraceStep[] {
    return [];
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

  decisions(arch: number): readonly Decision[] {
    return [this.read.reading.decisions(arch)];
  }

  close(): void {}
}
