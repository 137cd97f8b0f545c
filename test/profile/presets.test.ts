import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ArchName } from "../../src/abi/architecture.js";
import { errnoNumber } from "../../src/abi/errno.js";
import { ARCH_NAMES } from "../../src/abi/names.js";
import { readDockerProfile, readProfile } from "../../src/profile/document.js";
import {
  checkPresetName,
  presetDocument,
  presetNames,
  presetSummary,
  presetText,
} from "../../src/profile/presets/index.js";
import type { Profile } from "../../src/profile/profile.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget, type TargetOptions } from "../../src/profile/target-options.js";
import { readFixture } from "./read-fixture.js";

function profileOf(name: string, options: TargetOptions = {}): Profile {
  const document = presetDocument(checkPresetName(name), parseTarget(options));
  return readProfile(document, "docker").profile;
}

/** A resolved policy without its places. */
function decisions(profile: Profile, options: TargetOptions): string {
  const policy = resolveProfile(profile, parseTarget(options));
  return JSON.stringify(policy, (key, value) =>
    key === "file" || key === "place" || key === "defaultPlace"
      ? undefined
      : typeof value === "bigint"
        ? String(value)
        : value,
  );
}

/** Podman's generator writes every field, also the empty ones, which mean nothing. */
function withoutEmpty(text: string): unknown {
  return JSON.parse(text, (_, value) => {
    const empty = value === null || value === "" || value === 0;
    return empty || (typeof value === "object" && Object.keys(value).length === 0)
      ? undefined
      : value;
  });
}

describe.for<[name: string, meaning: (text: string) => unknown]>([
  ["docker-default", JSON.parse],
  ["docker-1.10", JSON.parse],
  ["podman-default", withoutEmpty],
])("%s", ([name, meaning]) => {
  const referenceFor = (arch: ArchName): Profile => {
    const text = readFixture(`${name}.json`);
    // The original is made on x86_64 of the code that Docker runs, where the host's ENOSYS stands.
    const ours = name === "docker-default" ? errnoNumber("ENOSYS", arch) : 38;
    return readDockerProfile(text.replace('"errnoRet": 38', `"errnoRet": ${ours}`), "reference")
      .profile;
  };

  test.for(ARCH_NAMES)("resolves like the original on %s, whatever the capabilities", (arch) => {
    const reference = referenceFor(arch);
    for (const options of [
      {},
      { caps: "none" },
      { caps: "all" },
      { kernel: "4.7" },
      { cap: ["sys_admin"] },
      { cap: ["sys_ptrace", "bpf"] },
      { caps: "none", cap: ["audit_write", "perfmon"] },
    ]) {
      const target = { arch, ...options };
      expect(decisions(profileOf(name, target), target)).toBe(decisions(reference, target));
    }
  });

  test("is the same document as the original", () => {
    expect(meaning(presetText(name))).toEqual(meaning(readFixture(`${name}.json`)));
  });

  test("its places point into its text", () => {
    const lines = presetText(name).split("\n");
    for (const entry of profileOf(name).syscalls) {
      for (const word of entry.name ? [entry.name] : entry.names) {
        expect(word.place.file).toBe(name);
        expect(lines[word.place.line - 1]?.slice(word.place.column - 1)).toContain(
          `"${word.value}"`,
        );
      }
    }
  });

  test("its text is read without a warning, but that Docker ignores Podman's names of errors", () => {
    const { warnings } = readDockerProfile(presetText(name), name);
    const strange = warnings.filter(({ message }) => !/ key "(errno|defaultErrno)" /.test(message));
    expect(strange).toEqual([]);
  });
});

test("every preset has a summary and a text", () => {
  expect(presetNames).toEqual([
    "docker-default",
    "docker-1.10",
    "podman-default",
    "containerd-default",
    "unconfined",
    "strict",
  ]);
  for (const name of presetNames) {
    expect(presetSummary(name)).toMatch(/\d/);
    expect(presetText(name)).toMatch(/\n$/);
  }
});

