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

/** The halves of the first value, and how many values there are from it on. */
type Steps = readonly [low: number, high: number, count: number];

/** Values that a field takes one after another. */
interface Axis {
  /** Where the field is, and whether it has 64 bits. */
  readonly offset: number;
  readonly wide: boolean;
  readonly ranges: readonly Steps[];
  range: number;
  step: number;
}

/** Writes the calls of a pattern as records, the last argument varying fastest. */
export class CallWriter {
  private readonly words = new Uint32Array(WORDS);
  private readonly view = new DataView(this.words.buffer);
  private readonly little: boolean;
  private axes: Axis[] = [];
  private done = true;

  constructor(endian: Endian) {
    this.little = endian === "little";
  }

  /** Takes a pattern up, from its first call on. */
  begin({ arch, numbers, args, count }: Pattern): void {
    this.done = false;
    this.axes = [];
    this.view.setUint32(ARCH_OFFSET, ARCHITECTURES[arch].audit, this.little);
    if (count === 1n) {
      this.view.setUint32(NR_OFFSET, numbers[0]?.low ?? 0, this.little);
      for (let i = 0; i < args.length; i++) {
        this.view.setBigUint64(ARGS_OFFSET + 8 * i, args[i]?.[0]?.low ?? 0n, this.little);
      }
      return;
    }
    this.take(
      NR_OFFSET,
      false,
      numbers.map(({ low, high }): Steps => [low, 0, high - low + 1]),
    );
    for (let i = 0; i < args.length; i++) {
      const ranges = (args[i] as Pattern["args"][number]).map(({ low, high }): Steps => {
        const [lower, upper] = [Number(low & 0xffffffffn), Number(low >> 32n)];
        return [lower, upper, low === high ? 1 : Number(high - low) + 1];
      });
      this.take(ARGS_OFFSET + 8 * i, true, ranges);
    }
    this.axes.reverse();
  }

  /** Writes the first value of a field; what has one value is written once. */
  private take(offset: number, wide: boolean, ranges: readonly Steps[]): void {
    const axis: Axis = { offset, wide, ranges, range: 0, step: 0 };
    this.put(axis);
    if (ranges.length > 1 || (ranges[0]?.[2] ?? 0) > 1) this.axes.push(axis);
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
    const [low, high] = ranges[range] as Steps;
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
