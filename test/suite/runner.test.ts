import { describe, expect, test } from "vitest";
import { createSimulator } from "../../src/analysis/simulator.js";
import { presetSource } from "../../src/analysis/source.js";
import { decodeRecord, RECORD_SIZE } from "../../src/seccomp/record.js";
import { readSuite } from "../../src/suite/reader.js";
import { runSuite } from "../../src/suite/runner.js";
import { runText } from "./run.js";

const THREE = `profile: docker-default
target: { caps: [none, all] }
cases:
  - { name: one, call: read, expect: allow }
  - { name: two, call: mount, expect: deny }
  - { name: three, call: write, expect: allow }
`;

const titles = ({ runs }: ReturnType<typeof runText>): string[] =>
  runs.flatMap(({ label, cases }) =>
    cases.map((one) => `${label} ${one.case.title} ${one.status}`),
  );

describe("runSuite", () => {
  test("runs what the expression finds", () => {
    expect(titles(runText(THREE, {}, { run: /^t/g }))).toEqual([
      "caps=none two passed",
      "caps=none three passed",
      "caps=all two failed",
      "caps=all three passed",
    ]);
    expect(runText(THREE, {}, { run: /nothing/ })).toMatchObject({ runs: [], passed: true });
  });

  test("calls are told apart by their own architecture", () => {
    const cases = ["", ", arch: x86", ", arch: x32"].map(
      (arch) => `  - { call: read${arch}, expect: allow }`,
    );
    const result = runText(`profile: docker-default\ncases:\n${cases.join("\n")}\n`);
    expect(titles(result)).toEqual([" read passed", " read (x86) passed", " read (x32) passed"]);
  });

  test("bail ends after the first failure, and says that the result is a part", () => {
    const result = runText(THREE, {}, { bail: true });
    expect(result).toMatchObject({ passed: false, partial: true });
    expect(titles(result).slice(3)).toEqual(["caps=all one passed", "caps=all two failed"]);
    expect(runText(THREE, {}, { bail: true, run: /two/ }).partial).toBe(false);
  });

  test("a signal ends it; what was run is there", async () => {
    const cases = Array.from({ length: 500 }, (_, i) => `  - { call: "${i}", expect: not trap }\n`);
    const suite = readSuite(`profile: docker-default\ncases:\n${cases.join("")}`, "s.yaml");
    const simulator = createSimulator(presetSource("docker-default"));
    const controller = new AbortController();
    const progress: [number, number][] = [];
    const result = await runSuite(suite, () => simulator, {
      signal: controller.signal,
      onProgress: (done, total) => {
        progress.push([done, total]);
        if (done > 100) controller.abort();
      },
    });
    expect(result).toMatchObject({ partial: true, passed: true });
    expect(result.runs[0]?.cases.length).toBeLessThan(500);
    expect(result.runs[0]?.cases.length).toBeGreaterThan(100);
    expect(progress.at(-1)).toEqual([result.runs[0]?.cases.length, 500]);
    controller.abort();
    const none = await runSuite(suite, () => simulator, { signal: controller.signal });
    expect(none).toMatchObject({ partial: true, runs: [] });
    simulator.close();
  });

  test("gives every record to the observer; of a proof, one for each path", () => {
    const seen = new Map<string, number[]>();
    runText(
      `profile: docker-default
target: { arch: [x86_64, s390x] }
cases:
  - { call: "0..40000", expect: not trap }
  - { call: personality(...), expect: not trap }
`,
      {},
      {
        observe: (simulator, { label }, records) => {
          const numbers = seen.get(label) ?? [];
          seen.set(label, numbers);
          for (let at = 0; at < records.length; at += RECORD_SIZE) {
            numbers.push(decodeRecord(records, simulator.endian, at).nr);
          }
        },
      },
    );
    expect([...seen.keys()]).toEqual(["arch=x86_64", "arch=s390x"]);
    for (const [label, numbers] of seen) {
      const personality = 135 + Number(label === "arch=s390x");
      const paths = numbers.filter((nr) => nr === personality).length - 1;
      // Five values are allowed, the others are not; each has a path at least.
      expect(paths).toBeGreaterThanOrEqual(6);
      expect(paths).toBeLessThan(40);
      expect(numbers).toHaveLength(40_001 + paths);
    }
  });

  test("a suite of a million calls needs memory for one batch", () => {
    const result = runText("profile: strict\ncases: [{ call: 0..999999, expect: kill }]\n");
    expect(result.runs[0]?.cases[0]).toMatchObject({ calls: 1_000_000, failedCalls: 4 });
    expect(result.runs[0]?.cases[0]?.results[0]?.failures.map(({ call }) => call.name)).toEqual([
      "read",
      "write",
      "rt_sigreturn",
      "exit",
    ]);
  });
});
