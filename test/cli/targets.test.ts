import { expect, test } from "vitest";
import { run } from "./run.js";

test("targets prints a line for each target and marks the differences", () => {
  const ran = run(["targets", "docker-default", "mount", "--vary", "caps,arch=x86_64"]);
  expect(ran).toMatchObject({ status: 2 });
  const right = run([
    "targets",
    "docker-default",
    "mount",
    "--vary",
    "caps",
    "--vary",
    "arch=arm64",
  ]);
  expect(right).toMatchObject({ status: 0, stderr: "" });
  expect(right.stdout).toMatch(/^target +mount\nas given +ERRNO\(EPERM\)\n/);
  expect(right.stdout).toMatch(/caps all, arch arm64 +ALLOW \*\n/);
  expect(right.stdout).toMatch(/1 of 4 targets differ/);
});

test("as data, one target a line", () => {
  const ran = run([
    "targets",
    "docker-default",
    "#9999()",
    "--vary",
    "runtime",
    "--format",
    "ndjson",
  ]);
  const rows = ran.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(
    rows.map(({ target, answers }) => [target.runtime, answers[0].verdict, answers[0].differs]),
  ).toEqual([
    ["runc", "ERRNO(ENOSYS)", false],
    ["runc@1.1", "ERRNO(ENOSYS)", false],
    ["crun", "ERRNO(EPERM)", true],
    ["youki", "ERRNO(EPERM)", true],
    ["libseccomp", "ERRNO(EPERM)", true],
    ["ideal", "ERRNO(EPERM)", true],
  ]);
  expect(rows[0].target).toMatchObject({ engine: "docker", kernel: "6.1" });
  const one = run(["targets", "docker-default", "mount", "--vary", "caps", "--format", "json"]);
  expect(JSON.parse(one.stdout)).toHaveLength(3);
});

test.for<[string[], RegExp]>([
  [["--vary", "kernal"], /targets do not differ in "kernal"\n.*did you mean kernel\?/],
  [["--vary", "arch="], /does not say what to vary/],
  [["--vary", "arch=x86_46"], /unknown arch "x86_46"/],
  [["--runtime", "rucn"], /did you mean runc\?/],
])("%j is refused", ([args, message]) => {
  const ran = run(["targets", "docker-default", "mount", ...args]);
  expect(ran).toMatchObject({ status: 2, stdout: "" });
  expect(ran.stderr).toMatch(message);
});

test("standard input is read once for all targets", () => {
  const input = '{"defaultAction": "SCMP_ACT_ERRNO"}';
  const ran = run(["targets", "-", "mount", "--vary", "libseccomp"], { input });
  expect(ran).toMatchObject({ status: 0 });
  expect(ran.stdout).toMatch(/0 of 9 targets differ/);
});
