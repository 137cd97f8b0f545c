import { ARCHITECTURES } from "../abi/architecture.js";
import type { Pattern } from "../abi/call-pattern.js";
import type { Endian } from "../bpf/instruction.js";
import {
  ARCH_OFFSET,
  ARGS_OFFSET,
  NR_OFFSET,
  RECORD_SIZE,
  type SeccompData,
} from "../seccomp/record.js";

const WORDS = RECORD_SIZE / 4;

/** Values that a field takes one after another. */
interface Axis {
  /** Where the field is, and whether it has 64 bits. */
  readonly offset: number;
  readonly wide: boolean;
  /** `[low half, high half, count]` of each range. */
  readonly ranges: readonly (readonly [number, number, number])[];
  range: number;
  step: number;
}

/** Writes the calls of a pattern as records, the last argument varying fastest. */
export class CallWriter {
  private readonly record = new Uint8Array(RECORD_SIZE);
  private readonly words = new Uint32Array(this.record.buffer);
  private readonly view = new DataView(this.record.buffer);
  private readonly little: boolean;
  private readonly axes: readonly Axis[];
  private done = false;

  constructor(pattern: Pattern, endian: Endian) {
    this.little = endian === "little";
    this.view.setUint32(ARCH_OFFSET, ARCHITECTURES[pattern.arch].audit, this.little);
    const numbers: Axis = {
      offset: NR_OFFSET,
      wide: false,
      ranges: pattern.numbers.map(({ low, high }) => [low, 0, high - low + 1]),
      range: 0,
      step: 0,
    };
    const args = pattern.args.map(
      (set, i): Axis => ({
        offset: ARGS_OFFSET + 8 * i,
        wide: true,
        ranges: set.map(({ low, high }) => [
          Number(low & 0xffffffffn),
          Number(low >> 32n),
          Number(high - low) + 1,
        ]),
        range: 0,
        step: 0,
      }),
    );
    const all = [numbers, ...args];
    for (const axis of all) this.put(axis);
    // What has one value is written once.
    this.axes = all
      .filter(({ ranges }) => ranges.length > 1 || (ranges[0]?.[2] ?? 0) > 1)
      .reverse();
  }

  /** Writes records from index `from` on until `out` is full or the calls are at an end; how many. */
  write(out: Uint32Array, from: number): number {
    const { words } = this;
    let at = from * WORDS;
    while (!this.done && at < out.length) {
      for (let i = 0; i < WORDS; i++) out[at + i] = words[i] as number;
      at += WORDS;
      this.advance();
    }
    return at / WORDS - from;
  }

  private advance(): void {
    for (const axis of this.axes) {
      const count = axis.ranges[axis.range]?.[2] ?? 0;
      const isLast = axis.range + 1 >= axis.ranges.length;
      if (++axis.step >= count) {
        axis.step = 0;
        axis.range = isLast ? 0 : axis.range + 1;
      }
      this.put(axis);
      if (axis.step > 0 || axis.range > 0) return;
    }
    this.done = true;
  }

  private put({ offset, wide, ranges, range, step }: Axis): void {
    const [low, high] = ranges[range] as readonly [number, number, number];
    const sum = low + step;
    const [lower, upper] = this.little ? [offset, offset + 4] : [offset + 4, offset];
    this.view.setUint32(wide ? lower : offset, sum >>> 0, this.little);
    if (wide) this.view.setUint32(upper, high + (sum > 0xffffffff ? 1 : 0), this.little);
  }
}

/** The first call of a pattern. */
export function firstCall(pattern: Pattern): SeccompData {
  return {
    nr: (pattern.numbers[0]?.low ?? 0) | 0,
    arch: ARCHITECTURES[pattern.arch].audit,
    ip: 0n,
    args: pattern.args.map((set) => set[0]?.low ?? 0n),
  };
}
