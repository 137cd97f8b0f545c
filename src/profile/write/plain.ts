import type { Target } from "../../target.js";
import { ENGINE_RULES } from "../engine-rules.js";
import type { Gate, Profile, ProfileEntry } from "../profile.js";
import {
  checkArchitectures,
  errnoOf,
  flagsOf,
  namesOf,
  resolveProfile,
  saysNothing,
} from "../resolve.js";

/**
 * The same profile in the words that all formats share: `names` instead of `name`, numbers instead of
 * Podman's errno words, no gate that asks for nothing, no entry that the engine drops.
 *
 * Throws SeccompSimError where the engine refuses the profile, even for a fault in an entry that some
 * target would not look at.
 */
export function plainProfile(profile: Profile): Profile {
  if (saysNothing(profile)) return profile;
  const rules = ENGINE_RULES[profile.engine];
  checkArchitectures(profile, rules);
  const syscalls = profile.syscalls
    .map(
      (entry): ProfileEntry => ({
        ...entry,
        name: undefined,
        names: namesOf(entry, rules),
        errnoRet: errnoOf(entry.errno, entry.errnoRet),
        errno: undefined,
        comment: entry.comment?.value === "" ? undefined : entry.comment,
        includes: askingGate(entry.includes),
        excludes: askingGate(entry.excludes),
      }),
    )
    .filter(({ names }) => names.length > 0 || !rules.dropsNameless);
  return {
    ...profile,
    defaultErrnoRet: errnoOf(profile.defaultErrno, profile.defaultErrnoRet),
    defaultErrno: undefined,
    flags: flagsOf(profile),
    syscalls,
  };
}

/** Docker's older profiles have `"includes": {}` everywhere. */
function askingGate(gate: Gate | undefined): Gate | undefined {
  if (gate === undefined) return undefined;
  const { caps, arches, minKernel } = gate;
  return caps.length + arches.length > 0 || minKernel !== undefined ? gate : undefined;
}

/**
 * The profile with its gates and archMap decided for one container, as its engine decides them: what is
 * left says the same on this target in every format.
 *
 * Throws SeccompSimError where the engine refuses the profile.
 */
export function settleProfile(profile: Profile, target: Target): Profile {
  const { architectures, defaultErrnoRet, entries } = resolveProfile(profile, target);
  return {
    ...profile,
    defaultErrnoRet,
    defaultErrno: undefined,
    architectures,
    archMap: [],
    syscalls: entries.flatMap(({ index, names, errnoRet }) => {
      const entry = profile.syscalls[index];
      if (entry === undefined) return [];
      const decided = {
        name: undefined,
        errno: undefined,
        includes: undefined,
        excludes: undefined,
      };
      return { ...entry, ...decided, names, errnoRet };
    }),
  };
}
