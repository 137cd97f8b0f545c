import { RECORD_SIZE } from "./record.js";

/**
 * The two mixes of records that all figures are about: seeded streams of `struct seccomp_data`, the same
 * on every machine.
 *
 * - real: a busy network service in a container on x86_64; 0.4 % i386 calls, 0.1 % x32 numbers
 * - uniform: numbers drawn evenly from 0 to 469; 80 % x86_64, 10 % i386, 8 % x32, 2 % unknown
 */
export type Mix = "real" | "uniform";

/** What each mix is made from. */
const SEEDS: Readonly<Record<Mix, number>> = { real: 12345, uniform: 777 };

const ARCH_X86_64 = 0xc000003e;
const ARCH_I386 = 0x40000003;
const X32_BIT = 0x40000000;

/** x86_64 numbers and how often each is called, in parts of 100 000 or so. */
// biome-ignore format: a table
const CALLS: readonly (readonly [nr: number, weight: number])[] = [
  [0, 17000], [1, 14000], [202, 12000], [232, 8000], [281, 1000], [45, 6000], [44, 6000], [257, 4000], [3, 4500],
  [5, 2200], [262, 1800], [9, 3000], [10, 1500], [11, 1200], [8, 1400], [16, 1500], [7, 1600], [228, 1000], [39, 500],
  [186, 400], [12, 900], [13, 700], [14, 1400], [20, 1300], [19, 250], [17, 700], [18, 500], [35, 250], [230, 300],
  [56, 150], [435, 100], [57, 40], [59, 60], [61, 150], [231, 60], [60, 60], [41, 600], [42, 450], [288, 400], [43, 60],
  [54, 500], [55, 200], [49, 40], [50, 30], [51, 120], [52, 80], [48, 120], [72, 600], [79, 120], [89, 150], [4, 150],
  [332, 180], [21, 200], [269, 80], [217, 300], [78, 30], [83, 40], [87, 60], [82, 40], [302, 80], [218, 60], [273, 80],
  [334, 60], [318, 80], [46, 250], [47, 300], [299, 40], [307, 60], [233, 250], [291, 20], [293, 60], [22, 30],
  [32, 40], [33, 60], [292, 20], [24, 350], [28, 400], [25, 60], [131, 60], [157, 90], [158, 80], [135, 15], [102, 80],
  [104, 50], [107, 60], [110, 40], [1, 0], [62, 60], [234, 30], [96, 200], [201, 150], [98, 40], [99, 20], [63, 30],
  [137, 20], [138, 40], [74, 60], [75, 40], [77, 30], [40, 60], [426, 120], [425, 10], [290, 20], [283, 15], [286, 30],
  [287, 15], [441, 40], [439, 20], [437, 15], [434, 10], [424, 10], [436, 10], [165, 6], [101, 20], [248, 5], [250, 5],
  [272, 6], [308, 4], [321, 8], [298, 8], [161, 6], [166, 3], [155, 1], [175, 1], [246, 1], [169, 1], [310, 8],
  [304, 2], [333, 2],
];

const PERSONALITIES = [0, 8, 0x20000, 0x20008, 0xffffffff, 0x40000];
const SOCKET_FAMILIES = [1, 2, 2, 2, 10, 16, 17, 38, 39, 40, 41];
// biome-ignore format: a table
const CLONE_FLAGS = [
  0x3d0f00, 0x3d0f00, 0x3d0f00, 0x1200011, 0x1200011, 0x4111, 0x10000011, 0x20020011, 0x40000011,
];

/** splitmix64 in halves of 32 bits, since BigInt would take most of the time. */
class SplitMix64 {
  #high = 0;
  #low: number;
  /** The halves of the number that `next` drew, unsigned. */
  high = 0;
  low = 0;

  constructor(seed: number) {
    this.#low = seed >>> 0;
  }

  next(): void {
    const sum = this.#low + 0x7f4a7c15;
    this.#low = sum >>> 0;
    this.#high = (this.#high + 0x9e3779b9 + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    this.high = this.#high;
    this.low = this.#low;
    this.#shiftXor(30);
    this.#multiply(0xbf58476d, 0x1ce4e5b9);
    this.#shiftXor(27);
    this.#multiply(0x94d049bb, 0x133111eb);
    this.#shiftXor(31);
  }

  /** A number from 0 to n - 1. */
  below(n: number): number {
    this.next();
    return Math.floor((this.high * n) / 0x100000000);
  }

  #shiftXor(bits: number): void {
    this.low = (this.low ^ ((this.low >>> bits) | (this.high << (32 - bits)))) >>> 0;
    this.high = (this.high ^ (this.high >>> bits)) >>> 0;
  }

  #multiply(high: number, low: number): void {
    const cross = Math.imul(this.high, low) + Math.imul(this.low, high);
    this.high = (multiplyHigh(this.low, low) + cross) >>> 0;
    this.low = Math.imul(this.low, low) >>> 0;
  }
}

