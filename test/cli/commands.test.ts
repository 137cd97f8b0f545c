import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run, runBytes, temporaryFolder } from "./run.js";

/** `ret ALLOW` in both byte orders; `ld [2]` is misaligned; the last has no return. */
const ALLOW_ALL = Buffer.from("06000000 0000ff7f".replace(" ", ""), "hex");
const ALLOW_ALL_BIG = Buffer.from("00060000 7fff0000".replace(" ", ""), "hex");
const MISALIGNED = Buffer.from(`${"2000000002000000"}${ALLOW_ALL.toString("hex")}`, "hex");
const NO_RETURN = Buffer.from("2000000000000000", "hex");

describe("help", () => {
  const names = [...run(["--help"]).stdout.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(
    (m) => m[1] ?? "",
  );

  test.for(names.filter((name) => name !== "help" && name !== "seccomp-sim"))(
    "of %s is the same with all commands beside it and alone",
    (name) => {
      const alone = run([name, "--help"]);
      expect(alone).toMatchObject({ status: 0, stderr: "" });
      expect(alone.stdout).toContain(`Usage: seccomp-sim ${name} `);
      expect(run(["help", name])).toEqual(alone);
    },
  );
});

describe("compile", () => {
  test("writes the program, which verify loads and check runs alike", () => {
    const file = join(temporaryFolder(), "docker.bpf");
    const compiled = run(["compile", "docker-default", "-o", file]);
    expect(compiled).toMatchObject({ status: 0, stdout: "" });
    expect(compiled.stderr).toMatch(/\d+ instructions, \d+ of them the ENOSYS stub/);
    expect(readFileSync(file).length % 8).toBe(0);
    expect(run(["verify", file])).toMatchObject({ status: 0 });
    const calls = ["mount", "getpid", "clone(CLONE_NEWUSER)", "#5000()", "clone3"];
    const verdicts = (profile: string) =>
      JSON.parse(run(["check", profile, ...calls, "--format", "json"]).stdout).map(
        (one: { verdict: string }) => one.verdict,
      );
    expect(verdicts(file)).toEqual(verdicts("docker-default"));
    expect(readdirSync(join(file, ".."))).toEqual(["docker.bpf"]);
  });

  test("writes to a pipe, and lists", () => {
    const raw = runBytes(["compile", "examples/mypolicy.json"]);
    expect(raw.status).toBe(0);
    const listed = run(["compile", "examples/mypolicy.json", "--emit", "asm"]);
    const disassembled = run(["disasm", "-"], { input: raw.stdout });
    expect(disassembled).toMatchObject({ status: 0, stdout: listed.stdout });
    expect(listed.stdout.trim().split("\n")).toHaveLength(raw.stdout.length / 8);
  });

  test.for(["unconfined", "-"])("%s without a filter: empty output, exit 0, says so", (profile) => {
    const ran = run(["compile", profile], { input: "{}" });
    expect(ran).toMatchObject({ status: 0, stdout: "" });
    expect(ran.stderr).toContain("loads no filter");
  });

  test.for([
    [["compile", "strict"], /mode of the kernel, not a filter/],
    [["compile", "docker-default", "-o", "/no/such/folder/x"], /no such file/],
    [
      ["compile", "docker-default", "--emit", "elf"],
      /Allowed choices are raw, asm, c, json, decimal/,
    ],
    [["compile"], /PROFILE/],
  ] as const)("%j is refused", ([args, message]) => {
    const ran = run(args);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(message);
  });
});

describe("verify", () => {
  test.for<[string, Uint8Array, number, RegExp]>([
    ["a filter that loads", ALLOW_ALL, 0, /<stdin>|-: loads \(1 instruction/],
    ["a big-endian one", ALLOW_ALL_BIG, 0, /loads/],
    ["a misaligned load", MISALIGNED, 1, /EINVAL .* at instruction 0/],
    ["no return at the end", NO_RETURN, 1, /EINVAL .* at instruction 0/],
    ["an empty one", new Uint8Array(0), 1, /EINVAL/],
  ])("%s", ([, input, status, message]) => {
    const ran = run(["verify", "-"], { input });
    expect(ran.status).toBe(status);
    expect(ran.stdout).toMatch(message);
  });

  test("json: one row a file, the worst exit code", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "good.bpf"), ALLOW_ALL);
    writeFileSync(join(folder, "bad.bpf"), MISALIGNED);
    writeFileSync(join(folder, "cut.bpf"), MISALIGNED.subarray(0, 11));
    const of = (...files: string[]) =>
      run(["verify", ...files, "--format", "json"], { cwd: folder });
    const two = of("good.bpf", "bad.bpf");
    expect(two.status).toBe(1);
    expect(JSON.parse(two.stdout)).toMatchObject([
      { file: "good.bpf", ok: true, length: 1 },
      { file: "bad.bpf", ok: false, errno: "EINVAL", pc: 0, reason: expect.any(String) },
    ]);
    const three = of("good.bpf", "bad.bpf", "cut.bpf");
    expect(three.status).toBe(2);
    expect(three.stderr).toContain("cut.bpf");
    expect(of("nowhere.bpf").status).toBe(2);
  });

  test("text is no filter", () => {
    const ran = run(["verify", "examples/mypolicy.json"]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toContain("no raw filter but text");
  });
});

