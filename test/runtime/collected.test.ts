import { describe, expect, test } from "vitest";
import { ARCHITECTURES } from "../../src/abi/architecture.js";
import { compile } from "../../src/analysis/simulator.js";
import { loadProfile } from "../../src/analysis/source.js";
import { SeccompSimError } from "../../src/errors.js";
import { createEvaluator } from "../../src/evaluator/index.js";
import { readDockerProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";
import { Random } from "../oracle/random.js";
import { profileFixtures, readFixture } from "../profile/read-fixture.js";

/** What the real chain refuses among the profiles that projects publish. */
const REFUSED: Readonly<Record<string, string>> = {
  // errnoRet 12345 in moby's own example: libseccomp takes less than 4095.
  "moby-example.json": "rule-refused",
  // minKernel "4.8.0", before moby read versions by its own strict rule.
  "moby-history-2018-11-04.json": "invalid-kernel",
};

/** Codes of warnings, each once. */
const WARNED: Readonly<Record<string, readonly string[]>> = {
  "podman-default.json": ["unknown-key"],
  "scompute-profile5-ptrace-conditional-pid-restriction.json": ["unknown-key"],
  "sdiff-web.json": ["unknown-syscall"],
  "youki-default_x86_64.json": ["unknown-key"],
};

describe.for(profileFixtures)("%s", (name) => {
  test.for(["x86_64", "aarch64"])("becomes a program on %s", (arch) => {
    const text = readFixture(name);
    for (const options of [{}, { libseccomp: "2.5.4", caps: "all" }]) {
      const target = parseTarget({ arch, ...options });
      const build = () => {
        const { profile, warnings } = readDockerProfile(text, name);
        return { warnings, ...compilePolicy(resolveProfile(profile, target), target) };
      };
      const code = REFUSED[name];
      if (code !== undefined) {
        expect(build).toThrow(expect.objectContaining({ code }));
        expect(build).toThrow(SeccompSimError);
        continue;
      }
      const { program, warnings } = build();
      expect(program.instructions.length).toBeLessThanOrEqual(4096);
      expect(program.instructions.length).toBeGreaterThan(3);
      expect(program.origins).toHaveLength(program.instructions.length);
      expect([...new Set(warnings.map((warning) => warning.code))]).toEqual(WARNED[name] ?? []);
    }
  });
});

test("Docker's default: as long as the program of Debian 12's libseccomp", () => {
  // That package is the code of 2.5.4 with the table of 2.5.5; nine names are newer than that.
  const { profile } = readDockerProfile(readFixture("docker-default.json"), "docker-default.json");
  for (const [optimize, length] of [
    ["1", 1001],
    ["2", 1246],
  ] as const) {
    const target = parseTarget({
      runtime: "libseccomp",
      libseccomp: "2.5.4",
      table: "2.5.5",
      optimize,
    });
    const policy = resolveProfile(profile, target);
    expect(policy.entries.flatMap((entry) => entry.names)).toHaveLength(377);
    const { calls, program } = compilePolicy(policy, target);
    expect(calls).toHaveLength(368);
    expect(program.instructions).toHaveLength(length);
  }
});

describe("each published profile on many targets", () => {
  const accepted = profileFixtures.filter((name) => REFUSED[name] === undefined);
  const TARGETS = [
    { arch: "x86_64", libseccomp: "2.6.1" },
    { arch: "x86_64", libseccomp: "2.5.0", caps: "all" },
    { arch: "aarch64", libseccomp: "2.5.6", kernel: "4.14" },
    { arch: "ppc64le", libseccomp: "2.6.0" },
    { arch: "s390x", libseccomp: "2.5.4" },
  ] as const;

  test.for(accepted)("%s", (name) => {
    const source = loadProfile(readFixture(name), { file: name });
    const random = new Random(1);
    for (const options of TARGETS) {
      const on = (runtime: string, more: object = {}) =>
        compile(source, { ...options, runtime, ...more });
      let runc: ReturnType<typeof on>;
      try {
        runc = on("runc");
      } catch (error) {
        // A profile that lists architectures of the other byte order.
        expect(error).toMatchObject({
          code: "arch-refused",
          message: expect.stringContaining("EDOM"),
        });
        expect(() => on("ideal")).toThrow(expect.objectContaining({ code: "arch-refused" }));
        continue;
      }
      const made = runc.filter?.compiled;
      if (made === undefined) throw new Error("every one of them loads a filter");
      const { stubLength, calls, endian } = made;
      // runc: its stub, then the library's program at the level that runc asks for.
      const pairs = made.policy.entries.reduce((sum, { names }) => sum + names.length, 0);
      const bare = (optimize: number) =>
        on("libseccomp", { optimize: `${optimize}` }).filter?.instructions;
      expect(runc.filter?.instructions.slice(stubLength)).toEqual(bare(pairs > 32 ? 2 : 1));
      // crun: the library's chain. It refuses an errno beside an action that takes none.
      expect(on("crun").filter?.instructions).toEqual(bare(1));
      // The plain reading decides as the program, unless a fault is told.
      const library = on("libseccomp");
      if (library.warnings.some(({ code }) => code === "libseccomp-fault")) continue;
      const reading = on("ideal").read?.reading;
      const evaluator = createEvaluator([library.filter?.instructions ?? []], endian);
      const nrs = [...new Set((reading?.entries ?? []).map(({ nr }) => nr))];
      const tokens = [
        ...new Set((reading?.entries ?? []).map(({ arch }) => ARCHITECTURES[arch].audit)),
      ];
      const values = calls.flatMap(({ conditions }) => conditions.map(({ value }) => value));
      for (let i = 0; i < 300; i++) {
        const record = {
          nr: random.pick([...nrs, random.below(600)]),
          arch: random.pick([...tokens, 0x40000003]),
          ip: 0n,
          args: Array.from({ length: 6 }, () => random.pick([...values, 0n, 1n, random.wide()])),
        };
        const { ret } = evaluator.decide(record);
        expect({ record, ret: reading?.decide(record).ret }).toEqual({ record, ret });
      }
      evaluator.close();
    }
  });
});
