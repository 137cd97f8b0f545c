import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { decodeFilter, encodeFilter } from "../../src/bpf/encode.js";
import type { Instruction } from "../../src/bpf/instruction.js";
import { optimizeProgram } from "../../src/compiler/optimal/index.js";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { verifyFilter, verifyStack } from "../../src/evaluator/verify.js";
import { readProfile } from "../../src/profile/document.js";
import { presetDocument } from "../../src/profile/presets/index.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";
import { makeRecords } from "../../src/seccomp/mix.js";
import type { SeccompData } from "../../src/seccomp/record.js";
import { decodeVerdict } from "../../src/seccomp/verdict.js";
import { buildNative } from "./native.js";
import { Random } from "./random.js";
import { nearValidProgram, randomProgram } from "./random-program.js";

const native = buildNative("kernel");
const PROGRAMS = 4000;
const STACKS = 400;
const CALLS = 16;
const X86_64 = 0xc000003e;
const PRCTL = 157;
const EINVAL = 22;
const ENOMEM = 12;
const ENOSYS = 38;

interface Call {
  readonly nr: number;
  readonly args: readonly bigint[];
}

const word = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

function encodeRun(filters: readonly Instruction[][], calls: readonly Call[]): Buffer {
  const parts: Uint8Array[] = [word(filters.length)];
  for (const filter of filters) parts.push(word(filter.length), encodeFilter(filter, "little"));
  parts.push(word(calls.length));
  for (const { nr, args } of calls) {
    const bytes = Buffer.alloc(56);
    bytes.writeBigUInt64LE(BigInt(nr >>> 0));
    for (const [i, arg] of args.entries()) bytes.writeBigUInt64LE(arg, 8 + 8 * i);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** ld nr; if it is prctl, ret ALLOW: filters are loaded by prctl, through those already there. */
function passLoading(filter: readonly Instruction[]): Instruction[] {
  return [
    { code: 0x20, jt: 0, jf: 0, k: 0 },
    { code: 0x15, jt: 0, jf: 1, k: PRCTL },
    { code: 0x06, jt: 0, jf: 0, k: 0x7fff0000 },
    ...filter,
  ];
}

const ret = (k: number): Instruction => ({ code: 0x06, jt: 0, jf: 0, k });

/** Filters under which nothing is executed: their verdict is stronger than ALLOW and LOG. */
const SAFETIES = [0x00050fa0, 0x7ff00005, 0x7fc00000];

/** What the kernel does with a call that gets this word, in the oracle's form. */
function outcome(verdictWord: number): string {
  const { action, data } = decodeVerdict(verdictWord);
  switch (action) {
    case "KILL_PROCESS":
    case "KILL_THREAD":
    case "UNKNOWN":
      return "killed 31";
    case "TRAP":
      return `trap ${data}`;
    case "ERRNO":
      return `ret ${data === 0 ? 0 : -Math.min(data, 4095)}`;
    case "TRACE":
    case "USER_NOTIF":
      return `ret -${ENOSYS}`;
    default:
      return "executed";
  }
}

function randomCall(random: Random): Call {
  const pick = () =>
    random.pick([
      0,
      1,
      2,
      5,
      39,
      59,
      64,
      101,
      250,
      400,
      0x40000000,
      0x40000027,
      0xffffffff,
      random.below(500),
    ]);
  let nr = pick();
  // prctl passes; 335 and 336 are executed whatever a filter says.
  while (nr === PRCTL || nr === 335 || nr === 336) nr = pick();
  return { nr, args: Array.from({ length: 6 }, () => random.wide()) };
}

describe.skipIf(typeof native === "string")("the running kernel", () => {
  const real = native as Exclude<typeof native, string>;
  afterAll(() => real.remove());

  /** Runs stacks through the kernel; answers per stack the load results and the outcomes. */
  function runKernel(stacks: readonly { filters: Instruction[][]; calls: readonly Call[] }[]) {
    const lines = real
      .run(Buffer.concat(stacks.map(({ filters, calls }) => encodeRun(filters, calls))))
      .trim()
      .split("\n");
    const ip = BigInt(lines[0] as string);
    const answers: { load: number[]; outcomes: string[] }[] = [];
    for (const line of lines.slice(1)) {
      if (line.startsWith("load")) {
        answers.push({ load: line.split(" ").slice(1).map(Number), outcomes: [] });
      } else answers.at(-1)?.outcomes.push(line);
    }
    return { ip, answers };
  }

  function expectSame(
    stacks: readonly { filters: Instruction[][]; calls: readonly Call[] }[],
  ): number {
    const { ip, answers } = runKernel(stacks);
    let compared = 0;
    stacks.forEach(({ filters, calls }, i) => {
      const answer = answers[i];
      expect(answer?.load).toEqual(filters.map(() => 0));
      const evaluator = createEvaluator(filters, "little");
      const ours = calls.map(({ nr, args }) => {
        const record: SeccompData = { nr, arch: X86_64, ip, args };
        return outcome(evaluator.evaluate(record));
      });
      evaluator.close();
      expect(answer?.outcomes, JSON.stringify({ filters: filters.length, stack: i })).toEqual(ours);
      compared += calls.length;
    });
    return compared;
  }

  test(`loads and refuses ${PROGRAMS} near-valid programs as verify says`, () => {
    const random = new Random(1);
    const programs = Array.from({ length: PROGRAMS }, () => nearValidProgram(random));
    const { answers } = runKernel(programs.map((filter) => ({ filters: [filter], calls: [] })));
    const errnos = programs.map((program) => (verifyFilter(program).ok ? 0 : EINVAL));
    const different = programs.filter((_, i) => answers[i]?.load[0] !== errnos[i]);
    expect(different.slice(0, 3)).toEqual([]);
    const accepted = errnos.filter((errno) => errno === 0).length;
    expect(accepted).toBeGreaterThan(PROGRAMS / 20);
    expect(accepted).toBeLessThan((PROGRAMS * 19) / 20);
    console.info(`kernel: ${PROGRAMS} programs, ${accepted} accepted, ${different.length} differ`);
  });

  test.for([
    ["RET K", ret(0x7fff0000)],
    ["JEQ with a large constant", { code: 0x15, jt: 0, jf: 0, k: 0x80000000 }],
    ["JSET", { code: 0x45, jt: 0, jf: 0, k: 1 }],
    ["DIV X", { code: 0x3c, jt: 0, jf: 0, k: 0 }],
    ["JGT X with both sides", { code: 0x2d, jt: 0, jf: 0, k: 0 }],
  ] as const)("refuses the filter that makes a chain of %s too long, with ENOMEM", ([, shape]) => {
    // prctl gets ALLOW first, so that the next filter can be loaded.
    const filter = passLoading([...Array.from({ length: 4000 }, () => shape), ret(0x7fff0000)]);
    const loaded: Instruction[][] = [];
    while (verifyStack([...loaded, filter]).ok) loaded.push(filter);
    const { answers } = runKernel([{ filters: [...loaded, filter], calls: [] }]);
    expect(answers[0]?.load).toEqual([...loaded.map(() => 0), ENOMEM]);
  });

  test(`does to calls under ${STACKS} random stacks what our verdicts say`, () => {
    const random = new Random(2);
    const accepted = () => {
      for (;;) {
        const filter = passLoading(randomProgram(random));
        if (verifyFilter(filter).ok) return filter;
      }
    };
    const stacks = Array.from({ length: STACKS }, () => ({
      filters: [
        passLoading([ret(random.pick(SAFETIES))]),
        ...Array.from({ length: 1 + random.below(3) }, accepted),
      ],
      calls: Array.from({ length: CALLS }, () => randomCall(random)),
    }));
    const compared = expectSame(stacks);
    console.info(`kernel: ${STACKS} stacks, ${compared} calls compared, 0 differ`);
  });

  test.for([
    ["docker-default", {}],
    ["docker-default", { caps: "all" }],
    ["docker-default", { runtime: "libseccomp", libseccomp: "2.5.4" }],
    ["docker-1.10", {}],
  ] as const)("does to every call under %s %o what our verdicts say", ([preset, options]) => {
    const random = new Random(3);
    const target = parseTarget(options);
    const { profile } = readProfile(presetDocument(preset, target));
    const { program } = compilePolicy(resolveProfile(profile, target), target);
    const calls: Call[] = [];
    for (const base of [0, 0x40000000]) {
      for (let nr = base; nr < base + 560; nr++) {
        if (nr === PRCTL || nr === 335 || nr === 336) continue;
        calls.push({ nr, args: Array.from({ length: 6 }, () => random.wide()) });
      }
    }
    const filters = [passLoading([ret(0x00050fa0)]), passLoading(program.instructions)];
    expect(expectSame([{ filters, calls }])).toBe(calls.length);
  });

  const fixture = (name: string) =>
    decodeFilter(readFileSync(new URL(`../fixtures/${name}.bpf`, import.meta.url)), "little");
  const docker = () => {
    const target = parseTarget({});
    const { profile } = readProfile(presetDocument("docker-default", target));
    return compilePolicy(resolveProfile(profile, target), target).program.instructions;
  };

  test.for<[string, () => readonly Instruction[]]>([
    ["docker-default with runc's stub", docker],
    ["docker-254-o1", () => fixture("docker-254-o1")],
    ["big", () => fixture("big")],
    ["a filter of 4094 instructions", () => longProgram(816)],
  ])("takes %s when it is optimised, and decides as before", ([, make]) => {
    const random = new Random(8);
    const original = passLoading(make());
    expect(verifyFilter(original)).toMatchObject({ ok: true });
    const constants = original.map(({ k }) => k);
    const calls: Call[] = [];
    // A call that kills takes a process, so of those beyond the table there are few.
    for (let n = 0; n < 1000; n++) {
      const nr = n < 840 ? n : n < 970 ? random.below(840) : random.pick(constants);
      if ((nr & 0xfffffff) === PRCTL || nr === 335 || nr === 336) continue;
      const args = Array.from({ length: 6 }, () =>
        random.chance(0.7) ? BigInt(random.pick(constants)) : random.wide(),
      );
      calls.push({ nr, args });
    }
    const weights = makeRecords("real", 2000);
    for (const options of [
      { codegen: "optimal" },
      { codegen: "balanced" },
      { codegen: "balanced", weights },
    ] as const) {
      const optimized = [...optimizeProgram(original, options).instructions];
      const first = passLoading([ret(0x00050fa0)]);
      const stacks = [original, optimized].map((one) => ({ filters: [first, one], calls }));
      const [before, after] = runKernel(stacks).answers;
      expect(after?.load).toEqual([0, 0]);
      expect(after?.outcomes).toEqual(before?.outcomes);
      expect(expectSame(stacks.slice(1))).toBe(calls.length);
    }
  });
});

/** Numbers with checks of arguments, some shared by many of them: jumps over 255 whatever the order. */
function longProgram(numbers: number): Instruction[] {
  const program: Instruction[] = [];
  const ld = (k: number): Instruction => ({ code: 0x20, jt: 0, jf: 0, k });
  const jeq = (k: number, jt: number, jf: number): Instruction => ({ code: 0x15, jt, jf, k });
  program.push(ld(0));
  for (let nr = 0; nr < numbers; nr++) {
    const shared = nr % 5 === 0;
    program.push(jeq(nr, 0, 4), ld(shared ? 24 : 16), jeq(shared ? 7 : 1000 + nr, 0, 1));
    program.push(ret(shared ? 0x00050007 : 0x00050000 + (nr % 100)), ret(0x7fff0000));
  }
  while (program.length < 4090) program.push(jeq(5000 + program.length, 0, 0));
  program.push(ret(0x00050026));
  return program;
}
