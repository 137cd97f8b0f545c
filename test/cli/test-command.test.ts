import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CLI, run, temporaryFolder } from "./run.js";

const PROFILE = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["read"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
`;

const SUITE = `# kept as it is
profile: p.json
cases:
  - name: reads
    call: read
    expect: allow
  - name: mounts
    call: mount
    expect: allow
  - name: clones
    call: clone
    expect: allow
`;

/** A folder with the profile and a suite. */
function folderWith(suite: string, profile = PROFILE): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "p.json"), profile);
  writeFileSync(join(folder, "s.seccomp.yaml"), suite);
  return folder;
}

function testIn(cwd: string, ...args: string[]) {
  return run(["test", "s.seccomp.yaml", ...args], { cwd });
}

function failedIn(stdout: string): string[] {
  return [...stdout.matchAll(/^ {2}FAIL (\w+)/gm)].map(([, name = ""]) => name);
}

describe("--run", () => {
  test.for<[string, string[], number]>([
    ["reads", [], 0],
    ["^(reads|mounts)$", ["mounts"], 1],
    ["[ct]", ["mounts", "clones"], 1],
  ])("%s", ([pattern, failed, status]) => {
    const ran = testIn(folderWith(SUITE), "--run", pattern);
    expect(failedIn(ran.stdout)).toEqual(failed);
    expect(ran.status).toBe(status);
  });

  test.for<[string, RegExp]>([
    ["nothing", /^error: no case matches --run nothing$/m],
    ["(", /^error: --run: .*[Uu]nterminated group/m],
  ])("%s is refused", ([pattern, message]) => {
    const ran = testIn(folderWith(SUITE), "--run", pattern);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(message);
  });
});

describe("--bail", () => {
  test("ends after the first case that fails, and says so", () => {
    const ran = testIn(folderWith(SUITE), "--bail");
    expect(failedIn(ran.stdout)).toEqual(["mounts"]);
    expect(ran.stdout).not.toContain("clones");
    expect(ran.stdout).toMatch(/ended early\n$/);
    expect(ran.status).toBe(1);
  });

  test("leaves the suites after it out", () => {
    const folder = folderWith(SUITE);
    writeFileSync(join(folder, "t.seccomp.yaml"), SUITE);
    const ran = run(["test", ".", "--bail"], { cwd: folder });
    expect(failedIn(ran.stdout)).toEqual(["mounts"]);
    expect(ran.stderr).toBe("1 more suite was not run\n");
  });
});

describe("--update", () => {
  test.each([
    ["errno(38)", "x86_64", "errno(38)"],
    ["errno(89)", "mips", "errno(89)"],
    ["errno(38)", "mips", "errno(ENOSYS)"],
    ["errno(38)", "[x86_64, mips]", "errno(ENOSYS)"],
    ["errno(89)", "[x86_64, mips]", "errno(ENOSYS)"],
    ["errno", "x86_64", "errno(ENOSYS)"],
  ])("leaves the number of the very verdict: %s on %s", (written, arch, expected) => {
    const folder = temporaryFolder();
    const file = join(folder, "s.seccomp.yaml");
    const suite = (word: string): string => `profile: docker-default
target: { arch: ${arch} }
cases:
  - { call: clone3, expect: ${word}, record: true }
`;
    writeFileSync(file, suite(written));
    testIn(folder, "--update");
    expect(readFileSync(file, "utf8")).toBe(suite(expected));
  });

  const MARKED = SUITE.replace(
    "call: mount\n    expect: allow",
    "call: mount # why\n    record: true",
  );

  test("writes what the marked case gets, and touches nothing else", () => {
    const folder = folderWith(MARKED);
    const file = join(folder, "s.seccomp.yaml");
    const before = testIn(folder, "--run", "mounts");
    expect(before.status).toBe(1);
    expect(before.stdout).toContain("no verdict is recorded yet");

    const ran = testIn(folder, "--update", "--run", "mounts");
    const updated = MARKED.replace("record: true", "expect: errno(ENOSYS)\n    record: true");
    expect(readFileSync(file, "utf8")).toBe(updated);
    expect(ran.stderr).toMatch(/^\+ {4}expect: errno\(ENOSYS\)$/m);
    expect(ran.stderr.match(/^[+-] /gm)).toHaveLength(1);
    expect(ran.status).toBe(0);

    const again = testIn(folder, "--update", "--run", "mounts");
    expect(again).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(file, "utf8")).toBe(updated);
  });

  test("follows the profile when it changes", () => {
    const folder = folderWith(
      MARKED.replace("record: true", "expect: errno(ENOSYS)\n    record: true"),
    );
    writeFileSync(join(folder, "p.json"), PROFILE.replace('"write"', '"mount"'));
    expect(testIn(folder, "--run", "mounts").status).toBe(1);
    expect(testIn(folder, "--run", "mounts", "--update").status).toBe(0);
    expect(readFileSync(join(folder, "s.seccomp.yaml"), "utf8")).toContain(
      "call: mount # why\n    expect: allow\n    record: true",
    );
  });

  test("a case without the mark stays, though it fails", () => {
    const folder = folderWith(SUITE);
    expect(testIn(folder, "--update")).toMatchObject({ status: 1, stderr: "" });
    expect(readFileSync(join(folder, "s.seccomp.yaml"), "utf8")).toBe(SUITE);
  });

  const table = (...names: string[]) => `profile: p.json
cases:
  - call: \${x}
    each: # rows
${names.map((name) => `      - { x: ${name} }\n`).join("")}    record: true
`;

  test("a table gets what all of its rows get, also when only some are run", () => {
    const folder = folderWith(table("mount", "umount2"));
    const file = join(folder, "s.seccomp.yaml");
    const updated = table("mount", "umount2").replace(
      "record: true",
      "expect: errno(ENOSYS)\n    record: true",
    );
    expect(testIn(folder, "--update", "--run", "umount2")).toMatchObject({ status: 0 });
    expect(readFileSync(file, "utf8")).toBe(updated);
    expect(testIn(folder, "--update")).toMatchObject({ status: 0, stderr: "" });
  });

  test("rows that differ are named, and nothing is written", () => {
    const text = table("mount", "read", "umount2");
    const folder = folderWith(text);
    for (const more of [[], ["--run", "mount"]]) {
      const ran = testIn(folder, "--update", ...more);
      expect(ran.status).toBe(2);
      expect(ran.stderr).toMatch(
        /^error: s\.seccomp\.yaml:5:9: .*: line 5 errno\(ENOSYS\), line 6 allow, line 7 errno\(ENOSYS\)$/m,
      );
    }
    expect(readFileSync(join(folder, "s.seccomp.yaml"), "utf8")).toBe(text);
  });

  test("standard input cannot be written", () => {
    const ran = run(["test", "-", "--update"], { input: SUITE });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("--update cannot write to standard input");
  });
});

const HOLDS = SUITE.replaceAll(/(mount|clone)\n {4}expect: allow/g, "$1\n    expect: deny");

describe("--coverage", () => {
  test("lists what no case exercised, with its place, and fails below the threshold", () => {
    const folder = folderWith(HOLDS);
    const shown = testIn(folder, "--coverage");
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(/p\.json:6:.*entry 1 \(write\)/);
    const [, percent = ""] = /Coverage of p\.json: ([\d.]+) %/.exec(shown.stdout) ?? [];
    expect(Number(percent)).toBeLessThan(100);
    const at = (threshold: string) => testIn(folder, "--coverage-threshold", threshold);
    expect(at("1")).toMatchObject({ status: 0, stderr: "" });
    const low = at("100");
    expect(low.status).toBe(3);
    expect(low.stderr).toContain("below the threshold of 100 %");
  });

  test("is part of the reports for programs", () => {
    const folder = folderWith(HOLDS);
    const { coverage, ...report } = JSON.parse(
      testIn(folder, "--coverage", "--reporter", "json").stdout,
    );
    expect(report).toEqual(JSON.parse(testIn(folder, "--reporter", "json").stdout));
    const [profile] = coverage.profiles;
    expect(profile.file).toMatch(/p\.json$/);
    expect(coverage).toMatchObject({ covered: profile.covered, total: profile.items.length });
    expect(coverage.percent).toBeLessThan(100);
    expect(profile.items).toContainEqual({
      kind: "name",
      file: profile.file,
      line: 6,
      column: 17,
      entry: 1,
      text: "write",
      state: "uncovered",
      reason: expect.any(String),
    });
    expect(coverage.filters[0].instructions.covered).toBeGreaterThan(5);
    const lines = testIn(folder, "--coverage", "--reporter", "ndjson").stdout.trimEnd().split("\n");
    expect(JSON.parse(lines.at(-2) ?? "")).toEqual({ type: "coverage", ...coverage });
  });

  test("a failed case outweighs the threshold", () => {
    expect(testIn(folderWith(SUITE), "--coverage-threshold", "100").status).toBe(1);
  });

  test("of a raw filter, the threshold is for its instructions", () => {
    const folder = folderWith("profile: f.asm\ncases:\n  - { call: read, expect: allow }\n");
    writeFileSync(join(folder, "f.asm"), "ld nr\njne #0, no\nret ALLOW\nno: ret ERRNO(EPERM)\n");
    expect(testIn(folder, "--coverage-threshold", "75").status).toBe(0);
    const low = testIn(folder, "--coverage-threshold", "76");
    expect(low.status).toBe(3);
    expect(low.stderr).toContain("coverage of the filters' instructions is 75 %");
  });

  test("what is skipped exercises nothing", () => {
    const skipped = HOLDS.replace(/expect:/g, "skip: true\n    expect:");
    expect(testIn(folderWith(skipped), "--coverage-threshold", "1").status).toBe(3);
  });

  test.for(["x", "-1", "101"])("a threshold of %s is refused", (threshold) => {
    const ran = testIn(folderWith(HOLDS), `--coverage-threshold=${threshold}`);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toContain("--coverage-threshold");
  });
});

describe("--mutate", () => {
  test("lists the mutants that no case notices: those of the entry without a case", () => {
    const folder = folderWith(HOLDS);
    const ran = testIn(folder, "--mutate", "--mutate-json", "m.json");
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/p\.json:6:/);
    const { mutants } = JSON.parse(readFileSync(join(folder, "m.json"), "utf8"));
    const linesOf = (status: string): number[] =>
      mutants
        .filter((one: { status: string }) => one.status === status)
        .map((one: { line: number }) => one.line);
    expect(linesOf("survived")).toContain(6);
    expect(linesOf("survived")).not.toContain(5);
    expect(linesOf("killed")).toContain(5);
  });

  test("a suite that notices nothing is below the threshold", () => {
    const few = "profile: p.json\ncases:\n  - { call: read, expect: [allow, deny] }\n";
    const ran = testIn(folderWith(few), "--mutate-threshold", "50");
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain("below the threshold of 50 %");
  });

  test("nothing is mutated when the suite does not hold", () => {
    const ran = testIn(folderWith(SUITE), "--mutate");
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain("no mutants are made");
  });
});

/** A program that runs on: what it printed so far, and the wait for a text in it. */
class Running {
  private text = "";
  private readonly child: ChildProcess;
  private wake: () => void = () => {};

  constructor(cwd: string, ...args: string[]) {
    // One pipe for both streams keeps their order.
    const command = [process.execPath, CLI, "test", ...args];
    this.child = spawn("sh", ["-c", 'exec "$@" 2>&1', "sh", ...command], { cwd });
    onTestFinished(() => void this.child.kill("SIGKILL"));
    this.child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.text += chunk;
      this.wake();
    });
  }

  /** Gives what was printed up to the text, and forgets it. */
  async until(wanted: string): Promise<string> {
    for (;;) {
      const at = this.text.indexOf(wanted);
      if (at >= 0) {
        const before = this.text.slice(0, at);
        this.text = this.text.slice(at + wanted.length);
        return before;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  interrupt(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGINT");
    return ended;
  }
}

describe("--watch", () => {
  const WAITING = "waiting for a change; Ctrl-C ends\n";

  test("runs again when the suite changes, the profile, or a suite is added; Ctrl-C ends", async () => {
    const folder = folderWith(SUITE);
    const running = new Running(folder, ".", "--watch");
    expect(await running.until(WAITING)).toContain("2 cases not as expected");

    writeFileSync(join(folder, "s.seccomp.yaml"), HOLDS);
    const suite = await running.until(WAITING);
    expect(suite).toContain("s.seccomp.yaml has changed");
    expect(suite).toContain("3 calls: all as expected");

    writeFileSync(join(folder, "p.json"), PROFILE.replace('"write"', '"mount"'));
    const profile = await running.until(WAITING);
    expect(profile).toContain("p.json has changed");
    expect(failedIn(profile)).toEqual(["mounts"]);

    writeFileSync(join(folder, "new.seccomp.yaml"), HOLDS);
    const added = await running.until(WAITING);
    expect(added).toContain("new.seccomp.yaml has changed");
    expect(added).toContain("2 suites, 6 cases");

    writeFileSync(join(folder, "p.json"), PROFILE);
    expect(await running.until(WAITING)).toContain("6 calls: all as expected");
    expect(await running.interrupt()).toBe(0);
  });

  test("a suite that is broken, and mended", async () => {
    const folder = folderWith("profile: p.json\ncases: [\n");
    const running = new Running(folder, "s.seccomp.yaml", "--watch");
    expect(await running.until(WAITING)).toContain("1 suite not run");
    writeFileSync(join(folder, "s.seccomp.yaml"), HOLDS);
    expect(await running.until(WAITING)).toContain("3 calls: all as expected");
    await running.interrupt();
  });

  test.for([
    ["added", 3, (folder: string) => writeFileSync(join(folder, "z.seccomp.yaml"), HOLDS)],
    ["taken away", 1, (folder: string) => rmSync(join(folder, "a.seccomp.yaml"))],
  ] as const)("a suite that is %s while others run", async ([, left, change]) => {
    const folder = folderWith(HOLDS);
    const calls = Array.from({ length: 300 }, (_, i) => `"${i}..20000"`);
    writeFileSync(join(folder, "a.seccomp.yaml"), HOLDS);
    writeFileSync(
      join(folder, "s.seccomp.yaml"),
      `profile: p.json\ncases: [{ calls: [${calls}], expect: [allow, deny] }]\n`,
    );
    const running = new Running(folder, ".", "--watch", "--reporter", "ndjson");
    await running.until('"type":"suite"');
    change(folder);
    await running.until(WAITING);
    expect(await running.until(WAITING)).toContain(`"totals":{"suites":${left},`);
    await running.interrupt();
  });

  test("standard input cannot be watched", () => {
    const ran = run(["test", "-", "--watch"], { input: SUITE });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toContain("--watch cannot read standard input again");
  });
});
