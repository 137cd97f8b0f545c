import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { type Decision, decisionsOf, type KnownWords } from "../bpf/decision.js";
import type { CallView } from "../bpf/partition.js";
import type { PlainReading } from "../compiler/index.js";
import { SECCOMP_RET_ALLOW } from "../seccomp/action.js";
import { ARCH_OFFSET, encodeRecord, NR_OFFSET, RECORD_SIZE } from "../seccomp/record.js";
import { compile, type Simulator } from "./simulator.js";

/** Instructions that are followed for one call of a program that has no graph as a whole. */
const MAX_STEPS = 20_000;

/** No SECCOMP_RET_* word of the kernel's own answers. */
const UNTOUCHED = 0x12345678;

/** What decides about the calls of a simulator, call number by call number, as graphs of decisions. */
export class CallViews {
  private readonly whole: readonly (Decision | undefined)[];
  private readonly reading: PlainReading | undefined;
  private readonly readEntries: ReadonlyMap<string, Decision>;

  constructor(private readonly simulator: Simulator) {
    this.whole = simulator.filters.map(({ instructions }) => decisionsOf(instructions));
    const [source] = simulator.sources;
    this.reading =
      simulator.target.runtime === "ideal" && simulator.filters.length === 0 && source !== undefined
        ? compile(source, simulator.target).read?.reading
        : undefined;
    const entries = this.reading?.entries ?? [];
    this.readEntries = new Map(
      entries.map(({ arch, nr, decision }) => [
        `${ARCHITECTURES[arch].audit} ${nr >>> 0}`,
        decision,
      ]),
    );
  }

  /**
   * The filters as a call meets them, newest first; none where the kernel does not ask them.
   * `undefined` where a filter calculates too much with arguments.
   */
  of(arch: ArchName, nr: number): readonly CallView[] | undefined {
    if (this.settled(arch, nr) !== undefined) return [];
    const known: KnownWords = new Map([
      [NR_OFFSET, nr >>> 0],
      [ARCH_OFFSET, ARCHITECTURES[arch].audit],
    ]);
    const views: CallView[] = [];
    const { filters, endian } = this.simulator;
    const add = (decision: Decision): void => {
      views.push({ decision, nr: nr >>> 0, arch: ARCHITECTURES[arch].audit, endian });
    };
    if (this.reading !== undefined) add(this.readDecision(this.reading, arch, nr));
    for (let i = filters.length - 1; i >= 0; i--) {
      const decision =
        this.whole[i] ?? decisionsOf(filters[i]?.instructions ?? [], known, MAX_STEPS);
      if (decision === undefined) return undefined;
      add(decision);
    }
    return views;
  }

  /** The word for all calls of a number, where the kernel does not ask filters. */
  settled(arch: ArchName, nr: number): number | undefined {
    const { simulator } = this;
    const audit = ARCHITECTURES[arch].audit;
    const data = { nr: nr >>> 0, arch: audit, ip: 0n, args: [] };
    encodeRecord(data, simulator.endian, this.record);
    this.words[0] = UNTOUCHED;
    simulator.overrule(this.record, this.words);
    const word = this.words[0];
    if (word !== UNTOUCHED) return word;
    return simulator.filters.length === 0 && this.reading === undefined
      ? SECCOMP_RET_ALLOW
      : undefined;
  }

  private readonly record = new Uint8Array(RECORD_SIZE);
  private readonly words = new Uint32Array(1);

  private readDecision(reading: PlainReading, arch: ArchName, nr: number): Decision {
    const { audit } = ARCHITECTURES[arch];
    const { ret } = reading.decide({ nr, arch: audit, ip: 0n, args: [] });
    return this.readEntries.get(`${audit} ${nr >>> 0}`) ?? { kind: "leaf", ret };
  }
}