test("an unknown name", () => {
  expect(() => checkPresetName("docker-defualt")).toThrow(
    expect.objectContaining({ code: "unknown-preset", hint: "did you mean docker-default?" }),
  );
});

/**
 * The article's table of calls that Docker 1.10 denies, held against the profile of that release: all
 * but two are in neither list of the profile, hence get its default action.
 */
describe("the article's table of denied calls", () => {
  const table = readFileSync(new URL("../../data/docker-1.10-denied.txt", import.meta.url), "utf8")
    .trim()
    .split("\n");

  /** What a policy says about a name: allowed always, depending on arguments, or not at all. */
  function saysOf(name: string, preset: string, options: TargetOptions = {}): string {
    const { entries } = resolveProfile(profileOf(preset), parseTarget(options));
    const rules = entries.filter((entry) => entry.names.some((word) => word.value === name));
    const allowing = rules.filter((entry) => entry.action.value === "SCMP_ACT_ALLOW");
    if (allowing.some((entry) => entry.conditions.length === 0)) return "allowed";
    return allowing.length > 0 ? "by arguments" : "denied";
  }

  test("has 53 names", () => {
    expect(new Set(table).size).toBe(53);
  });

  test("Docker 1.10 denies 51 of them, one by its arguments, and allows modify_ldt", () => {
    const odd = table.filter((name) => saysOf(name, "docker-1.10") !== "denied");
    expect(odd.map((name) => [name, saysOf(name, "docker-1.10")])).toEqual([
      ["clone", "by arguments"],
      ["modify_ldt", "allowed"],
    ]);
  });

  test("its form has no gates: capabilities change nothing", () => {
    for (const name of table) {
      expect(saysOf(name, "docker-1.10", { caps: "all" })).toBe(saysOf(name, "docker-1.10"));
    }
  });

  test("today's default allows these of them without any further capability", () => {
    const odd = table.filter((name) => saysOf(name, "docker-default") !== "denied");
    expect(odd.map((name) => [name, saysOf(name, "docker-default")])).toEqual([
      ["adjtimex", "allowed"],
      ["clock_adjtime", "allowed"],
      ["clone", "by arguments"],
      ["modify_ldt", "allowed"],
      ["name_to_handle_at", "allowed"],
      ["personality", "by arguments"],
      ["process_vm_readv", "allowed"],
      ["process_vm_writev", "allowed"],
      ["ptrace", "allowed"],
      ["restart_syscall", "allowed"],
    ]);
  });

  test.for<[string, string[]]>([
    [
      "sys_admin",
      [
        "bpf",
        "clone",
        "lookup_dcookie",
        "mount",
        "perf_event_open",
        "quotactl",
        "setns",
        "umount",
        "umount2",
        "unshare",
      ],
    ],
    ["sys_module", ["delete_module", "finit_module", "init_module"]],
    ["sys_time", ["clock_settime", "settimeofday", "stime"]],
    ["sys_nice", ["get_mempolicy", "mbind", "set_mempolicy"]],
    ["sys_rawio", ["ioperm", "iopl"]],
    ["sys_ptrace", ["kcmp"]],
    ["sys_pacct", ["acct"]],
    ["sys_boot", ["reboot"]],
    ["dac_read_search", ["open_by_handle_at"]],
    ["bpf", ["bpf"]],
    ["perfmon", ["perf_event_open"]],
  ])("today's default, with %s", ([cap, gained]) => {
    const more = table.filter(
      (name) =>
        saysOf(name, "docker-default") !== "allowed" &&
        saysOf(name, "docker-default", { cap: [cap] }) === "allowed",
    );
    expect(more).toEqual(gained);
  });

  test("before Linux 4.8, ptrace and its kin need CAP_SYS_PTRACE", () => {
    for (const name of ["ptrace", "process_vm_readv", "process_vm_writev"]) {
      expect(saysOf(name, "docker-default", { kernel: "4.7" })).toBe("denied");
      expect(saysOf(name, "docker-default", { kernel: "4.7", cap: ["sys_ptrace"] })).toBe(
        "allowed",
      );
    }
  });
});
