import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { syscallRow, tableKnows } from "../abi/syscalls.js";
import { type Place, SeccompSimError, type Warning } from "../errors.js";
import { isAtLeast, type Target } from "../target.js";
import type { Policy, PolicyEntry, Word } from "./policy.js";
import type { Gate, Profile, ProfileEntry } from "./profile.js";

/** moby's word for the host's architecture, from Go's GOARCH; mips o32 big-endian has none. */
const ARCH_WORDS: Readonly<Partial<Record<ArchName, string>>> = {
  x86: "x86",
  x86_64: "amd64",
  x32: "amd64",
  arm: "arm",
  aarch64: "arm64",
  loongarch64: "loongarch64",
  mips64: "mips64",
  mipsel64: "mipsel64",
  mips64n32: "mips64n32",
  mipsel64n32: "mips3l64n32",
  mipsel: "mipsel",
  ppc: "ppc",
  ppc64: "ppc64",
  ppc64le: "ppc64le",
  riscv64: "riscv64",
  s390: "s390",
  s390x: "s390x",
};

/** Where moby looks an architecture up under another word than it uses for the host, it finds none. */
const UNMAPPED: ReadonlySet<ArchName> = new Set(["loongarch64", "mipsel", "mips"]);

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

function conflict(message: string, place: Place, hint: string): SeccompSimError {
  return new SeccompSimError("conflicting-keys", `Docker refuses the profile: ${message}`, {
    place,
    hint,
  });
}

function namesOf(entry: ProfileEntry): readonly Word[] {
  const { name, names } = entry;
  if (name === undefined || name.value === "") return names;
  if (names.length === 0) return [name];
  throw conflict(
    "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'",
    name.place,
    "move the name into the list",
  );
}

function architecturesOf(profile: Profile, arch: ArchName): readonly Word[] {
  const { architectures, archMap } = profile;
  if (architectures.length > 0 && archMap.length > 0) {
    throw conflict(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
      architectures[0]?.place ?? profile.place,
      "keep archMap: it works on every host",
    );
  }
  if (archMap.length === 0 || UNMAPPED.has(arch)) return architectures;
  const native = `SCMP_ARCH_${ARCHITECTURES[arch === "x32" ? "x86_64" : arch].name.toUpperCase()}`;
  const found = archMap.find(({ architecture }) => architecture.value === native);
  return found === undefined ? [] : [found.architecture, ...found.subArchitectures];
}

/** The names that are system calls, but not yet for the target's libseccomp: one warning for all. */
function tooNewNames(entries: readonly PolicyEntry[], { libseccomp }: Target): Warning[] {
  const words = entries
    .flatMap((entry) => entry.names)
    .filter(({ value }) => syscallRow(value) !== undefined && !tableKnows(libseccomp, value));
  const [first] = words;
  if (first === undefined) return [];
  const names = [...new Set(words.map((word) => word.value))].sort();
  return [
    {
      code: "unknown-to-libseccomp",
      message: `libseccomp ${libseccomp} does not know ${names.join(", ")}: ignored`,
      place: first.place,
    },
  ];
}

/**
 * The policy that Docker hands to the runtime for a container on this target (moby/profiles
 * seccomp/seccomp_linux.go `setupSeccomp`): gates are decided, nothing else is validated.
 *
 * Throws SeccompSimError where moby refuses the profile.
 */
export function resolveProfile(profile: Profile, target: Target): Policy {
  const { file, defaultAction, defaultErrnoRet, flags, syscalls } = profile;
  const base = {
    file,
    defaultAction: defaultAction?.value ?? "",
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    defaultPlace: defaultAction?.place ?? profile.place,
    ...(flags === undefined ? {} : { flags }),
    warnings: [],
  };
  if (base.defaultAction === "" && syscalls.length === 0) {
    return { ...base, off: true, architectures: [], entries: [] };
  }
  const architectures = architecturesOf(profile, target.arch);
  const word = ARCH_WORDS[target.arch] ?? "";
  const entries: PolicyEntry[] = [];
  for (const entry of syscalls) {
    const names = namesOf(entry);
    if (entry.excludes !== undefined && isExcluded(entry.excludes, word, target)) continue;
    if (entry.includes !== undefined && !isIncluded(entry.includes, word, target)) continue;
    entries.push({
      index: entry.index,
      place: entry.place,
      names,
      action: entry.action,
      ...(entry.errnoRet === undefined ? {} : { errnoRet: entry.errnoRet }),
      conditions: entry.args,
    });
  }
  // runc tests it once more on what is left (runc libcontainer/specconv/spec_linux.go `SetupSeccomp`).
  const off = base.defaultAction === "" && entries.length === 0;
  return { ...base, off, architectures, entries, warnings: tooNewNames(entries, target) };
}
