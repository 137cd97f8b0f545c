import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CLI, run } from "./run.js";

const DENY_MOUNT = readFileSync("examples/mypolicy.json", "utf8");

interface Row {
  readonly says: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly status: number;
  readonly out?: readonly (string | RegExp)[];
  readonly err?: readonly (string | RegExp)[];
}

const rows: Row[] = [
  {
    says: "prints verdict, what the program sees, the reason and the target",
    args: ["check", "examples/mypolicy.json", 'mount("none", "/mnt", "tmpfs", 0, NULL)'],
    status: 0,
    out: ["ERRNO(EPERM)", "nr 165", "examples/mypolicy.json:4 (entry 0)", "x86_64", "2.6.1"],
  },
  {
    says: "names the default action",
    args: ["check", "examples/mypolicy.json", "getpid"],
    status: 0,
    out: ["ALLOW", "the default action, examples/mypolicy.json:2"],
  },
  {
    says: "names the stub",
    args: ["check", "docker-default", "#5000()"],
    status: 0,
    out: ["ERRNO(ENOSYS)", "stub"],
  },
  {
    says: "reads the profile from standard input",
    args: ["check", "-", "mount"],
    input: DENY_MOUNT,
    status: 0,
    out: ["ERRNO(EPERM)", "<stdin>:4"],
  },
  {
    says: "takes Docker's own option",
    args: ["check", "seccomp=examples/mypolicy.json", "chown"],
    status: 0,
    out: ["ERRNO(EPERM)"],
  },
  {
    says: "takes the option as release 1.10 wrote it",
    args: ["check", "seccomp:examples/mypolicy.json", "chown"],
    status: 0,
    out: ["ERRNO(EPERM)"],
  },
  {
    says: "knows builtin",
    args: ["check", "builtin", "mount"],
    status: 0,
    out: ["ERRNO(EPERM)"],
  },
  {
    says: "knows unconfined",
    args: ["check", "seccomp=unconfined", "mount"],
    status: 0,
    out: ["ALLOW", "no filter is loaded"],
  },
  {
    says: "answers for strict mode",
    args: ["check", "strict", "getpid"],
    status: 0,
    out: ["SIGKILL", "strict mode"],
  },
  {
    says: "follows a capability",
    args: ["check", "docker-default", "mount", "--cap", "sys_admin"],
    status: 0,
    out: ["ALLOW", "SYS_ADMIN"],
  },
  {
    says: "stacks filters, the strictest decides",
    args: ["check", "unconfined", "mount", "--stack", "examples/mypolicy.json"],
    status: 0,
    out: ["ERRNO(EPERM)", "examples/mypolicy.json:4"],
  },
  {
    says: "meets an expectation",
    args: ["check", "docker-default", "mount", "reboot", "--expect", "errno(EPERM)"],
    status: 0,
  },
  {
    says: "misses an expectation",
    args: ["check", "docker-default", "mount", "getpid", "--expect", "deny"],
    status: 1,
    out: ["expected deny"],
  },
  {
    says: "takes a list of expectations",
    args: ["check", "docker-default", "mount", "getpid", "--expect", "ERRNO,Allow"],
    status: 0,
  },
  {
    says: "explains an expectation that is none",
    args: ["check", "docker-default", "mount", "--expect", "alow"],
    status: 2,
    err: ["did you mean allow?"],
  },
  {
    says: "explains an unknown errno",
    args: ["check", "docker-default", "mount", "--expect", "errno(EPREM)"],
    status: 2,
    err: ["did you mean EPERM?"],
  },
  {
    says: "explains an unknown call",
    args: ["check", "docker-default", "moutn"],
    status: 2,
    err: ["moutn", "did you mean"],
  },
  {
    says: "shows curly quotes, where they are, and what to type",
    args: ["check", "test/fixtures/mypolicy-curly.json", "mount"],
    status: 2,
    err: ["test/fixtures/mypolicy-curly.json:3:1", "“", /typographic|curly/, '"'],
  },
  {
    says: "a missing file",
    args: ["check", "no-such-file.json", "mount"],
    status: 2,
    err: ["no-such-file.json: no such file"],
  },
  {
    says: "a mistyped preset",
    args: ["check", "docker-defualt", "mount"],
    status: 2,
    err: ["did you mean the preset docker-default?"],
  },
  {
    says: "a folder",
    args: ["check", "test", "mount"],
    status: 2,
    err: ["test: this is a directory"],
  },
  {
    says: "a device without end",
    args: ["check", "/dev/zero", "mount"],
    status: 2,
    err: ["larger than 4 MiB"],
  },
  {
    says: "a truncated raw filter",
    args: ["check", "-", "mount", "--type", "raw"],
    input: "\u0006\0\0\0\0\0",
    status: 2,
    err: ["<stdin>", "8-byte"],
  },
  {
    says: "a filter that the kernel would not load",
    args: ["check", "-", "mount"],
    input: "\u0020\0\0\0\0\0\0\0",
    status: 2,
    err: ["EINVAL"],
  },
  { says: "no call", args: ["check", "docker-default"], status: 2, err: ["CALL"] },
  {
    says: "an unknown option",
    args: ["check", "docker-default", "mount", "--kernle", "5.1"],
    status: 2,
    err: ["--kernle", "--kernel"],
  },
  {
    says: "an unknown architecture",
    args: ["check", "docker-default", "mount", "--arch", "x86_46"],
    status: 2,
    err: ["x86_46", "x86_64"],
  },
  {
    says: "a kernel that is none",
    args: ["check", "docker-default", "mount", "--kernel", "new"],
    status: 2,
    err: ["new"],
  },
  {
    says: "a profile's warning goes to standard error",
    args: ["check", "-", "mount"],
    input:
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["moutn"],"action":"SCMP_ACT_ERRNO"}]}',
    status: 0,
    out: ["ALLOW"],
    err: ["warning: <stdin>:1:", "moutn", "did you mean"],
  },
];

