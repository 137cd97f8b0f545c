import type { ArchName } from "../abi/architecture.js";
import { errnoNumber } from "../abi/errno.js";
import { isLaterThan, syscallIndex } from "../abi/syscalls.js";
import { type Place, SeccompSimError, type Warning } from "../errors.js";
import { once } from "../once.js";
import { isAtLeast, syscallTable, type Target } from "../target.js";
import { ENGINE_RULES, type EngineRules } from "./engine-rules.js";
import type { Policy, PolicyEntry, Word } from "./policy.js";
import type { Gate, Profile, ProfileEntry } from "./profile.js";

function has(words: readonly Word[], value: string): boolean {
  return words.some((word) => word.value === value);
}

function isExcluded(gate: Gate, word: string, { caps, kernel }: Target): boolean {
  return (
    has(gate.arches, word) ||
    gate.caps.some(({ value }) => caps.includes(value)) ||
    (gate.minKernel !== undefined && isAtLeast(kernel, gate.minKernel))
  );
}

function isIncluded(gate: Gate, word: string, { caps, kernel }: Target): boolean {
  return (
    (gate.arches.length === 0 || has(gate.arches, word)) &&
    gate.caps.every(({ value }) => caps.includes(value)) &&
    (gate.minKernel === undefined || isAtLeast(kernel, gate.minKernel))
  );
}

function isInForce({ includes, excludes }: ProfileEntry, word: string, target: Target): boolean {
  if (excludes !== undefined && isExcluded(excludes, word, target)) return false;
  return includes === undefined || isIncluded(includes, word, target);
}

function conflict(
  { name, conflicts }: EngineRules,
  keys: [string, string],
  place: Place,
  hint: string,
) {
  const [a, b] = keys;
  return new SeccompSimError(
    "conflicting-keys",
    `${name} refuses the profile: ${conflicts(a, b)}, use either '${a}' or '${b}'`,
    { place, hint },
  );
}

/** Neither default action nor rules: nothing for a filter to do. */
export function saysNothing({ defaultAction, syscalls }: Profile): boolean {
  return (defaultAction?.value ?? "") === "" && syscalls.length === 0;
}

/** The names of an entry in either form. Throws SeccompSimError where it has both. */
export function namesOf(entry: ProfileEntry, rules: EngineRules): readonly Word[] {
  const { name, names } = entry;
  if (name === undefined || name.value === "") return names;
  if (names.length === 0) return [name];
  throw conflict(rules, ["name", "names"], name.place, "move the name into the list");
}

/** Throws SeccompSimError for a profile with architectures of both forms. */
export function checkArchitectures(profile: Profile, rules: EngineRules): void {
  const { architectures, archMap } = profile;
  if (architectures.length === 0 || archMap.length === 0) return;
  const place = architectures[0]?.place ?? profile.place;
  const hint = "keep archMap: it works on every host";
  throw conflict(rules, ["architectures", "archMap"], place, hint);
}

function architecturesOf(profile: Profile, arch: ArchName, rules: EngineRules): readonly Word[] {
  const { architectures, archMap } = profile;
  checkArchitectures(profile, rules);
  if (archMap.length === 0 || !rules.maps(arch)) return architectures;
  const native = `SCMP_ARCH_${arch.toUpperCase()}`;
  const found = archMap.find(({ architecture }) => architecture.value === native);
  return found === undefined ? [] : [found.architecture, ...found.subArchitectures];
}

/**
 * The flags that reach the runtime: an empty list does so only in a config.json of one's own, the
 * engines write none (`omitempty` of runtime-spec specs-go/config.go `LinuxSeccomp`).
 */
export function flagsOf({ flags, engine }: Profile): readonly Word[] | undefined {
  return flags?.length === 0 && engine !== "oci" ? undefined : flags;
}

/** Errnos of x86_64, from one to the next, that Podman has no name for. */
const UNNAMED = [4, 4, 44, 65, 67, 73, 76, 83, 85, 86, 117, 121, 126, 129, 132, 133];

/** The names of containers/common pkg/seccomp/errno_list.go. */
function isPodmansErrno(name: string): boolean {
  const number = errnoNumber(name);
  if (number === undefined || name === "EWOULDBLOCK" || name === "EDEADLOCK") return false;
  return !UNNAMED.some(
    (from, i) => i % 2 === 0 && number >= from && number <= (UNNAMED[i + 1] ?? 0),
  );
}