/** The upper half of the product of two unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const a1 = a >>> 16;
  const a0 = a & 0xffff;
  const b1 = b >>> 16;
  const b0 = b & 0xffff;
  const low = a0 * b0;
  const middle = a1 * b0 + (low >>> 16);
  const other = a0 * b1 + (middle % 0x10000);
  return a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000);
}

function drawArgument(random: SplitMix64, words: Uint32Array, at: number): void {
  const kind = random.below(8);
  if (kind === 0) return;
  if (kind <= 2) {
    words[at] = random.below(1024);
    return;
  }
  if (kind === 5) {
    words[at] = 0xffffffff;
    words[at + 1] = 0xffffffff;
    return;
  }
  random.next();
  words[at] = kind === 3 ? random.low & 0xffff : random.low;
  if (kind === 4) words[at + 1] = 0x7f00 | (random.high & 0xff);
  else if (kind === 7) words[at + 1] = random.high;
}

function pick(random: SplitMix64, values: readonly number[]): number {
  return values[random.below(values.length)] as number;
}

function setArgument(words: Uint32Array, at: number, value: number): void {
  words[at] = value;
  words[at + 1] = 0;
}

/** Gives calls whose arguments profiles look at the values that programs use. */
function drawChecked(random: SplitMix64, words: Uint32Array, first: number): void {
  const nr = words[first];
  const args = first + 4;
  if (nr === 135) {
    setArgument(words, args, pick(random, PERSONALITIES));
  } else if (nr === 41 || nr === 53) {
    setArgument(words, args, pick(random, SOCKET_FAMILIES));
    setArgument(words, args + 2, 1 + random.below(3));
    setArgument(words, args + 4, 0);
  } else if (nr === 56) {
    setArgument(words, args, pick(random, CLONE_FLAGS));
  }
}

function drawUniform(random: SplitMix64, words: Uint32Array, first: number): void {
  const kind = random.below(100);
  let nr = random.below(470);
  let arch = ARCH_X86_64;
  if (kind >= 98) {
    random.next();
    arch = random.low;
  } else if (kind >= 90) nr |= X32_BIT;
  else if (kind >= 80) arch = ARCH_I386;
  words[first] = nr;
  words[first + 1] = arch;
}

/** For each of CALLS the weight of it and those before. */
const CUMULATED: readonly number[] = cumulate(CALLS.map(([, weight]) => weight));

function cumulate(numbers: readonly number[]): number[] {
  let sum = 0;
  return numbers.map((one) => (sum += one));
}

function drawReal(random: SplitMix64, words: Uint32Array, first: number): void {
  const draw = random.below(CUMULATED.at(-1) as number);
  let low = 0;
  let high = CALLS.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((CUMULATED[middle] as number) > draw) high = middle;
    else low = middle + 1;
  }
  words[first] = CALLS[low]?.[0] as number;
  words[first + 1] = ARCH_X86_64;
  const kind = random.below(1000);
  if (kind < 4) {
    words[first + 1] = ARCH_I386;
    words[first] = random.below(400);
  } else if (kind === 4) words[first] = (words[first] as number) | X32_BIT;
}

/** The first `count` records of a mix, in the byte order of x86: little-endian. */
export function makeRecords(mix: Mix, count: number): Uint8Array {
  for (const records of recordChunks(mix, count, count)) return records;
  return new Uint8Array(0);
}

/** The same, `size` at a time; each chunk is a new one. */
export function* recordChunks(mix: Mix, count: number, size: number): Generator<Uint8Array> {
  const random = new SplitMix64(SEEDS[mix]);
  for (let done = 0; done < count; done += size) {
    yield drawRecords(random, mix, Math.min(size, count - done));
  }
}

function drawRecords(random: SplitMix64, mix: Mix, count: number): Uint8Array {
  const draw = mix === "uniform" ? drawUniform : drawReal;
  const words = new Uint32Array((count * RECORD_SIZE) / 4);
  for (let first = 0; first < words.length; first += RECORD_SIZE / 4) {
    draw(random, words, first);
    random.next();
    words[first + 2] = random.low;
    words[first + 3] = 0x7f00 | (random.high & 0xff);
    for (let at = first + 4; at < first + 16; at += 2) drawArgument(random, words, at);
    drawChecked(random, words, first);
  }
  const bytes = new Uint8Array(words.buffer);
  // Words were written in this machine's order; records are little-endian.
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) {
    const view = new DataView(words.buffer);
    for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true);
  }
  return bytes;
}
