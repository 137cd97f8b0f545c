import { readDocument, readProfile } from "../../src/profile/document.js";
import type { Policy } from "../../src/profile/policy.js";
import type { Profile } from "../../src/profile/profile.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget } from "../../src/profile/target-options.js";
import type { WrittenFormat } from "../../src/profile/write/index.js";
import type { EngineName, Target } from "../../src/target.js";

export const TARGETS: readonly Target[] = [
  {},
  { caps: "all", kernel: "4.4" },
  { caps: "none", arch: "aarch64" },
  { arch: "s390x", cap: ["SYS_ADMIN"] },
  { arch: "riscv64", kernel: "4.8" },
  { arch: "loongarch64" },
  { arch: "mipsel64n32", caps: "all" },
].map(parseTarget);

/** A text, as an engine reads it; without one, as the format means. */
export function read(text: string, engine?: EngineName, file = "p.json"): Profile {
  return readProfile(readDocument(text, file), engine).profile;
}

/** A written text, as the engine reads it that it is meant for. */
export function readBack(text: string, format: WrittenFormat, engine: EngineName): Profile {
  if (format === "kubernetes") return read(text);
  if (format === "oci") return read(text, "oci");
  return read(text, engine === "podman" ? engine : "docker");
}

/** What a policy says, without places; in Kubernetes' resource, 1 is the default errno. */
export function meaning(policy: Policy, format: WrittenFormat): object {
  if (policy.off) return { off: true };
  const { defaultAction, defaultErrnoRet, flags } = policy;
  const bare = format === "kubernetes";
  return {
    defaultAction,
    defaultErrnoRet: bare && defaultErrnoRet === 1n ? undefined : defaultErrnoRet,
    architectures: policy.architectures.map(({ value }) => value),
    flags: flags?.map(({ value }) => value),
    entries: policy.entries.map(({ names, action, errnoRet, conditions }) => ({
      names: names.map(({ value }) => value),
      action: action.value,
      errnoRet,
      conditions: conditions.map(({ index, value, valueTwo, op }) => [
        index,
        value,
        valueTwo,
        op.value,
      ]),
    })),
  };
}

export function meaningOn(profile: Profile, target: Target, format: WrittenFormat): object {
  return meaning(resolveProfile(profile, target), format);
}