/**
 * The errno that counts: Podman's word, a name or a decimal number of 32 bits (containers/common
 * pkg/seccomp/seccomp_linux.go `getErrno`), or the number. A name stands for the host's number: Podman
 * is compiled for the host (`unix.ENOSYS` in errno_list.go). Throws SeccompSimError for another word.
 */
export function errnoOf(
  word: Word | undefined,
  number: bigint | undefined,
  arch: ArchName,
): bigint | undefined {
  if (word === undefined || word.value === "") return number;
  const [, digits] = /^0*(\d{1,10})$/.exec(word.value) ?? [];
  if (digits !== undefined && BigInt(digits) <= 0xffffffffn) return BigInt(digits);
  const named = isPodmansErrno(word.value) ? errnoNumber(word.value, arch) : undefined;
  if (named !== undefined) return BigInt(named);
  throw new SeccompSimError(
    "unknown-errno",
    `Podman refuses the profile: unknown errno ${word.value.slice(0, 80)}`,
    {
      place: word.place,
      hint: "a name such as EPERM, or a decimal number",
    },
  );
}

/** The names that are system calls, but not yet for the target's libseccomp: one warning for all. */
function tooNewNames(entries: readonly PolicyEntry[], target: Target): Warning[] {
  const table = syscallTable(target);
  const isLater = isLaterThan(table);
  const words: Word[] = [];
  for (const { names } of entries) {
    for (const word of names) {
      const index = syscallIndex(word.value);
      if (index !== undefined && isLater(index)) words.push(word);
    }
  }
  const [first] = words;
  if (first === undefined) return [];
  const names = [...new Set(words.map((word) => word.value))].sort();
  return [
    {
      code: "unknown-to-libseccomp",
      message: `libseccomp ${table} does not know ${names.join(", ")}: ignored`,
      place: first.place,
    },
  ];
}

/**
 * The policy that the profile's engine hands to the runtime for a container on this target: gates are
 * decided, nothing else is validated (moby/profiles seccomp/seccomp_linux.go `setupSeccomp`,
 * containers/common pkg/seccomp/seccomp_linux.go `setupSeccomp`; containerd and the runtimes take a
 * LinuxSeccomp as it is).
 *
 * Throws SeccompSimError where the engine refuses the profile.
 */
export function resolveProfile(profile: Profile, target: Target): Policy {
  const { file, defaultAction, defaultErrno, listenerPath, syscalls } = profile;
  const flags = flagsOf(profile);
  const rules = ENGINE_RULES[profile.engine];
  const base = {
    file,
    defaultAction: defaultAction?.value ?? "",
    defaultPlace: defaultAction?.place ?? profile.place,
    ...(flags === undefined ? {} : { flags }),
    // The engines leave an empty one out.
    ...(listenerPath && (listenerPath.value || profile.engine === "oci") ? { listenerPath } : {}),
    warnings: [],
  };
  if (profile.absent || (rules.dropsEmpty && saysNothing(profile))) {
    return { ...base, off: true, architectures: [], entries: [] };
  }
  const architectures = architecturesOf(profile, target.arch, rules);
  const defaultErrnoRet = errnoOf(defaultErrno, profile.defaultErrnoRet, target.arch);
  const word = rules.word(target.arch);
  const entries: PolicyEntry[] = [];
  for (const entry of syscalls) {
    if (rules.namesFirst) namesOf(entry, rules);
    if (!isInForce(entry, word, target)) continue;
    const names = namesOf(entry, rules);
    const errnoRet = errnoOf(entry.errno, entry.errnoRet, target.arch);
    if (names.length === 0 && rules.dropsNameless) continue;
    entries.push({
      index: entry.index,
      place: entry.place,
      names,
      ...(entry.nameless && names.length === 0 ? { nameless: true } : {}),
      action: entry.action,
      ...(errnoRet === undefined ? {} : { errnoRet }),
      conditions: entry.args,
    });
  }
  // runc tests what is left (libcontainer/specconv/spec_linux.go `SetupSeccomp`); crun and youki insist
  // on a default action.
  const insists = target.runtime === "crun" || target.runtime === "youki";
  const off = base.defaultAction === "" && entries.length === 0 && !insists;
  const warnings = once(() => tooNewNames(entries, target));
  return {
    ...base,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    off,
    architectures,
    entries,
    get warnings() {
      return warnings();
    },
  };
}
