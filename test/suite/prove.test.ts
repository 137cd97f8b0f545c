import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ArchName } from "../../src/abi/architecture.js";
import { parsePattern } from "../../src/abi/call-pattern.js";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile, presetSource, type Source } from "../../src/analysis/source.js";
import { RECORD_SIZE, type SeccompData } from "../../src/seccomp/record.js";
import { CallWriter } from "../../src/suite/enumerate.js";
import { provePattern } from "../../src/suite/prove.js";
import { runText } from "./run.js";

const profile = (rules: object[], more: object = {}): Source =>
  loadProfile(
    JSON.stringify({
      defaultAction: "SCMP_ACT_ERRNO",
      archMap: [
        { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
      ],
      syscalls: rules,
      ...more,
    }),
    { file: "p.json" },
  );

const OPERATORS = ["EQ", "NE", "LT", "LE", "GT", "GE"].map((op) => `SCMP_CMP_${op}`);
/** Values around which the patterns lie, halves and their borders among them. */
const value = fc.constantFrom(0, 1, 2, 3, 5, 8, 0xffffffff, 0x100000000, 0x100000002);
const condition = fc.record({
  index: fc.integer({ min: 0, max: 1 }),
  value,
  op: fc.constantFrom(...OPERATORS),
});
const masked = fc.record({
  index: fc.integer({ min: 0, max: 1 }),
  value: fc.constantFrom(1, 2, 4, 6),
  valueTwo: fc.constantFrom(0, 2, 4),
  op: fc.constant("SCMP_CMP_MASKED_EQ"),
});
const rule = fc.record({
  names: fc.subarray(["read", "write", "close", "fchdir"], { minLength: 1 }),
  action: fc.constantFrom("SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_KILL"),
  args: fc.uniqueArray(fc.oneof(condition, masked), {
    maxLength: 2,
    selector: ({ index }) => index,
  }),
});
const range = fc
  .tuple(value, fc.integer({ min: 0, max: 9 }), fc.constantFrom("", "!"))
  .map(([low, more]) => `${low}..${low + more}`);
const argument = fc.oneof(
  range,
  fc.tuple(range, value).map(([a, b]) => `${a} || ${b}`),
);
const pattern = fc
  .tuple(fc.constantFrom("0..3", "@io-event", "335", "0..400"), argument, argument)
  .filter(([callee]) => callee !== "0..400")
  .map(([callee, a, b]) => `${callee}(${a}, ${b})`);

const all = (source: Source, target: object, stack: Source[], text: string, arch?: ArchName) => {
  const simulator = createSimulator(source, target, stack);
  try {
    const calls = parsePattern(text, arch ?? simulator.target.arch, simulator.target.arch);
    const records = new Uint8Array(Number(calls.count) * RECORD_SIZE);
    const words = new Uint32Array(Number(calls.count));
    const writer = new CallWriter(simulator.endian);
    writer.begin(calls);
    expect(writer.write(new Uint32Array(records.buffer), 0)).toBe(words.length);
    simulator.evaluateBatch(records, words);
    const evaluated = new Set(words);
    const paths: SeccompData[] = [];
    const proof = provePattern(
      simulator,
      calls,
      () => true,
      10,
      (one) => paths.push(one),
    );
    const observed = new Set(paths.map((record) => simulator.evaluate({ record }).ret >>> 0));
    // Each word that the calls get, taken for the one that is not expected, has a witness that gets it.
    const witnesses = [...evaluated].map((word) => {
      const found = provePattern(simulator, calls, (one) => one !== word, 1)?.witnesses[0];
      return found && simulator.evaluate({ record: found }).ret >>> 0;
    });
    return { evaluated, proof, observed, witnesses };
  } finally {
    simulator.close();
  }
};

describe("a proof", () => {
  test("finds the words that calls get one by one, and witnesses of each", () => {
    const target = fc.record({
      runtime: fc.constantFrom("runc", "crun", "libseccomp", "ideal"),
      arch: fc.constantFrom("x86_64", "s390x", "arm"),
      kernel: fc.constantFrom("6.1", "6.18"),
    });
    let proven = 0;
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 3 }),
        fc.array(fc.array(rule, { minLength: 1, maxLength: 2 }), { maxLength: 1 }),
        target,
        pattern,
        (rules, more, where, text) => {
          const first = profile(rules, where.arch === "x86_64" ? {} : { archMap: undefined });
          const stack = where.runtime === "ideal" ? [] : more.map((one) => profile(one));
          if (where.arch !== "x86_64") stack.length = 0;
          let result: ReturnType<typeof all>;
          try {
            result = all(first, where, stack, text);
          } catch (error) {
            // What the real chain refuses proves nothing.
            if ((error as { code?: string }).code !== undefined) return;
            throw error;
          }
          const { evaluated, proof, observed, witnesses } = result;
          expect(proof?.complete).toBe(true);
          expect([...(proof?.words ?? [])].sort()).toEqual([...evaluated].sort());
          expect([...observed].sort()).toEqual([...evaluated].sort());
          expect(witnesses).toEqual([...evaluated]);
          if (evaluated.size > 1) proven++;
        },
      ),
      { numRuns: 250 },
    );
    expect(proven).toBeGreaterThan(50);
  });

  test.for<[string, Source, object, string, ArchName | undefined]>([
    ["strict mode", presetSource("strict"), {}, "0..400(0..2)", undefined],
    ["strict mode, x86", presetSource("strict"), {}, "0..400(0..2)", "x86"],
    ["strict mode, uretprobe", presetSource("strict"), { kernel: "6.18" }, "330..340", undefined],
    ["no filter", presetSource("unconfined"), {}, "0..400(0..2)", undefined],
    ["docker-default", presetSource("docker-default"), {}, "0..600(0..5, 0..3)", undefined],
    ["docker-default, x86", presetSource("docker-default"), {}, "0..600(0..5)", "x86"],
    ["docker-default, x32", presetSource("docker-default"), {}, "0x3ffffff0..0x40000230", "x32"],
    [
      "docker-default, 6.18",
      presetSource("docker-default"),
      { kernel: "6.18" },
      "0..600",
      undefined,
    ],
    [
      "docker-default, ideal",
      presetSource("docker-default"),
      { runtime: "ideal" },
      "-600..-1",
      undefined,
    ],
    [
      "docker-default, aarch64",
      presetSource("docker-default"),
      { arch: "arm64" },
      "0..600(0..9)",
      undefined,
    ],
    ["ideal, without archs", profile([]), { runtime: "ideal", arch: "riscv64" }, "0..9", undefined],
  ])("agrees with evaluation: %s", ([, source, target, text, arch]) => {
    const { evaluated, proof, observed } = all(source, target, [], text, arch);
    expect(proof?.complete).toBe(true);
    expect([...(proof?.words ?? [])].sort()).toEqual([...evaluated].sort());
    expect([...observed].sort()).toEqual([...evaluated].sort());
  });

  test("of a huge range of numbers finds the one that is allowed", () => {
    const simulator = createSimulator(profile([{ names: ["read"], action: "SCMP_ACT_ALLOW" }]), {
      runtime: "libseccomp",
    });
    const proof = provePattern(
      simulator,
      parsePattern("0..0x3fffffff(...)", "x86_64"),
      (word) => word !== 0x7fff0000,
      10,
    );
    expect(proof).toMatchObject({ complete: true, failed: 1, witnesses: [{ nr: 0 }] });
    simulator.close();
  });

  test("needs filters that decide; one that calculates is evaluated or not proven", () => {
    const odd = "ld [16]\nadd #1\njeq #7, no\nret #0x7fff0000\nno: ret #0x50001\n";
    const run = (call: string) =>
      runText(`profile: odd.asm\ncases: [{ call: "${call}", expect: allow }]\n`, {
        "odd.asm": odd,
      });
    const [small] = run("read(0..9)").runs[0]?.cases ?? [];
    expect(small).toMatchObject({ status: "failed", failedCalls: 1 });
    expect(small?.results[0]?.call.record.args[0]).toBe(6n);
    const [huge] = run("read(*)").runs[0]?.cases ?? [];
    expect(huge?.status).toBe("failed");
    expect(huge?.results[0]).toMatchObject({ proven: false, passed: false });
    expect(huge?.results[0]?.problem).toMatch(/cannot be proven for every value/);
  });
});
