import { describe, expect, test } from "vitest";
import { ARCHITECTURES, type ArchName } from "../../src/abi/architecture.js";
import { syscallNumber } from "../../src/abi/syscalls.js";
import { type Decision, follow } from "../../src/bpf/decision.js";
import { encodeFilter } from "../../src/bpf/encode.js";
import {
  CONFLICT,
  type CompareOp,
  type Condition,
  Context,
  type FilterRule,
} from "../../src/compiler/index.js";
import { SeccompSimError } from "../../src/errors.js";
import { encodeRecord } from "../../src/seccomp/record.js";
import { Random } from "../oracle/random.js";

const ALLOW = 0x7fff0000;
const DEFAULT = 0x00050001;
const OTHER = 0x00050002;

function rule(action: number, ...conditions: [number, CompareOp, bigint, bigint?][]): FilterRule {
  return {
    action,
    syscall: "kill",
    conditions: conditions.map(
      ([index, op, value, valueTwo = 0n]): Condition => ({ index, op, value, valueTwo }),
    ),
  };
}

function reading(
  rules: readonly FilterRule[],
  native: ArchName = "x86_64",
  archs: ArchName[] = [],
) {
  const context = new Context({ version: "2.6.1", native, defaultAction: DEFAULT });
  for (const arch of archs) expect(context.addArch(arch)).toBe(0);
  for (const one of rules) expect(context.addRule(one)).toBe(0);
  return context.reading();
}

function call(args: bigint[], arch: ArchName = "x86_64", name = "kill") {
  return { nr: syscallNumber(arch, name) ?? -1, arch: ARCHITECTURES[arch].audit, ip: 0n, args };
}

describe("what rules mean", () => {
  test.for<[string, FilterRule[], bigint[], number]>([
    ["EQ before GT", [rule(ALLOW, [0, "EQ", 5n]), rule(OTHER, [0, "GT", 3n])], [5n], ALLOW],
    ["in either order", [rule(OTHER, [0, "GT", 3n]), rule(ALLOW, [0, "EQ", 5n])], [5n], ALLOW],
    [
      "the higher argument first",
      [rule(ALLOW, [0, "EQ", 5n]), rule(OTHER, [1, "EQ", 5n])],
      [5n, 5n],
      OTHER,
    ],
    [
      "the smaller LT first",
      [rule(OTHER, [0, "LT", 20n]), rule(ALLOW, [0, "LT", 10n])],
      [3n],
      ALLOW,
    ],
    ["between them", [rule(OTHER, [0, "LT", 20n]), rule(ALLOW, [0, "LT", 10n])], [15n], OTHER],
    ["unconditional wins", [rule(OTHER, [0, "EQ", 5n]), rule(ALLOW)], [5n], ALLOW],
    ["also as the first", [rule(ALLOW), rule(OTHER, [0, "EQ", 5n])], [5n], ALLOW],
    ["all conditions of a rule", [rule(ALLOW, [1, "GE", 2n], [0, "NE", 7n])], [8n, 2n], ALLOW],
    ["or none", [rule(ALLOW, [1, "GE", 2n], [0, "NE", 7n])], [7n, 2n], DEFAULT],
    ["64 bits", [rule(ALLOW, [0, "EQ", 0x100000005n])], [5n], DEFAULT],
    ["bits outside the mask", [rule(ALLOW, [0, "MASKED_EQ", 0xf0n, 0xffn])], [0xf3n], ALLOW],
  ])("%s", ([, rules, args, expected]) => {
    expect(reading(rules).decide(call(args)).ret).toBe(expected);
  });

  test("32 bits where the architecture has no more", () => {
    const read = reading([rule(ALLOW, [0, "EQ", 0x100000005n])], "x86_64", ["x86"]);
    expect(read.decide(call([5n], "x86")).ret).toBe(ALLOW);
  });

  test.for<[string, ArchName[], number, number, string]>([
    ["an architecture that is not listed", [], ARCHITECTURES.aarch64.audit, 0, "badArch"],
    ["x32 numbers without x32", [], ARCHITECTURES.x86_64.audit, 0x4000003e, "badArch"],
    ["x32 numbers with x32", ["x32"], ARCHITECTURES.x86_64.audit, 0x40000001, "default"],
    ["number -1", [], ARCHITECTURES.x86_64.audit, -1, "default"],
    ["a call without a rule", [], ARCHITECTURES.x86_64.audit, 1, "default"],
    ["a call with one", [], ARCHITECTURES.x86_64.audit, 62, "rule"],
  ])("%s", ([, archs, arch, nr, why]) => {
    const read = reading([rule(ALLOW)], "x86_64", archs);
    expect(read.decide({ nr, arch, ip: 0n, args: [] }).why).toBe(why);
  });
});

