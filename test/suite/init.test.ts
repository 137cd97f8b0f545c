import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createCoverage } from "../../src/analysis/coverage/index.js";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile, presetSource, type Source } from "../../src/analysis/source.js";
import { SeccompSimError } from "../../src/errors.js";
import { formatLcov } from "../../src/report/lcov.js";
import { initSuite } from "../../src/suite/init/index.js";
import { mutateSuite } from "../../src/suite/mutation.js";
import { readSuite } from "../../src/suite/reader.js";
import { runSuiteSync } from "../../src/suite/runner.js";

const folder = new URL("../fixtures/profiles/", import.meta.url);
const fixtures = readdirSync(folder).filter((file) => file !== "ORIGINS.json");
const presets = ["docker-default", "podman-default", "containerd-default", "docker-1.10"];

/** Runs a suite; `without` leaves out the cases whose name it matches. */
function run(source: Source, text: string, without?: RegExp) {
  const suite = readSuite(text, "first.seccomp.yaml");
  const coverage = createCoverage();
  const kept = suite.cases.filter(({ title }) => !without?.test(title));
  const result = runSuiteSync(
    { ...suite, cases: kept },
    ({ target }) => createSimulator(source, target),
    { observe: (...seen) => coverage.observe(...seen) },
  );
  const report = coverage.report();
  coverage.close();
  const items = report.profiles.flatMap((one) => one.items);
  return { result, report, uncovered: items.filter(({ state }) => state === "uncovered") };
}

describe.each(["x86_64", "aarch64"])(
  "a first suite on %s passes and exercises everything",
  (arch) => {
    const sources = [
      ...presets.map((name) => [name, () => presetSource(name)] as const),
      ...fixtures.map((file) => {
        const text = readFileSync(new URL(file, folder), "utf8");
        return [file, () => loadProfile(text, { file })] as const;
      }),
    ];
    test.each(sources)("%s", (name, load) => {
      const source = load();
      let text: string;
      try {
        createSimulator(source, { arch }).close();
        ({ text } = initSuite(source, name, { arch }, "./schema.json"));
      } catch (error) {
        // The real chain refuses some of the collected profiles.
        if (!(error instanceof SeccompSimError)) throw error;
        expect(presets).not.toContain(name);
        return;
      }
      const { result, uncovered } = run(source, text);
      expect(result.passed).toBe(true);
      expect(uncovered).toEqual([]);
    });
  },
);