test.for(rows)("check: $says", ({ args, input, status, out = [], err = [] }) => {
  const ran = run(args, input === undefined ? {} : { input });
  expect(ran).toMatchObject({ status, signal: null });
  for (const part of out) expect(ran.stdout).toMatch(asPattern(part));
  for (const part of err) expect(ran.stderr).toMatch(asPattern(part));
  expect(ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(ran.stderr).not.toContain("defect");
  // An error never comes with an answer.
  if (status === 2) expect(ran.stdout).toBe("");
});

function asPattern(part: string | RegExp): RegExp {
  return part instanceof RegExp ? part : new RegExp(part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}

describe("check --format json", () => {
  test("is an array with everything that a program wants to know", () => {
    const call = 'mount("none", "/mnt", "tmpfs", 0, NULL)';
    const ran = run(["check", "examples/mypolicy.json", call, "getpid", "--format", "json"]);
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      {
        call: expect.stringMatching(/^mount\(/),
        nr: 165,
        arch: "x86_64",
        args: expect.arrayContaining(["0x0"]),
        verdict: "ERRNO(EPERM)",
        action: "ERRNO",
        data: 1,
        ret: 327681,
        because: { kind: "entry", file: "examples/mypolicy.json", line: 4, entry: 0 },
        target: {
          engine: "docker",
          runtime: "runc",
          libseccomp: "2.6.1",
          arch: "x86_64",
          kernel: "6.1",
          caps: expect.arrayContaining(["CAP_CHOWN"]),
        },
      },
      { nr: 39, verdict: "ALLOW", because: { kind: "default", line: 2 } },
    ]);
  });

  test.for([
    ["strict", "getpid", "SIGKILL", "mode"],
    ["unconfined", "mount", "ALLOW", "mode"],
    ["docker-default", "#5000()", "ERRNO(ENOSYS)", "stub"],
    ["docker-default", "mount", "ERRNO(EPERM)", "default"],
    ["docker-default", "clone3", "ERRNO(ENOSYS)", "entry"],
  ])("%s %s: %s because of %s", ([profile = "", call = "", verdict, kind]) => {
    const ran = run(["check", profile, call, "--format", "json"]);
    expect(JSON.parse(ran.stdout)).toMatchObject([{ verdict, because: { kind } }]);
  });
});

describe("colour", () => {
  const args = ["check", "docker-default", "mount"];
  test.for<[string, string[], Record<string, string>, boolean]>([
    ["none in a pipe", args, {}, false],
    ["FORCE_COLOR", args, { FORCE_COLOR: "1" }, true],
    ["NO_COLOR wins", args, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    ["--no-color wins", [...args, "--no-color"], { FORCE_COLOR: "1" }, false],
  ])("%s", ([, words, env, colored]) => {
    expect(run(words, { env }).stdout.includes("\u001b[")).toBe(colored);
  });
});

test.skipIf(!existsSync("/dev/full"))("a full disk is an error, not a missed expectation", () => {
  const full = openSync("/dev/full", "w");
  const ran = spawnSync(process.execPath, [CLI, "check", "strict", "read"], {
    stdio: ["ignore", full, "pipe"],
  });
  closeSync(full);
  expect(ran.status).toBe(2);
  expect(String(ran.stderr)).toBe("error: <stdout>: no space left on the device\n");
});