function matches(one: FilterRule, args: readonly bigint[], bits: number): boolean {
  return one.conditions.every(({ index, op, value, valueTwo }) => {
    const a = BigInt.asUintN(bits, args[index] ?? 0n);
    const v = BigInt.asUintN(bits, value);
    switch (op) {
      case "NE":
        return a !== v;
      case "LT":
        return a < v;
      case "LE":
        return a <= v;
      case "EQ":
        return a === v;
      case "GE":
        return a >= v;
      case "GT":
        return a > v;
      default:
        return (a & v) === (v & BigInt.asUintN(bits, valueTwo));
    }
  });
}

test("rule by rule: what matching rules agree on, for random sets on four architectures", () => {
  const random = new Random(23);
  const operators: CompareOp[] = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];
  const counts = { agreed: 0, conflict: 0, default: 0 };
  for (let i = 0; i < 2000; i++) {
    const native = random.pick<ArchName>(["x86_64", "aarch64", "arm", "s390x"]);
    const { endian, bits } = ARCHITECTURES[native];
    const context = new Context({ version: "2.6.1", native, defaultAction: DEFAULT });
    const added: FilterRule[] = [];
    try {
      for (let n = 2 + random.below(3); n > 0; n--) {
        const indexes = [0, 1, 2].sort(() => random.below(3) - 1).slice(0, 1 + random.below(2));
        const one: FilterRule = {
          action: random.pick([ALLOW, ALLOW, OTHER]),
          syscall: "kill",
          conditions: indexes.map((index) => ({
            index,
            op: random.pick(operators),
            value: random.wide(),
            valueTwo: random.wide(),
          })),
        };
        if (context.addRule(one) === 0) added.push(one);
      }
    } catch (error) {
      if (error instanceof SeccompSimError && error.code === "libseccomp-hang") continue;
      throw error;
    }
    const entry = context.reading().entries[0];
    const values = added.flatMap((one) => one.conditions.map(({ value }) => value));
    for (let j = 0; j < 20; j++) {
      const args = [0, 1, 2].map(() =>
        BigInt.asUintN(64, random.pick([random.wide(), ...values]) + BigInt(random.below(3) - 1)),
      );
      const unconditional = added.find((one) =>
        one.conditions.every(
          ({ op, value }) => op === "MASKED_EQ" && BigInt.asUintN(bits, value) === 0n,
        ),
      );
      const found = unconditional
        ? [unconditional]
        : added.filter((one) => matches(one, args, bits));
      const actions = [...new Set(found.map((one) => one.action))];
      const bytes = encodeRecord(call(args, native), endian);
      const view = new DataView(bytes.buffer);
      const leaf = follow((entry as NonNullable<typeof entry>).byRules() as Decision, (offset) =>
        view.getUint32(offset, endian === "little"),
      );
      if (actions.length > 1) {
        counts.conflict++;
        expect(leaf).toBe(CONFLICT);
      } else {
        counts[actions.length === 0 ? "default" : "agreed"]++;
        expect(leaf.ret).toBe(actions[0] ?? DEFAULT);
      }
    }
  }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(500);
});

test("no program comes out otherwise for having been read", () => {
  const rules = [rule(ALLOW, [0, "NE", 5n]), rule(OTHER, [1, "LT", 7n])];
  const program = (read: boolean): Uint8Array => {
    const context = new Context({ version: "2.5.4", native: "x86_64", defaultAction: DEFAULT });
    for (const one of rules) context.addRule(one);
    if (read) for (const entry of context.reading().entries) entry.byRules();
    return encodeFilter(context.generate().instructions, "little");
  };
  expect(program(true)).toEqual(program(false));
});
