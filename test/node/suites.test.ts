import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { collectSuites } from "../../src/node/index.js";
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
