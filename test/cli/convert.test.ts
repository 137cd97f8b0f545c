import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run, runBytes, temporaryFolder } from "./run.js";

const PODMAN = `{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "ENOSYS", "syscalls": [
  {"name": "getpid", "action": "SCMP_ACT_ALLOW", "comment": "who am I"}]}`;
const GATED = `{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
  {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}}]}`;
const CONFIG = `{"ociVersion": "1.2.0", "linux": {"seccomp":
  {"defaultAction": "SCMP_ACT_KILL", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}}}`;

const CALLS = ["mount", "getpid", "clone(CLONE_NEWUSER)", "clone3", "socket(AF_VSOCK)", "#5000()"];

function verdicts(args: readonly string[], input = ""): unknown[] {
  const { stdout, stderr } = run(["check", ...args, ...CALLS, "--format", "json"], { input });
  expect(stderr).not.toContain("error");
  return JSON.parse(stdout).map((one: { verdict: unknown }) => one.verdict);
}

describe("convert", () => {
  test.for(["docker", "oci", "kubernetes"])("%s: the same verdicts and program", (format) => {
    const target = ["--arch", "aarch64", "--cap", "SYS_ADMIN", "--kernel", "4.7"];
    const args = ["convert", "docker-default", "--to", format, "--resolve", ...target];
    const file = join(temporaryFolder(), "out");
    const made = run([...args, "-o", file]);
    expect(made).toMatchObject({ status: 0, stdout: "" });
    expect(made.stderr).toContain("resolved for: aarch64, kernel 4.7, caps docker+SYS_ADMIN\n");
    expect(readdirSync(join(file, ".."))).toEqual(["out"]);
    expect(run(args).stdout).toBe(readFileSync(file, "utf8"));
    const engine = format === "oci" ? ["--engine", "oci"] : [];
    expect(verdicts([file, ...target, ...engine])).toEqual(verdicts(["docker-default", ...target]));
    const crun = [...target, "--runtime", "crun"];
    expect(runBytes(["compile", file, ...crun, ...engine]).stdout).toEqual(
      runBytes(["compile", "docker-default", ...crun]).stdout,
    );
  });

  test.for(["docker-default", "containerd-default", "podman-default"])(
    "%s written for mips64 decides as it does there",
    (preset) => {
      const target = ["--arch", "mips64"];
      const { stdout } = run(["convert", preset, "--to", "docker", ...target]);
      expect(verdicts(["-", ...target], stdout)).toEqual(verdicts([preset, ...target]));
      const shown = run(["presets", "show", preset, ...target]).stdout;
      const engine = ["--engine", preset.replace("-default", "")];
      expect(verdicts(["-", ...target, ...engine], shown)).toEqual(verdicts([preset, ...target]));
    },
  );

  test("Docker's format keeps gates and archMap for every target", () => {
    const { status, stdout, stderr } = run(["convert", "builtin", "--to", "docker"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const target of [[], ["--caps", "all"], ["--arch", "aarch64"]]) {
      expect(verdicts(["-", ...target], stdout)).toEqual(verdicts(["docker-default", ...target]));
    }
  });

  test("--engine says who reads", () => {
    const podman = run(["convert", "-", "--to", "oci", "--engine", "podman"], { input: PODMAN });
    expect(podman.status).toBe(0);
    expect(JSON.parse(podman.stdout)).toMatchObject({ defaultErrnoRet: 38 });
    expect(podman.stderr).toBe(
      "warning: <stdin>:1:53: ENOSYS becomes 38, as on x86_64: mips, parisc and the other architectures have numbers of their own\n" +
        "  hint: --arch says for which of them to write\n" +
        "warning: <stdin>:2:61: a comment is not kept: an OCI profile has no place for them\n",
    );
    const mips = ["convert", "-", "--to", "oci", "--engine", "podman", "--arch", "mips64"];
    expect(JSON.parse(run(mips, { input: PODMAN }).stdout)).toMatchObject({ defaultErrnoRet: 89 });
    const docker = run(["convert", "-", "--to", "docker"], { input: PODMAN });
    expect(JSON.parse(docker.stdout)).toEqual({
      defaultAction: "SCMP_ACT_ERRNO",
      syscalls: [{ names: ["getpid"], action: "SCMP_ACT_ALLOW", comment: "who am I" }],
    });
    expect(docker.stderr).toContain("--engine podman");
  });

  test("reads a config.json, and a Kubernetes resource", () => {
    const yaml = run(["convert", "-", "--to", "kubernetes", "--name", "app"], { input: CONFIG });
    expect(yaml).toMatchObject({ status: 0, stderr: "" });
    expect(yaml.stdout).toContain("metadata:\n  name: app\n");
    const json = run(["convert", "-", "--to", "docker"], { input: yaml.stdout });
    expect(json).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(CONFIG).linux.seccomp);
    expect(json.stdout).toBe(run(["convert", "-", "--to", "oci"], { input: CONFIG }).stdout);
  });

  test("unconfined, and a config.json without a filter, are off", () => {
    expect(run(["convert", "unconfined", "--to", "docker"])).toMatchObject({
      status: 0,
      stdout: "{}\n",
      stderr: "",
    });
    const oci = run(["convert", "-", "--to", "oci"], { input: '{"ociVersion": "1.2.0"}' });
    expect(oci).toMatchObject({ status: 0, stdout: "{}\n" });
    expect(oci.stderr).toContain("the profile switches seccomp off");
  });

  test.for<[string[], string, RegExp]>([
    [
      ["-", "--to", "oci"],
      GATED,
      /<stdin>:2:72: an OCI profile cannot say includes\n {2}hint: --r/,
    ],
    [["-", "--to", "kubernetes"], GATED, /<stdin>:2:72: the Kubernetes resource cannot say includ/],
    [["docker-default", "--to", "kubernetes"], "", /docker-default:\d+:\d+: .* cannot say archMap/],
    [
      ["podman-default", "--to", "kubernetes", "--resolve"],
      "",
      /cannot say defaultErrnoRet \(38\)/,
    ],
    [["unconfined", "--to", "kubernetes"], "", /cannot say that seccomp is off/],
    [["strict", "--to", "docker"], "", /strict is a mode of the kernel/],
    [["-", "--to", "docker"], "ret ALLOW\n", /<stdin> is a filter, and no profile can be made/],
    [["-", "--to", "kubernetes"], CONFIG, /no name for the resource .*\n {2}hint: .*--name/],
    [["-", "--to", "oci", "--name", "x"], CONFIG, /--name is for --to kubernetes/],
    [["-", "--to", "kubernetes", "--name", "X"], CONFIG, /"X" cannot be the name/],
    [["-", "--to", "podman"], CONFIG, /Allowed choices are docker, oci, kubernetes/],
    [["-"], CONFIG, /required option '--to <FORMAT>' not specified/],
  ])("%j: exit 2 and nothing written", ([args, input, message]) => {
    const folder = temporaryFolder();
    const ran = run(["convert", ...args, "-o", join(folder, "out")], { input });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a raw filter is none", () => {
    const file = join(temporaryFolder(), "f.bpf");
    writeFileSync(file, Buffer.from("060000000000ff7f", "hex"));
    const ran = run(["convert", file, "--to", "docker"]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(/f\.bpf is a filter, and no profile can be made of one\n {2}hint: /);
  });
});
