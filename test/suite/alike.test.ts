import { describe, expect, test } from "vitest";
import { createSimulator } from "../../src/analysis/simulator.js";
import { presetSource } from "../../src/analysis/source.js";
import type { SuiteResult } from "../../src/suite/runner.js";
import { runText } from "./run.js";

const CASES = `
cases:
  - { call: read, expect: allow }
  - { call: mount, expect: deny }
  - { call: mount, expect: allow, todo: later }
  - { call: "@all", expect: allow }
  - { call: "read(*)", expect: allow }
  - { call: "clone(*)", expect: allow }
  - { calls: ["335", "336"], expect: allow }
  - { call: bpf, expect: deny, except: { caps: all } }
  - { call: bpf, expect: allow, only: { caps: all } }
  - { call: write, expect: allow, skip: never }
  - { call: write, record: true }
`;

/** All that a result says; the cases themselves are read for each anew. */
const told = ({ runs }: SuiteResult): object[] =>
  runs.map(({ cases, ...run }) => ({
    ...run,
    cases: cases.map(({ case: { title }, ...one }) => ({ title, ...one })),
  }));

describe("targets of a matrix that decide alike", () => {
  test.each([
    ["kernels", "profile: docker-default", "kernel: [4.7, 4.14, 6.1, 6.13, 6.14, 6.17, 6.18]"],
    [
      "architectures",
      "profile: docker-default",
      "arch: [x86_64, aarch64, s390x], kernel: [5.0, 6.18]",
    ],
    [
      "runtimes",
      "profile: podman-default",
      "runtime: [runc, crun, ideal], libseccomp: [2.5.4, 2.6.0]",
    ],
    ["stacks", "stack: [docker-default, strictest]", "kernel: [6.1, 6.13, 6.14]"],
    ["no filter", "profile: nothing", "kernel: [6.1, 6.14]"],
  ])("come to what each comes to by itself: %s", (_, subject, dimensions) => {
    const text = `${subject}\ntarget: { caps: [none, all], ${dimensions} }${CASES}`;
    const files = {
      strictest: '{ "defaultAction": "SCMP_ACT_KILL_PROCESS" }',
      nothing: "{}",
    };
    for (const explain of [true, false]) {
      const seen = new Set<string>();
      // Whoever observes gets the records of every target.
      const alone = runText(text, files, {
        explain,
        observe: (__, { label }) => seen.add(label),
      });
      expect([...seen]).toEqual(alone.runs.map(({ label }) => label));
      expect(told(runText(text, files, { explain }))).toEqual(told(alone));
    }
  });

  test.each([
    [{ kernel: "6.1" }, { kernel: "6.13" }, true],
    [{ kernel: "6.13" }, { kernel: "6.14" }, false],
    [{ kernel: "6.14" }, { kernel: "6.18" }, false],
    [{ kernel: "4.7" }, { kernel: "4.8" }, false],
    [{ caps: "none" }, { caps: "all" }, false],
    [{ arch: "aarch64" }, { arch: "x86_64" }, false],
    [{ runtime: "runc" }, { runtime: "crun" }, false],
    [{ runtime: "ideal" }, { runtime: "ideal" }, undefined],
  ])("have one fingerprint: %o and %o", (one, other, alike) => {
    const [first, second] = [one, other].map((options) => {
      const simulator = createSimulator(presetSource("docker-default"), options);
      simulator.close();
      return simulator.fingerprint;
    });
    expect(first === undefined ? undefined : first === second).toBe(alike);
  });
});
