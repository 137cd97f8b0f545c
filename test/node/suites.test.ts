import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Simulator } from "../../src/analysis/simulator.js";
import {
  assertAllows,
  assertDecides,
  assertPassesSuite,
  collectSuites,
  simulate,
  target,
} from "../../src/node/index.js";
import { temporaryFolder } from "../cli/run.js";

const PROFILE = `{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
  { "names": ["read"], "action": "SCMP_ACT_ALLOW" },
  { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
] }`;

const SUITE = `profile: p.json
target: { caps: [none, all] }
cases:
  - { call: read, expect: allow }
  - { call: mount, expect: allow }
  - { call: write, expect: deny, skip: later }
`;

function collected() {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "p.json"), PROFILE);
  writeFileSync(join(folder, "s.seccomp.yaml"), SUITE);
  return { tests: collectSuites(folder), profile: join(folder, "p.json") };
}

test("a test for each case and target; what fails says why, and what was nearest", () => {
  const { tests } = collected();
  expect(tests.map(({ name, skip }) => [name, skip])).toEqual(
    ["none", "all"].flatMap((caps) => [
      [`read [caps=${caps}]`, undefined],
      [`mount [caps=${caps}]`, undefined],
      [`write [caps=${caps}]`, "later"],
    ]),
  );
  const [read, mount, , , allowed] = tests;
  read?.run();
  allowed?.run();
  expect(() => mount?.run()).toThrow(
    /s\.seccomp\.yaml:5:13: mount: expected allow, .*; nearest .*p\.json:3:3: would allow with CAP_SYS_ADMIN/,
  );
});

test("the profile is read and compiled once for the tests of a target", () => {
  const { tests, profile } = collected();
  const [read, mount, , other] = tests;
  read?.run();
  rmSync(profile);
  read?.run();
  expect(() => mount?.run()).toThrow(/expected allow/);
  expect(() => other?.run()).toThrow(/p\.json/);
  // Nothing is left of what could not be read.
  expect(() => read?.run()).toThrow(/p\.json/);
});

test("an expectation that does not hold is no comparison of two values to runners", () => {
  expect(() => assertAllows(simulate("docker-default"), "mount")).toThrow(
    expect.objectContaining({ name: "AssertionError", code: "ERR_ASSERTION", operator: "fail" }),
  );
});

// Runners print no more than the message.
test.for<[string, (simulator: Simulator) => void, RegExp]>([
  [
    "a call",
    (one) => assertAllows(one, "mout"),
    /^call:1:1: unknown system call "mout"\n {2}hint: did you mean mount\?$/,
  ],
  [
    "a verdict",
    (one) => assertDecides(one, "mount", "EPERM"),
    /no expectation\n {2}hint: did you mean errno\(EPERM\)\?$/,
  ],
  [
    "a target",
    () => simulate("unconfined", target().cap("SYS_ADMN")),
    /did you mean CAP_SYS_ADMIN/,
  ],
  ["a profile", () => simulate("docker-defalt"), /did you mean the preset docker-default/],
  ["a suite", (one) => assertPassesSuite(one, "nowhere.yaml"), /^nowhere\.yaml: no such file$/],
  [
    "what is no simulator",
    () => assertAllows("docker-default" as unknown as Simulator, "read"),
    /^expected a simulator, such as simulate\("docker-default"\)$/,
  ],
])("a mistake in %s is told as on the command line", ([, work, message]) => {
  expect(() => work(simulate("unconfined"))).toThrow(message);
});

test("a mistake in a suite is told with its place", () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "s.seccomp.yaml"),
    "profile: docker-default\ncases:\n  - { call: mout, expect: deny }\n",
  );
  expect(() => collectSuites(folder)).toThrow(
    /s\.seccomp\.yaml:3:13: cases\[0\]\.call: unknown system call "mout"\n {2}hint: did you mean mount\?$/,
  );
  expect(() => assertPassesSuite(simulate("unconfined"), join(folder, "s.seccomp.yaml"))).toThrow(
    /^\/[^:]*s\.seccomp\.yaml:3:13: cases\[0\]\.call: unknown system call "mout"\n {2}hint: did you mean mount\?$/,
  );
});

describe("a suite holds of a simulator, whatever target it names", () => {
  const CASES = `cases:
  - { call: mount, expect: deny }
  - { call: bpf, expect: allow, only: { caps: all } }
  - { call: bpf, expect: deny, except: { caps: all } }
`;
  const at = (subject: string): string => {
    const path = join(temporaryFolder(), "s.seccomp.yaml");
    writeFileSync(path, subject);
    return path;
  };

  test.each([
    ["its own architecture", "x86_64", "deny", /^$/],
    ["its own architecture", "x86_64", "allow", /mount: expected allow/],
    ["another architecture", "aarch64", "deny", /^$/],
    ["another architecture", "aarch64", "allow", /mount: expected allow/],
  ] as const)("%s: %s, %s", (_, arch, word, message) => {
    const path = at(`profile: nothing\ncases:\n  - { call: mount, expect: ${word} }\n`);
    expect(failure(() => assertPassesSuite(simulate("docker-default", { arch }), path))).toMatch(
      message,
    );
  });

  test.each([
    ["docker-default", "none", ""],
    ["docker-default", "all", "mount"],
    ["unconfined", "none", "mount bpf"],
    ["unconfined", "all", "mount"],
  ] as const)("cases of one target only: %s, %s", (profile, caps, failed) => {
    const path = at(`profile: nothing\ntarget: { caps: [none, all] }\n${CASES}`);
    const text = failure(() => assertPassesSuite(simulate(profile, { caps }), path));
    expect([...text.matchAll(/: (\w+): expected/g)].map((one) => one[1]).join(" ")).toBe(failed);
  });
});

function failure(work: () => void): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
