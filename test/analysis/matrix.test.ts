import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { servedArchs } from "../../src/abi/compat.js";
import { diffSimulators } from "../../src/analysis/diff.js";
import { createMatrix, partOf } from "../../src/analysis/matrix.js";
import { createSimulator, type Simulator } from "../../src/analysis/simulator.js";
import { loadProfile, presetSource, type Source } from "../../src/analysis/source.js";
import { compareDecisions } from "../../src/bpf/compare.js";
import { decisionsOf } from "../../src/bpf/decision.js";
import { encodeFilter } from "../../src/bpf/encode.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { formatCondition } from "../../src/report/condition.js";
import type { SeccompData } from "../../src/seccomp/record.js";
import { formatVerdict } from "../../src/seccomp/verdict.js";

function simulator(source: Source, options = {}, stack: Source[] = []): Simulator {
  return createSimulator(source, parseTarget(options), stack);
}

const OPERATORS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];

/** Profiles whose few calls have many conditions. */
const conditional = fc
  .array(
    fc.record({
      names: fc.subarray(["read", "socket", "clone", "personality"], { minLength: 1 }),
      action: fc.constantFrom("SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_KILL_PROCESS"),
      args: fc.array(
        fc.record({
          index: fc.integer({ min: 0, max: 2 }),
          value: fc.constantFrom(0, 1, 2, 0x7e020000, 0xffffffff, 0x100000000, 0x500000003),
          valueTwo: fc.constantFrom(0, 1, 0x20000),
          op: fc.constantFrom(...OPERATORS).map((op) => `SCMP_CMP_${op}`),
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 6 },
  )
  .map((syscalls) =>
    loadProfile(JSON.stringify({ defaultAction: "SCMP_ACT_ERRNO", syscalls }), { file: "p.json" }),
  );

const values = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, 3n, 0x20000n, 0x10000000n, 0xffffffffn, 0x100000000n, 0x500000003n),
  fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
);
const args = fc.array(values, { minLength: 6, maxLength: 6 });

function verdictAt(one: Simulator, record: SeccompData): string {
  return formatVerdict(one.evaluate({ record }).verdict);
}

/** Every witness gets its part's verdict, and random calls are in the part of theirs. */
function checkMatrix(one: Simulator, randomArgs: readonly bigint[][]): void {
  for (const row of createMatrix(one, servedArchs(one.target.arch))) {
    for (const part of row.parts) {
      expect([part.call, verdictAt(one, part.witness)]).toEqual([
        part.call,
        formatVerdict(part.verdict),
      ]);
      if (part.condition !== undefined) expect(partOf(row, part.witness)).toBe(part);
    }
    if (row.kind !== "depends") continue;
    for (const list of randomArgs) {
      const record = { ...(row.parts[0]?.witness as SeccompData), args: list };
      const part = partOf(row, record);
      expect(part && formatVerdict(part.verdict)).toBe(verdictAt(one, record));
    }
  }
}

describe("matrix", () => {
  test.for<[string, object]>([
    ["docker-default", {}],
    ["docker-default", { arch: "s390x" }],
    ["docker-default", { runtime: "ideal" }],
    ["docker-default", { runtime: "crun", kernel: "6.18" }],
    ["podman-default", { arch: "aarch64", libseccomp: "2.5.4" }],
    ["containerd-default", { caps: "all" }],
    ["strict", { kernel: "6.18" }],
    ["unconfined", {}],
  ])("%s on %o: parts are what the simulator says", ([name, options]) => {
    const one = simulator(presetSource(name), options);
    checkMatrix(one, fc.sample(args, 20));
    one.close();
  });

  test("of any conditions, also stacked and on a big-endian machine", () => {
    fc.assert(
      fc.property(
        conditional,
        conditional,
        fc.constantFrom("x86_64", "s390x", "arm"),
        fc.boolean(),
        fc.array(args, { minLength: 10, maxLength: 10 }),
        (source, other, arch, stacked, lists) => {
          let one: Simulator;
          try {
            one = simulator(source, { arch, runtime: "libseccomp" }, stacked ? [other] : []);
          } catch {
            return;
          }
          const names = ["read", "socket", "clone", "personality"];
          for (const row of createMatrix(one).filter(({ name }) => names.includes(name))) {
            for (const list of [...lists, ...row.parts.map(({ witness }) => witness.args)]) {
              const record = { ...(row.parts[0]?.witness as SeccompData), args: list };
              const part = partOf(row, record);
              expect(part && formatVerdict(part.verdict)).toBe(verdictAt(one, record));
              const alike = row.parts.filter((each) => each !== part);
              for (const each of alike)
                expect(partOf({ ...row, parts: [each] }, record)).toBe(undefined);
            }
          }
          one.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  test("conditions of both halves of one argument lose no calls", () => {
    const clone = (arg: object): Source =>
      loadProfile(
        JSON.stringify({
          defaultAction: "SCMP_ACT_ERRNO",
          syscalls: [{ names: ["clone"], action: "SCMP_ACT_ALLOW", args: [{ index: 2, ...arg }] }],
        }),
        { file: "p.json" },
      );
    const one = simulator(
      clone({ value: 0xffffffff, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }),
      { runtime: "libseccomp" },
      [clone({ value: 0x500000003, op: "SCMP_CMP_NE" })],
    );
    const thirds = [0n, 1n, 0x500000000n, 0x500000001n, 0x600000000n, 0x600000001n];
    checkMatrix(
      one,
      thirds.map((third) => [0n, 0n, third, 0n, 0n, 0n]),
    );
    one.close();
  });

  test("says conditions as people do", () => {
    const one = simulator(presetSource("docker-default"));
    const texts = createMatrix(one)
      .filter(({ kind }) => kind === "depends")
      .flatMap((row) =>
        row.parts.map(({ verdict, condition = [] }) => [
          row.name,
          formatVerdict(verdict),
          formatCondition(condition, row),
        ]),
      );
    expect(texts).toContainEqual(["socket", "ERRNO(EPERM)", "family is AF_ALG or AF_VSOCK"]);
    expect(texts).toContainEqual(["socket", "ALLOW", "family is none of AF_ALG and AF_VSOCK"]);
    expect(texts).toContainEqual([
      "personality",
      "ALLOW",
      "personality is PER_LINUX, PER_LINUX32, UNAME26, 0x20008 or 0xffffffff",
    ]);
    expect(texts).toContainEqual([
      "clone",
      "ERRNO(EPERM)",
      "clone_flags has any of CLONE_NEWCGROUP|CLONE_NEWIPC|CLONE_NEWNET|CLONE_NEWNS|CLONE_NEWPID|CLONE_NEWUSER|CLONE_NEWUTS",
    ]);
    one.close();
  });

  test("a filter that calculates with arguments gives examples, not conditions", () => {
    // read: args[0] + 1 == 3 ? ALLOW : KILL
    const program: [number, number, number, number][] = [
      [0x20, 0, 0, 0],
      [0x15, 0, 3, 0],
      [0x20, 0, 0, 16],
      [0x04, 0, 0, 1],
      [0x15, 0, 1, 3],
      [0x06, 0, 0, 0x7fff0000],
      [0x06, 0, 0, 0],
    ];
    const bytes = encodeFilter(
      program.map(([code, jt, jf, k]) => ({ code, jt, jf, k })),
      "little",
    );
    const one = simulator(loadProfile(bytes));
    const rows = createMatrix(one);
    expect(rows.find(({ name }) => name === "read")?.kind).toBe("unsplit");
    expect(rows.find(({ name }) => name === "write")?.kind).toBe("always");
    checkMatrix(one, []);
    one.close();
  });
});

describe("diff", () => {
  test("finds nothing exactly where the programs decide alike, and true witnesses else", () => {
    fc.assert(
      fc.property(conditional, conditional, (a, b) => {
        let left: Simulator;
        let right: Simulator;
        try {
          left = simulator(a, { runtime: "libseccomp" });
          right = simulator(b, { runtime: "libseccomp" });
        } catch {
          return;
        }
        const [x, y] = [left, right].map(({ filters }) =>
          decisionsOf(filters[0]?.instructions ?? []),
        );
        if (x === undefined || y === undefined) throw new Error("no decisions");
        const { differences, unsure } = diffSimulators(left, right);
        expect(unsure).toEqual([]);
        expect(differences.length === 0).toBe(compareDecisions(x, y).kind === "equal");
        for (const one of differences) {
          expect(verdictAt(left, one.witness)).toBe(formatVerdict(one.left));
          expect(verdictAt(right, one.rightWitness)).toBe(formatVerdict(one.right));
          expect(one.left).not.toEqual(one.right);
        }
        left.close();
        right.close();
      }),
      { numRuns: 80 },
    );
  });

  test("compares targets of different architectures by name", () => {
    const left = simulator(presetSource("docker-default"));
    const right = simulator(presetSource("docker-default"), { arch: "s390x", cap: ["SYS_ADMIN"] });
    const { differences, onlyLeft, onlyRight } = diffSimulators(left, right);
    expect(differences.map(({ name }) => name)).toContain("mount");
    expect(onlyLeft).toContain("arch_prctl");
    expect(onlyRight).toContain("s390_pci_mmio_read");
    for (const one of differences) {
      expect(verdictAt(left, one.witness)).toBe(formatVerdict(one.left));
      expect(verdictAt(right, one.rightWitness)).toBe(formatVerdict(one.right));
    }
    left.close();
    right.close();
  });
});
