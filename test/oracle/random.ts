/** A small seeded generator (mulberry32): the same programs and rule sets on every run. */
export class Random {
  constructor(private state: number) {}

  /** An unsigned 32-bit number. */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.word() % limit;
  }

  chance(probability: number): boolean {
    return this.word() < probability * 0x100000000;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** 64-bit values at which comparisons change their minds. */
  wide(): bigint {
    const high = this.pick([0n, 0n, 0n, 1n, 2n, 0xffffffffn]);
    return (high << 32n) | BigInt(this.pick([0, 1, 2, 3, 5, 8, 9, 10, 38, 0x7e020000, 0xffffffff]));
  }
}