// mips and parisc have errnos of their own, arm call numbers far above the others.
describe.each(["mips64", "parisc", "arm"])("and so it is on %s", (arch) => {
  test.each(["containerd-default", "podman-default"])("%s", (name) => {
    const source = presetSource(name);
    const { text } = initSuite(source, name, { arch }, "./schema.json");
    const { result, uncovered } = run(source, text);
    expect(result.passed).toBe(true);
    expect(uncovered).toEqual([]);
    // A number stands only for what has no name, such as the call that is newer than all.
    const numbered = text.split("\n").filter((line) => /[["]#\d/.test(line));
    expect(numbered.filter((line) => !/call: "#\d+\(\)"$/.test(line))).toEqual([]);
    expect(numbered.length).toBeLessThanOrEqual(2);
  });
});

const PROFILE = loadProfile(
  JSON.stringify(
    {
      defaultAction: "SCMP_ACT_ERRNO",
      architectures: ["SCMP_ARCH_X86_64"],
      syscalls: [
        { names: ["read", "write"], action: "SCMP_ACT_ALLOW" },
        {
          names: ["socket"],
          action: "SCMP_ACT_ALLOW",
          args: [{ index: 0, value: 2, op: "SCMP_CMP_EQ" }],
        },
        { names: ["mount"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_SYS_ADMIN"] } },
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
      ],
    },
    null,
    1,
  ),
  { file: "p.json" },
);

test("without the only case of a target, its items count as before", () => {
  const source = presetSource("docker-default");
  const { text } = initSuite(source, "docker-default", {}, "./schema.json");
  const [all] = run(source, text).report.profiles;
  // Both have cases of their own on aarch64, and on Linux 4.7.
  for (const entry of [11, 25]) {
    const { report, uncovered } = run(source, text, new RegExp(`^entry ${entry}:`));
    expect(report.profiles[0]?.total).toBe(all?.total);
    expect(uncovered.length).toBeGreaterThan(1);
    expect(uncovered.filter((item) => item.entry !== entry)).toEqual([]);
  }
});

test.each([0, 1, 2])("without the cases of entry %i exactly its items are uncovered", (entry) => {
  const { text } = initSuite(PROFILE, "p.json", {}, "./schema.json");
  expect(run(PROFILE, text).uncovered).toEqual([]);
  const { uncovered, report } = run(PROFILE, text, new RegExp(`^entry ${entry}:`));
  const items = report.profiles.flatMap((one) => one.items);
  const own = items.filter((item) => item.entry === entry && item.state !== "unreachable");
  expect(uncovered).toEqual(own);
  expect(own.length).toBeGreaterThan(1);
});

test("what an earlier entry decides cannot be exercised, and does not count", () => {
  const { text } = initSuite(PROFILE, "p.json", {}, "./schema.json");
  const { report } = run(PROFILE, text);
  const items = report.profiles.flatMap((one) => one.items);
  expect(items.filter(({ entry }) => entry === 3)).toMatchObject([
    { kind: "entry", state: "unreachable", reason: expect.stringContaining("entry 0 (line") },
    { kind: "name", state: "unreachable" },
  ]);
});

test("an lcov record counts what it lists", () => {
  const { text } = initSuite(PROFILE, "p.json", {}, "./schema.json");
  const lcov = formatLcov(run(PROFILE, text, /^entry 1:/).report);
  const lines = lcov.trimEnd().split("\n");
  expect(lines[1]).toBe("SF:p.json");
  expect(lines.at(-1)).toBe("end_of_record");
  const fields = (tag: string) =>
    lines
      .filter((one) => one.startsWith(`${tag}:`))
      .map((one) => one.slice(tag.length + 1).split(","));
  for (const [tag, found, hit, at] of [
    ["FNDA", "FNF", "FNH", 0],
    ["BRDA", "BRF", "BRH", 3],
    ["DA", "LF", "LH", 1],
  ] as const) {
    const rows = fields(tag);
    expect(fields(found)).toEqual([[`${rows.length}`]]);
    expect(fields(hit)).toEqual([[`${rows.filter((row) => row[at] !== "0").length}`]]);
  }
  expect(fields("FNDA")).toEqual([
    ["1", "entry 0"],
    ["0", "entry 1"],
    ["1", "entry 2"],
  ]);
});

describe("a first suite notices every mistake", () => {
  const ops = ["NE", "LT", "LE", "EQ", "GE", "GT"] as const;
  const all = loadProfile(
    JSON.stringify({
      defaultAction: "SCMP_ACT_ERRNO",
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
      syscalls: [
        ...ops.map((op, i) => ({
          names: [["read", "write", "close", "lseek", "dup", "fsync"][i]],
          action: "SCMP_ACT_ALLOW",
          args: [{ index: i % 3, value: 2 ** (i * 7), op: `SCMP_CMP_${op}` }],
        })),
        {
          names: ["clone"],
          action: "SCMP_ACT_LOG",
          args: [
            { index: 0, value: 0x7e020000, valueTwo: 0x20000, op: "SCMP_CMP_MASKED_EQ" },
            { index: 1, value: 5, op: "SCMP_CMP_GT" },
          ],
        },
      ],
    }),
    { file: "p.json" },
  );
  test.each([
    ["of each operator", all],
    ["of names and gates", PROFILE],
  ])("%s", async (_, source) => {
    const { text } = initSuite(source, "p.json", {}, "./schema.json");
    const { mutants } = await mutateSuite(readSuite(text, "s.yaml"), () => [source]);
    const left = mutants.filter(({ status }) => status === "survived" || status === "unknown");
    expect(left.map(({ what, place }) => `${place.line}: ${what}`)).toEqual([]);
    expect(mutants.filter(({ status }) => status === "killed").length).toBeGreaterThan(10);
  });
});

describe("a first suite for a filter", () => {
  const read = (file: string) =>
    loadProfile(readFileSync(new URL(`../fixtures/${file}.bpf`, import.meta.url)), { file });

  test.each(["tiny10", "opt-size", "docker-254-o1", "docker-254-o2", "big"])(
    "%s: passes, and executes all that a call can",
    (file) => {
      const source = read(file);
      const { text, coverage } = initSuite(source, file, {}, "./schema.json");
      const { result, report } = run(source, text);
      expect(result.passed).toBe(true);
      expect(report.filters).toEqual(coverage.filters);
      const { covered = 0, total = 0 } = report.filters[0]?.instructions ?? {};
      // The rest is for architectures that an x86_64 kernel has no calls of.
      expect(total - covered).toBeLessThanOrEqual(2);
    },
  );

  test.each(["tiny10", "opt-size"])("%s: notices another verdict anywhere", (file) => {
    const source = read(file);
    if (source.kind !== "filter") throw new Error("no filter");
    const { text, coverage } = initSuite(source, file, {}, "./schema.json");
    const dead = new Set(coverage.filters[0]?.notExecuted);
    const { instructions } = source;
    const returns = instructions.flatMap(({ code }, pc) =>
      code === 6 && !dead.has(pc) ? [pc] : [],
    );
    expect(returns.length).toBeGreaterThan(1);
    for (const pc of returns) {
      const changed = instructions.map((one, i) => (i === pc ? { ...one, k: 0x7ffc0000 } : one));
      expect(run({ ...source, instructions: changed }, text).result.passed, `${pc}`).toBe(false);
    }
  });

  test("says each verdict as suites do, also where it calculates", () => {
    const words = [0x12340000, 0x7ff00007, 0x7fc00000, 0x00030002, 0x00050fff, 0x00051000, 0];
    const source = loadProfile(
      [
        "ld nr",
        ...words.map((_, i) => `jeq #${i + 3}, r${i}`),
        "jeq #30, sum",
        "ret ALLOW",
        "sum: ld args[0].lo\nadd #5\ntax\nld args[1].lo\njeq x, r0\nret LOG",
        ...words.map((word, i) => `r${i}: ret #0x${word.toString(16)}`),
      ].join("\n"),
      { file: "f.asm" },
    );
    const { text } = initSuite(source, "f.asm", {}, "./schema.json");
    expect(run(source, text).result.passed).toBe(true);
    const expected = [
      "kill",
      "trace(7)",
      "notify",
      "trap(2)",
      "errno(4095)",
      "kill_thread",
      "allow",
    ];
    for (const word of expected) expect(text).toContain(`expect: ${word}\n`);
  });

  test("asks for no verdict that needs an instruction pointer, which calls of a suite lack", () => {
    const source = loadProfile(
      "ld nr\njeq #39, look\nret ALLOW\nlook: ld ip.lo\njeq #8, log, deny\nlog: ret LOG\ndeny: ret ERRNO(EPERM)",
      { file: "f.asm" },
    );
    const { text } = initSuite(source, "f.asm", {}, "./schema.json");
    expect(run(source, text).result.passed).toBe(true);
    expect(text).toContain('name: "getpid: ERRNO(EPERM)"');
    expect(text).not.toContain("expect: log");
  });

  test("what has no filter has no suite", () => {
    const make = () => initSuite({ kind: "strict", name: "strict" }, "strict", {}, "./schema.json");
    expect(make).toThrow(/no profile with entries/);
  });
});