describe("presets", () => {
  test("lists and shows", () => {
    const list = run(["presets"]);
    expect(list.status).toBe(0);
    const presets = ["docker-default", "podman-default", "containerd-default", "docker-1.10"];
    for (const name of [...presets, "unconfined", "strict"]) {
      expect(list.stdout).toMatch(new RegExp(`^${name.replace(".", "\\.")} .*\\d.*$`, "m"));
    }
    const shown = run(["presets", "show", "docker-1.10"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ defaultAction: "SCMP_ACT_ERRNO" });
    const piped = run(["check", "-", "mount", "getpid"], { input: shown.stdout });
    expect(piped.stdout).toContain("ERRNO(EPERM)");
  });

  test("containerd's is made for the target, wherever it stands for a profile", () => {
    const show = (...args: string[]) => run(["presets", "show", "containerd-default", ...args]);
    const shown = show("--arch", "arm64", "--cap", "sys_admin", "--kernel", "4.4");
    expect(shown).toMatchObject({ status: 0, stderr: "" });
    const { architectures, syscalls } = JSON.parse(shown.stdout);
    expect(architectures).toEqual(["SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64"]);
    const names = syscalls.flatMap((entry: { names: string[] }) => entry.names);
    expect(names).toEqual(expect.arrayContaining(["cacheflush", "mount"]));
    expect(names).not.toContain("ptrace");
    expect(show("--arch", "vax")).toMatchObject({ status: 2, stdout: "" });

    const check = (...args: string[]) => run(["check", "containerd-default", "mount", ...args]);
    expect(check("--arch", "arm64").stdout).toContain("ERRNO(EPERM)");
    expect(check("--arch", "arm64", "--cap", "sys_admin").stdout).toContain("ALLOW");
    const folder = temporaryFolder();
    const suite =
      "profile: containerd-default\ntarget: { cap: [SYS_ADMIN] }\ncases:\n  - { call: mount, expect: allow }\n";
    writeFileSync(join(folder, "x.seccomp.yaml"), suite);
    expect(run(["test", "x.seccomp.yaml"], { cwd: folder })).toMatchObject({ status: 0 });
  });

  test("an unknown one", () => {
    const ran = run(["presets", "show", "docker-1.01"]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toContain("docker-1.10");
  });
});

const PASSING = "profile: unconfined\ncases:\n  - call: getpid\n    expect: allow\n";
const FAILING =
  "profile: unconfined\ncases:\n  - name: sees it\n    call: mount\n    expect: deny\n";

describe("test", () => {
  test("the examples hold", () => {
    const ran = run(["test", "examples"]);
    expect(ran.stderr).toBe("");
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/8 suites, \d+ cases, \d+ calls, 1 to do: all as expected\n$/);
  });

  test("a failure shows the place, the call, expected, actual and why", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "a.seccomp.yaml"), PASSING);
    writeFileSync(join(folder, "deep", "b.seccomp.yml"), FAILING);
    const ran = run(["test", "."], { cwd: folder });
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain("deep/b.seccomp.yml:4:11: mount");
    for (const part of ["expected deny", "actual   ALLOW", "because  no filter is loaded"]) {
      expect(ran.stdout).toContain(part);
    }
    expect(ran.stdout).toMatch(/2 suites, 2 cases, 2 calls: 1 case not as expected\n$/);
  });

  test("a broken suite is exit 2, the others still run", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a.seccomp.yaml"), "profile: unconfined\ncases: []\n");
    writeFileSync(join(folder, "b.seccomp.yaml"), FAILING);
    const ran = run(["test", "."], { cwd: folder });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("a.seccomp.yaml:2:8");
    expect(ran.stdout).toContain("1 case not as expected");
  });

  test("reads standard input", () => {
    expect(run(["test", "-"], { input: PASSING }).status).toBe(0);
  });

  test.for<[string, string, RegExp]>([
    [
      "a missing profile",
      PASSING.replace("unconfined", "./gone.json"),
      /x.seccomp.yaml:1:10: .*gone.json: no such file/,
    ],
    [
      "an unknown key",
      PASSING.replace("call:", "cal:"),
      /x.seccomp.yaml:3:5: unknown key "cal"\n.*did you mean call\?/,
    ],
    ["an unknown call", PASSING.replace("getpid", "getpit"), /x.seccomp.yaml:3:11: .*getpit/],
  ])("%s", ([, text, message]) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "x.seccomp.yaml"), text);
    const ran = run(["test", "x.seccomp.yaml"], { cwd: folder });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(message);
    expect(ran.stdout).toMatch(message);
  });

  test("a folder without suites", () => {
    const ran = run(["test", "."], { cwd: temporaryFolder() });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toContain("holds no suite");
  });

  test("a suite with a byte that is not UTF-8: its place, exit 2", () => {
    const folder = temporaryFolder();
    const bytes = Buffer.from("profile: unconfined\ncases: [\xff]\n", "latin1");
    writeFileSync(join(folder, "x.seccomp.yaml"), bytes);
    const result = run(["test", "x.seccomp.yaml"], { cwd: folder });
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(/x.seccomp.yaml:2:9: .*not UTF-8/);
  });
});

describe("usage", () => {
  const commands = [
    "check",
    "eval",
    "compile",
    "convert",
    "disasm",
    "asm",
    "verify",
    "presets",
    "test",
  ];
  test.for(commands)("%s --help shows an example", (command) => {
    const ran = run([command, "--help"]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).toMatch(new RegExp(`Examples?:\\n.*seccomp-sim ${command}`, "s"));
  });

  test.for<[string[], number, RegExp]>([
    [["--version"], 0, /^\d+\.\d+\.\d+\n$/],
    [["--help"], 0, /Exit codes/],
    [["help", "check"], 0, /PROFILE/],
    [[], 2, /Usage/],
    [["chekc"], 2, /Did you mean check\?/],
    [["check", "--exepct"], 2, /Did you mean --expect\?/],
    [["disasm", "no-such.bpf"], 2, /no-such.bpf: no such file/],
    [["test", "--run", "("], 2, /--run: /],
  ])("%j: %d", ([args, status, message]) => {
    const ran = run(args);
    expect(ran.status).toBe(status);
    expect(status === 0 ? ran.stdout : ran.stderr).toMatch(message);
    expect(status === 0 ? ran.stderr : ran.stdout).toBe("");
  });
});
