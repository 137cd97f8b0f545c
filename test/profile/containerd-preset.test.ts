import { describe, expect, test } from "vitest";
import { CAPABILITIES } from "../../src/abi/capabilities.js";
import { ARCH_NAMES } from "../../src/abi/names.js";
import { readDockerProfile, readProfile } from "../../src/profile/document.js";
import type { Policy } from "../../src/profile/policy.js";
import { type PresetName, presetDocument, presetText } from "../../src/profile/presets/index.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget, type TargetOptions } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";
import type { Target } from "../../src/target.js";
import { readFixture } from "./read-fixture.js";

/** What a policy says: one line for each name, condition and action. */
function rulesOf({ entries }: Policy): Set<string> {
  const rules = entries.flatMap(({ names, action, errnoRet, conditions }) => {
    const when = conditions.map(
      ({ index, op, value, valueTwo }) => ` ${index} ${op.value} ${value} ${valueTwo}`,
    );
    return names.map((name) => `${name.value}${when.join()}: ${action.value} ${errnoRet ?? ""}`);
  });
  return new Set(rules);
}

function policyOf(name: PresetName, target: Target): Policy {
  const { profile } = readProfile(presetDocument(name, target), "docker");
  return resolveProfile(profile, target);
}

/** The architectures' words, `undefined` for none. */
function architecturesOf(target: Target): string | undefined {
  return JSON.parse(presetText("containerd-default", target))
    .architectures?.map((name: string) => name.replace("SCMP_ARCH_", ""))
    .join(" ");
}

/** Written by containerd itself, on a kernel after 4.8. */
const REFERENCES: readonly (readonly [file: string, options: TargetOptions])[] = [
  ["containerd-default-amd64.json", {}],
  ["containerd-default-nocaps.json", { caps: "none" }],
  ["containerd-default-sysadmin.json", { cap: ["sys_admin"] }],
  ["containerd-default-arm64.json", { arch: "arm64" }],
];

describe.for(REFERENCES)("against containerd's own %s", ([file, options]) => {
  const target = parseTarget(options);
  const text = readFixture(file);
  const reference = resolveProfile(readDockerProfile(text, file).profile, target);

  test("the same rules, default action and architectures", () => {
    const own = policyOf("containerd-default", target);
    expect(rulesOf(own)).toEqual(rulesOf(reference));
    expect(own.entries).toHaveLength(reference.entries.length);
    expect(own.defaultAction).toBe(reference.defaultAction);
    expect(own.defaultErrnoRet).toBe(reference.defaultErrnoRet);
    expect(own.architectures.map((word) => word.value)).toEqual(
      reference.architectures.map((word) => word.value),
    );
  });

  test("the same program", () => {
    const programOf = (policy: Policy) => compilePolicy(policy, target).program.instructions;
    expect(programOf(policyOf("containerd-default", target))).toEqual(programOf(reference));
  });

  test("the same fields as containerd writes", () => {
    const fieldsOf = (json: string): string[] => {
      const keys = new Set<string>();
      JSON.parse(json, (key, value) => {
        if (!/^\d*$/.test(key)) keys.add(key);
        return value;
      });
      return [...keys].sort();
    };
    const own = presetText("containerd-default", target);
    expect(fieldsOf(own)).toEqual(fieldsOf(text));
    expect(readDockerProfile(own, file).warnings).toEqual([]);
  });
});

/** Where containerd's rules are not Docker's of the same time. */
const UNLIKE_DOCKER = /^(lsm_\w+|riscv_hwprobe):/;

describe.for(ARCH_NAMES)("on %s", (arch) => {
  test("the rules are Docker's but for four names, whatever the capabilities and kernel", () => {
    const each: TargetOptions[] = CAPABILITIES.map((cap) => ({ caps: "none", cap: [cap] }));
    for (const options of [{}, { caps: "none" }, { caps: "all" }, { kernel: "4.7" }, ...each]) {
      const target = parseTarget({ arch, ...options });
      const [own, docker] = (["containerd-default", "docker-default"] as const).map(
        (name) =>
          new Set([...rulesOf(policyOf(name, target))].filter((r) => !UNLIKE_DOCKER.test(r))),
      );
      expect(own).toEqual(docker);
    }
  });

  test("the LSM calls need no capability, and riscv_hwprobe needs the architecture", () => {
    const target = parseTarget({ arch, caps: "none" });
    const unlike = [...rulesOf(policyOf("containerd-default", target))]
      .filter((rule) => UNLIKE_DOCKER.test(rule))
      .map((rule) => rule.replace(/:.*/, ""));
    const lsm = ["lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr"];
    expect(unlike).toEqual(arch === "riscv64" ? [...lsm, "riscv_hwprobe"] : lsm);
  });
});

test.for<[string, string | undefined]>([
  ["x86_64", "X86_64 X86 X32"],
  ["x32", "X86_64 X86 X32"],
  ["x86", undefined],
  ["aarch64", "ARM AARCH64"],
  ["arm", undefined],
  ["mips64", "MIPS MIPS64 MIPS64N32"],
  ["mipsel64", undefined],
  ["s390x", "S390 S390X"],
  ["ppc64le", undefined],
  ["riscv64", "RISCV64"],
  ["loongarch64", "LOONGARCH64"],
])("the architectures of a %s host: %s", ([arch, expected]) => {
  expect(architecturesOf(parseTarget({ arch }))).toBe(expected);
});

test("the target stands in for the container: without one it is a default container on x86_64", () => {
  expect(presetText("containerd-default")).toBe(presetText("containerd-default", parseTarget()));
  const text = presetText("containerd-default", parseTarget({ arch: "s390x", kernel: "4.4" }));
  expect(text).not.toContain("ptrace");
  expect(text).toContain("s390_runtime_instr");
  expect(presetText("podman-default", parseTarget({ arch: "s390x" }))).toBe(
    presetText("podman-default"),
  );
});
