import type { Word } from "../policy.js";
import type { Gate, Profile, ProfileCondition, ProfileEntry } from "../profile.js";
import type { Tree, TreeObject } from "./json-text.js";

/**
 * A plain profile as the object that all formats have in common (runtime-spec specs-go/config.go
 * `LinuxSeccomp`), with Docker's keys where the profile has them (moby/profiles seccomp/seccomp.go
 * `Seccomp`). Keys that would be empty, and mean the same when absent, are left out.
 */
export function treeOf(profile: Profile): TreeObject {
  const { defaultAction, defaultErrnoRet, archMap, flags } = profile;
  return {
    defaultAction: textOf(defaultAction),
    defaultErrnoRet,
    architectures: listOf(profile.architectures),
    archMap: listed(
      archMap.map(({ architecture, subArchitectures }) => ({
        architecture: architecture.value,
        subArchitectures: subArchitectures.map(({ value }) => value),
      })),
    ),
    // An OCI runtime has flags of its own where the key is absent, and none where the list is empty.
    flags: flags?.map(({ value }) => value),
    listenerPath: textOf(profile.listenerPath),
    listenerMetadata: textOf(profile.listenerMetadata),
    syscalls: listed(profile.syscalls.map(entryTree)),
  };
}

function entryTree(entry: ProfileEntry): TreeObject {
  return {
    names: entry.names.map(({ value }) => value),
    action: entry.action.value,
    errnoRet: entry.errnoRet,
    args: listed(entry.args.map(conditionTree)),
    comment: textOf(entry.comment),
    includes: gateTree(entry.includes),
    excludes: gateTree(entry.excludes),
  };
}

function conditionTree({ index, value, valueTwo, op }: ProfileCondition): TreeObject {
  return { index, value, valueTwo: valueTwo === 0n ? undefined : valueTwo, op: op.value };
}

function gateTree(gate: Gate | undefined): TreeObject | undefined {
  if (gate === undefined) return undefined;
  const { caps, arches, minKernel } = gate;
  return {
    caps: listOf(caps),
    arches: listOf(arches),
    minKernel: minKernel && kernelText(minKernel),
  };
}

/** moby refuses "0.0", and reads "" as that. */
function kernelText({ major, minor }: NonNullable<Gate["minKernel"]>): string {
  return major === 0 && minor === 0 ? "" : `${major}.${minor}`;
}

function textOf(word: Word | undefined): string | undefined {
  return word?.value === "" ? undefined : word?.value;
}

function listOf(words: readonly Word[]): Tree | undefined {
  return listed(words.map(({ value }) => value));
}

function listed(items: readonly Tree[]): Tree | undefined {
  return items.length === 0 ? undefined : items;
}
