import { describe, expect, test } from "vitest";
import { errnoNumber } from "../../src/abi/errno.js";
import { SeccompSimError, type Warning } from "../../src/errors.js";
import { readDocument, readProfile } from "../../src/profile/document.js";
import type { Policy } from "../../src/profile/policy.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget, type TargetOptions } from "../../src/profile/target-options.js";
import type { EngineName } from "../../src/target.js";

function resolved(
  json: unknown,
  options: TargetOptions,
): { policy: Policy; warnings: readonly Warning[] } {
  const text = typeof json === "string" ? json : JSON.stringify(json);
  const target = parseTarget(options);
  const { profile, warnings } = readProfile(readDocument(text, "p.json"), target.engine);
  const policy = resolveProfile(profile, target);
  return { policy, warnings };
}

/** `names: action errno` of each entry in force. */
function rulesOf(json: unknown, options: TargetOptions): string[] {
  return resolved(json, options).policy.entries.map(
    ({ names, action, errnoRet }) =>
      `${names.map(({ value }) => value).join("+")}: ${action.value.slice(9)}${errnoRet === undefined ? "" : ` ${errnoRet}`}`,
  );
}

function refusal(json: unknown, options: TargetOptions): SeccompSimError {
  try {
    resolved(json, options);
  } catch (error) {
    if (error instanceof SeccompSimError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

const ENGINES: readonly EngineName[] = ["docker", "podman", "containerd", "oci"];

function onEach(json: unknown, options: TargetOptions = {}): Record<string, string[]> {
  return Object.fromEntries(
    ENGINES.map((engine) => [engine, rulesOf(json, { ...options, engine })]),
  );
}

const profile = (...syscalls: object[]) => ({ defaultAction: "SCMP_ACT_ERRNO", syscalls });
const ALLOW = "SCMP_ACT_ALLOW";

describe("one profile, four engines", () => {
  test("gates count for Docker and Podman; others keep every rule", () => {
    const json = profile(
      { names: ["mount"], action: ALLOW, includes: { caps: ["CAP_SYS_ADMIN"] } },
      { names: ["bpf"], action: ALLOW, excludes: { arches: ["amd64"] } },
      { names: ["read"], action: ALLOW },
    );
    const all = ["mount: ALLOW", "bpf: ALLOW", "read: ALLOW"];
    expect(onEach(json)).toEqual({
      docker: ["read: ALLOW"],
      podman: ["read: ALLOW"],
      containerd: all,
      oci: all,
    });
  });

  test("minKernel means something to Docker only", () => {
    const json = profile({ names: ["ptrace"], action: ALLOW, includes: { minKernel: "4.8" } });
    expect(onEach(json, { kernel: "4.4" })).toEqual({
      docker: [],
      podman: ["ptrace: ALLOW"],
      containerd: ["ptrace: ALLOW"],
      oci: ["ptrace: ALLOW"],
    });
    const { warnings } = resolved(json, { engine: "podman" });
    expect(warnings).toMatchObject([
      { code: "unknown-key", hint: "Podman keeps the rule on every kernel" },
    ]);
  });

  test("name and errno names", () => {
    const json = profile(
      { name: "mkdir", action: "SCMP_ACT_ERRNO", errno: "EACCES", errnoRet: 7 },
      { names: ["rmdir"], action: "SCMP_ACT_ERRNO", errno: "28", errnoRet: 7 },
      { names: ["unlink"], action: "SCMP_ACT_ERRNO", errno: "", errnoRet: 7 },
      { action: ALLOW },
    );
    const nameless = [": ERRNO 7", "rmdir: ERRNO 7", "unlink: ERRNO 7", ": ALLOW"];
    expect(onEach(json)).toEqual({
      docker: ["mkdir: ERRNO 7", "rmdir: ERRNO 7", "unlink: ERRNO 7", ": ALLOW"],
      podman: ["mkdir: ERRNO 13", "rmdir: ERRNO 28", "unlink: ERRNO 7"],
      containerd: nameless,
      oci: nameless,
    });
  });

  test("Podman's defaultErrno wins over the number; others do not read it", () => {
    const json = { ...profile(), defaultErrno: "ENOSYS", defaultErrnoRet: 1 };
    const errnos = ENGINES.map((engine) => resolved(json, { engine }).policy.defaultErrnoRet);
    expect(errnos).toEqual([1n, 38n, 1n, 1n]);
  });

  test.for(["EIO", "ENOSYS", "EREMOTE", "EOVERFLOW", "EUSERS", "EDQUOT", "EOWNERDEAD", "ENOTSUP"])(
    "Podman knows %s",
    (name) => {
      const json = { ...profile(), defaultErrno: name };
      const { policy } = resolved(json, { engine: "podman" });
      expect(policy.defaultErrnoRet).toBe(BigInt(errnoNumber(name) ?? 0));
    },
  );

  test.for<[name: string, arch: string, number: bigint]>([
    ["ENOSYS", "aarch64", 38n],
    ["ENOSYS", "mips", 89n],
    ["ENOSYS", "mipsel64n32", 89n],
    ["ENOSYS", "parisc", 251n],
    ["EDQUOT", "mips64", 1133n],
    ["ENOTSUP", "parisc64", 223n],
    ["ECANCELED", "mipsel", 158n],
    ["EACCES", "mips64", 13n],
    ["38", "mips64", 38n],
  ])("Podman reads %s on %s as its host's number", ([errno, arch, number]) => {
    const json = {
      ...profile({ names: ["read"], action: "SCMP_ACT_ERRNO", errno, errnoRet: 7 }),
      defaultErrno: errno,
    };
    const { policy } = resolved(json, { engine: "podman", arch });
    expect([policy.defaultErrnoRet, policy.entries[0]?.errnoRet]).toEqual([number, number]);
  });

  test("archMap: by the engine's own list of hosts", () => {
    const json = {
      ...profile({ names: ["read"], action: ALLOW }),
      archMap: [
        { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] },
        { architecture: "SCMP_ARCH_RISCV64", subArchitectures: [] },
        { architecture: "SCMP_ARCH_LOONGARCH64", subArchitectures: null },
      ],
    };
    const served = (engine: EngineName, arch: string): string[] =>
      resolved(json, { engine, arch }).policy.architectures.map(({ value }) => value.slice(10));
    expect(ENGINES.map((engine) => served(engine, "x86_64"))).toEqual([
      ["X86_64", "X86"],
      ["X86_64", "X86"],
      [],
      [],
    ]);
    expect(ENGINES.map((engine) => served(engine, "riscv64"))).toEqual([["RISCV64"], [], [], []]);
    // moby looks it up under another word than it uses for the host.
    expect(served("docker", "loongarch64")).toEqual([]);
  });

  test("Docker on an architecture that it has no word for: native only", () => {
    for (const arch of ["m68k", "sh", "parisc", "mips"]) {
      const archMap = [{ architecture: `SCMP_ARCH_${arch.toUpperCase()}`, subArchitectures: [] }];
      const json = { ...profile({ names: ["read"], action: ALLOW }), archMap };
      expect(resolved(json, { arch }).policy.architectures).toEqual([]);
    }
  });

  test.for<[EngineName, string, string]>([
    ["docker", "arm64", "loongarch64"],
    ["podman", "arm64", "loong64"],
  ])("%s calls aarch64 %s and loongarch64 %s", ([engine, arm, loong]) => {
    const json = profile(
      { names: ["read"], action: ALLOW, includes: { arches: [arm] } },
      { names: ["write"], action: ALLOW, includes: { arches: [loong] } },
    );
    expect(rulesOf(json, { engine, arch: "aarch64" })).toEqual(["read: ALLOW"]);
    expect(rulesOf(json, { engine, arch: "loongarch64" })).toEqual(["write: ALLOW"]);
  });
});

test("a profile that says nothing: dropped by Docker and Podman, else the runtime's to judge", () => {
  for (const json of ["{}", '{"ociVersion": "1", "linux": {"seccomp": {}}}']) {
    const off = (engine: EngineName, runtime: string) =>
      resolved(json, { engine, runtime }).policy.off;
    for (const engine of ["docker", "podman"] as const) expect(off(engine, "crun")).toBe(true);
    for (const engine of ["containerd", "oci"] as const) {
      expect(off(engine, "runc")).toBe(true);
      expect(off(engine, "crun")).toBe(false);
      expect(off(engine, "youki")).toBe(false);
    }
  }
  // Without linux.seccomp there is nothing to judge.
  const nothing = resolved('{"ociVersion": "1", "linux": {}}', { engine: "oci", runtime: "crun" });
  expect(nothing.policy.off).toBe(true);
});

test("a repeated object of a config.json is read over the earlier one", () => {
  const rules = (second: string) =>
    rulesOf(
      `{"ociVersion": "1", "linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO"}}, "linux": ${second}}`,
      {},
    );
  const more = '{"seccomp": {"syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}}';
  expect(rules(more)).toEqual(["read: ALLOW"]);
  expect(resolved(`{"ociVersion": "1", "linux": ${more}, "linux": null}`, {}).policy.off).toBe(
    true,
  );
});

describe("what an engine refuses, in its words", () => {
  const both = { ...profile({ names: ["read"], action: ALLOW }), architectures: ["SCMP_ARCH_X86"] };
  const mapped = { ...both, archMap: [{ architecture: "SCMP_ARCH_X86_64" }] };
  const named = profile({
    name: "read",
    names: ["write"],
    action: ALLOW,
    includes: { caps: ["CAP_SYS_ADMIN"] },
  });

  test.for<[EngineName, unknown, TargetOptions, string]>([
    [
      "docker",
      mapped,
      {},
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    ],
    [
      "podman",
      mapped,
      {},
      "'architectures' and 'archMap' were specified in the seccomp profile, use either 'architectures' or 'archMap'",
    ],
    [
      "docker",
      named,
      {},
      "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'",
    ],
    [
      "podman",
      named,
      { cap: ["SYS_ADMIN"] },
      "'name' and 'names' were specified in the seccomp profile, use either 'name' or 'names'",
    ],
    [
      "podman",
      profile({ names: ["read"], action: "SCMP_ACT_ERRNO", errno: "EPREM" }),
      {},
      "unknown errno EPREM",
    ],
    // Podman's table lacks some names.
    ...["EINTR", "EWOULDBLOCK", "EPROTO", "EHWPOISON", "EDEADLOCK", "EREMDEV"].map(
      (errno): [EngineName, object, object, string] => [
        "podman",
        profile({ names: ["read"], action: "SCMP_ACT_ERRNO", errno }),
        {},
        `unknown errno ${errno}`,
      ],
    ),
    [
      "podman",
      profile({ action: "SCMP_ACT_ERRNO", errno: "4294967296" }),
      {},
      "unknown errno 4294967296",
    ],
    ["podman", profile({ names: ["read"], action: ALLOW, args: [null] }), {}, "Podman crashes"],
    ["docker", { syscalls: [null] }, {}, "Docker crashes"],
  ])("%s %j", ([engine, json, options, message]) => {
    const error = refusal(json, { ...options, engine });
    expect(error.message).toContain(message);
    expect(error.place).toMatchObject({ file: "p.json", line: 1 });
  });

  test("Podman looks for name and names only in entries that are in force", () => {
    expect(rulesOf(named, { engine: "podman" })).toEqual([]);
  });

  test("containerd and the runtimes take null in a list for an empty entry", () => {
    for (const engine of ["containerd", "oci"]) {
      expect(rulesOf({ defaultAction: ALLOW, syscalls: [null] }, { engine })).toEqual([": "]);
    }
  });
});

describe("the format never chooses the engine", () => {
  const inner = {
    defaultAction: "SCMP_ACT_ERRNO",
    syscalls: [{ names: ["mount"], action: ALLOW, includes: { caps: ["CAP_SYS_ADMIN"] } }],
  };
  const config = { ociVersion: "1.0.2", process: {}, linux: { seccomp: inner } };

  test.for<[string, unknown, EngineName | undefined, EngineName, number]>([
    ["a Docker profile is Docker's", inner, undefined, "docker", 0],
    ["so is an empty object", {}, undefined, "docker", 0],
    ["a bare linux.seccomp, too", { defaultAction: ALLOW, flags: [] }, undefined, "docker", 0],
    ["a whole config.json is the runtime's", config, undefined, "oci", 1],
    ["but not if an engine is named", config, "docker", "docker", 0],
    ["a part of a config.json is Docker's", { linux: config.linux }, undefined, "docker", 0],
    ["config.json without seccomp", { ociVersion: "1.0.2" }, undefined, "oci", 0],
  ])("%s", ([, json, chosen, engine, entries]) => {
    const { profile: read } = readProfile(readDocument(JSON.stringify(json), "p.json"), chosen);
    expect(read.engine).toBe(engine);
    const policy = resolveProfile(read, parseTarget({}));
    expect(policy.entries).toHaveLength(entries);
  });

  test.for<[string, unknown, EngineName | undefined, string[]]>([
    [
      "Podman's keys",
      { ...inner, defaultErrno: "EPERM" },
      undefined,
      ["unknown-key", "other-engine"],
    ],
    ["Podman's keys, read by Podman", { ...inner, defaultErrno: "EPERM" }, "podman", []],
    ["Podman's keys, Docker named", { ...inner, defaultErrno: "EPERM" }, "docker", ["unknown-key"]],
    ["linux.seccomp alone", { linux: config.linux }, undefined, ["unknown-key", "other-engine"]],
    [
      "a config.json that Docker reads",
      config,
      "docker",
      ["unknown-key", "unknown-key", "unknown-key", "other-engine"],
    ],
    ["a config.json", config, undefined, ["unknown-key"]],
    ["gates under containerd", inner, "containerd", ["unknown-key"]],
  ])("hints: %s", ([, json, chosen, codes]) => {
    const { warnings } = readProfile(readDocument(JSON.stringify(json), "p.json"), chosen);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
    for (const { hint } of warnings) expect(hint ?? "").not.toBe(undefined);
  });

  test("linux that is no object is refused with its place", () => {
    expect(() => readProfile(readDocument('{"ociVersion": "1",\n "linux": 3}', "c.json"))).toThrow(
      expect.objectContaining({ code: "wrong-type", place: expect.objectContaining({ line: 2 }) }),
    );
  });
});
