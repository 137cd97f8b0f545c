import { SeccompSimError } from "../errors.js";
import type { KernelVersion, Target } from "../target.js";
import { hostOf } from "./host.js";
import type {
  DroppedEntry,
  Located,
  Policy,
  PolicyEntry,
  Profile,
  ProfileEntry,
  ProfileGate,
} from "./profile.js";

/**
 * What Docker hands to the runtime for a target (moby profiles seccomp/seccomp_linux.go
 * `setupSeccomp`): the architectures looked up, gated entries kept or dropped, the order unchanged.
 * Words are not checked here; the runtime does that.
 */
export function resolveProfile(profile: Profile, target: Target): Policy {
  const common = {
    file: profile.file,
    defaultAction: profile.defaultAction,
    defaultPlace: profile.defaultPlace,
    defaultErrnoRet: profile.defaultErrnoRet,
    flags: profile.flags,
    warnings: [],
  };
  if (profile.off) {
    const none = { architectures: [], architecturePlaces: [], entries: [], dropped: [] };
    return { ...common, off: true, ...none };
  }
  const architectures = resolveArchitectures(profile, target);
  const entries: PolicyEntry[] = [];
  const dropped: DroppedEntry[] = [];
  for (const entry of profile.syscalls) {
    const names = namesOf(entry);
    const { index, place } = entry;
    const reason = excludedBy(entry.excludes, target) ?? notIncludedBy(entry.includes, target);
    if (reason !== undefined) {
      dropped.push({ index, place, reason });
      continue;
    }
    const { action, actionPlace, errnoRet, conditions } = entry;
    entries.push({ index, place, names, action, actionPlace, errnoRet, conditions });
  }
  return {
    ...common,
    // The same test stands in runc's conversion, after every entry may have been dropped.
    off: profile.defaultAction === "" && entries.length === 0,
    architectures: architectures.map((one) => one.value),
    architecturePlaces: architectures.map((one) => one.place),
    entries,
    dropped,
  };
}

function resolveArchitectures(profile: Profile, target: Target): readonly Located<string>[] {
  const { architectures, archMap } = profile;
  const [first] = archMap;
  if (architectures.length > 0 && first !== undefined) {
    throw new SeccompSimError(
      "architectures-and-archmap",
      "both 'architectures' and 'archMap' are specified in the seccomp profile",
      { place: first.place, hint: "use either 'architectures' or 'archMap'" },
    );
  }
  const { scmp } = hostOf(target.arch);
  const match = archMap.find((entry) => entry.architecture.value === scmp);
  return match === undefined ? architectures : [match.architecture, ...match.subArchitectures];
}

function namesOf({ name, names }: ProfileEntry): readonly Located<string>[] {
  if (name.value === "") return names;
  if (names.length === 0) return [name];
  throw new SeccompSimError(
    "name-and-names",
    "both 'name' and 'names' are specified in this entry of the seccomp profile",
    { place: name.place, hint: "use either 'name' or 'names'" },
  );
}

/** Why `excludes` takes the entry out: any one of its conditions is enough. */
function excludedBy(gate: ProfileGate | undefined, target: Target): string | undefined {
  if (gate === undefined) return undefined;
  const { word } = hostOf(target.arch);
  if (gate.arches.some((arch) => arch.value === word)) return `excluded on ${word}`;
  const cap = gate.caps.find((one) => target.caps.includes(one.value));
  if (cap !== undefined) return `excluded with ${cap.value}`;
  if (gate.minKernel !== undefined && reaches(target.kernel, gate.minKernel)) {
    return `excluded from kernel ${formatKernel(gate.minKernel)} on`;
  }
  return undefined;
}

/** Why `includes` takes the entry out: all of its conditions must hold. */
function notIncludedBy(gate: ProfileGate | undefined, target: Target): string | undefined {
  if (gate === undefined) return undefined;
  const { word } = hostOf(target.arch);
  if (gate.arches.length > 0 && !gate.arches.some((arch) => arch.value === word)) {
    return `only on ${gate.arches.map((arch) => arch.value).join(", ")}`;
  }
  const cap = gate.caps.find((one) => !target.caps.includes(one.value));
  if (cap !== undefined) return `only with ${cap.value}`;
  if (gate.minKernel !== undefined && !reaches(target.kernel, gate.minKernel)) {
    return `only from kernel ${formatKernel(gate.minKernel)} on`;
  }
  return undefined;
}

function reaches(host: KernelVersion, least: KernelVersion): boolean {
  return host.major > least.major || (host.major === least.major && host.minor >= least.minor);
}

function formatKernel({ major, minor }: KernelVersion): string {
  return `${major}.${minor}`;
}
