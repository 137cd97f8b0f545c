import type { Endian, Instruction } from "../../src/bpf/instruction.js";
import type { Random } from "../oracle/random.js";
import { i, j } from "./build.js";

const ARCHS = [0xc000003e, 0x40000003, 0xc00000b7];
const ACTIONS = [
  0x7fff0000, 0x7fff0000, 0x7fff0009, 0x00050001, 0x00050026, 0x80000000, 0x00000000, 0x00030000,
  0x7ffc0000,
];
const WORDS = [0, 1, 8, 41, 0x7f00, 0x20000, 0x7e020000, 0x80000000, 0xffffffff];
const NUMBERS = [0, 1, 2, 56, 59, 300, 301, 511, 512, 547, 0xfff, 4001, 0x40000000, 0x4000000f];

/** An instruction whose jumps may go by name until all have their place. */
interface Line {
  readonly instruction: Instruction;
  readonly jt?: string;
  readonly jf?: string;
  readonly label?: string;
}

/**
 * A filter of the kinds that compilers and people write: tests of the token, chains and trees on the
 * number, tests of arguments; now and then something unusual.
 */
export function randomFilter(random: Random): Instruction[] {
  const lines: Line[] = [];
  const actions = [0, 1, 2].map(() => random.pick(ACTIONS));
  const leaf = () => `r${random.below(3)}`;
  const tests = random.below(4);
  if (random.chance(0.8)) {
    lines.push({ instruction: i("ld", 4) });
    const known = random.below(3);
    for (let n = 0; n < known; n++) {
      lines.push({ instruction: j("jeq", random.pick(ARCHS), 0, 0), jt: "numbers" });
    }
    if (known > 0) lines.push({ instruction: i("ja"), jt: leaf() });
  }
  lines.push({ instruction: i("ld", 0), label: "numbers" });
  if (random.chance(0.2)) {
    lines.push({ instruction: j("jset", 0x40000000, 0, 0), jt: leaf() });
  }
  if (random.chance(0.1)) lines.push({ instruction: i("and", 0x3fffffff) });
  const length = random.below(40);
  for (let n = 0; n < length; n++) {
    const nr = random.chance(0.7) ? random.below(450) : random.pick(NUMBERS);
    const to = tests > 0 && random.chance(0.3) ? `t${random.below(tests)}` : leaf();
    const name = random.chance(0.8) ? "jeq" : random.pick(["jgt", "jge", "jset"] as const);
    const instruction = j(name, nr, 0, 0);
    if (random.chance(0.9)) lines.push({ instruction, jt: to });
    else lines.push({ instruction, jf: to });
  }
  if (random.chance(0.4)) lines.push(...sameTests(random, leaf));
  lines.push({ instruction: i("ja"), jt: leaf() });
  for (let n = 0; n < tests; n++) lines.push(...argumentTest(random, `t${n}`, leaf));
  actions.forEach((k, n) => {
    lines.push({ instruction: i("ret", k), label: `r${n}` });
  });
  return link(lines);
}

/** The same test of an argument for several numbers, each with constants of its own. */
function sameTests(random: Random, leaf: () => string): Line[] {
  const offset = 16 + 4 * random.below(12);
  const name = random.pick(["jeq", "jgt", "jset"] as const);
  const lines: Line[] = [];
  const count = 3 + random.below(8);
  for (let n = 0; n < count; n++) {
    lines.push({ instruction: j("jeq", random.below(60), 0, 4) }, { instruction: i("ld", offset) });
    lines.push({ instruction: i("and", random.pick(WORDS)) });
    lines.push({ instruction: j(name, random.pick(WORDS), 0, 0), jt: leaf() });
    lines.push({ instruction: i("ja"), jt: leaf() });
  }
  return lines;
}

function argumentTest(random: Random, label: string, leaf: () => string): Line[] {
  const offset = random.chance(0.1) ? random.pick([8, 12]) : 16 + 4 * random.below(12);
  const lines: Line[] = [{ instruction: i("ld", offset), label }];
  if (random.chance(0.05)) lines.push({ instruction: i("tax") }, { instruction: i("divX") });
  if (random.chance(0.3)) lines.push({ instruction: i("and", random.pick(WORDS)) });
  if (random.chance(0.1)) lines.push({ instruction: i("st", 2) }, { instruction: i("neg") });
  for (let n = random.below(4); n >= 0; n--) {
    const name = random.pick(["jeq", "jgt", "jge", "jset"] as const);
    lines.push({ instruction: j(name, random.pick(WORDS), 0, 0), jt: leaf() });
    if (random.chance(0.3)) lines.push({ instruction: i("ld", 16 + 4 * random.below(12)) });
  }
  lines.push(
    random.chance(0.05) ? { instruction: i("retA") } : { instruction: i("ja"), jt: leaf() },
  );
  return lines;
}

function link(lines: readonly Line[]): Instruction[] {
  const places = new Map(lines.flatMap(({ label }, pc) => (label ? [[label, pc] as const] : [])));
  const distance = (to: string, pc: number) => (places.get(to) as number) - pc - 1;
  return lines.map(({ instruction, jt, jf }, pc) => {
    const { code } = instruction;
    if (code === 0x05) return { ...instruction, k: distance(jt as string, pc) };
    return {
      ...instruction,
      jt: jt === undefined ? instruction.jt : distance(jt, pc),
      jf: jf === undefined ? instruction.jf : distance(jf, pc),
    };
  });
}

/** Records at which the filters' comparisons change their minds. */
export function randomRecords(
  random: Random,
  count: number,
  filters: readonly (readonly Instruction[])[],
  endian: Endian = "little",
): Uint8Array {
  const bytes = new Uint8Array(count * 64);
  const view = new DataView(bytes.buffer);
  const constants = filters.flatMap((filter) => filter.map(({ k }) => k));
  const near = () => {
    if (constants.length === 0 || random.chance(0.3)) return random.pick([...WORDS, ...NUMBERS]);
    return (random.pick(constants) + random.pick([0, 0, 0, 1, 0xffffffff])) >>> 0;
  };
  for (let at = 0; at < bytes.length; at += 4) {
    const word = at % 64 === 4 && random.chance(0.9) ? random.pick(ARCHS) : near();
    view.setUint32(at, random.chance(0.05) ? random.word() : word, endian === "little");
  }
  return bytes;
}
