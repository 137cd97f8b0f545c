import type { ArchName } from "../../abi/architecture.js";
import { errnoNumber, isNumberedAlike } from "../../abi/errno.js";
import type { Warning } from "../../errors.js";
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
 *
 * @param arch whose numbers stand for the words
 */
export function plainProfile(profile: Profile, arch: ArchName): Profile {
  if (saysNothing(profile)) return profile;
  const rules = ENGINE_RULES[profile.engine];
  checkArchitectures(profile, rules);
  const syscalls = profile.syscalls
    .map(
      (entry): ProfileEntry => ({
        ...entry,
        name: undefined,
        names: namesOf(entry, rules),
        errnoRet: errnoOf(entry.errno, entry.errnoRet, arch),
        errno: undefined,
        comment: entry.comment?.value === "" ? undefined : entry.comment,
        includes: askingGate(entry.includes),
        excludes: askingGate(entry.excludes),
      }),
    )
    .filter(({ names }) => names.length > 0 || !rules.dropsNameless);
  return {
    ...profile,
    defaultErrnoRet: errnoOf(profile.defaultErrno, profile.defaultErrnoRet, arch),
    defaultErrno: undefined,
    flags: flagsOf(profile),
    syscalls,
  };
}

/** Says so where Podman's errno words become numbers that other architectures give to other errors. */
export function errnoNumbers(profile: Profile, arch: ArchName): Warning[] {
  if (saysNothing(profile)) return [];
  const own = [profile.defaultErrno, ...profile.syscalls.map(({ errno }) => errno)].flatMap(
    (word) => (word !== undefined && !isNumberedAlike(word.value) ? word : []),
  );
  const [first] = own;
  if (first === undefined) return [];
  const names = [...new Set(own.map(({ value }) => value))];
  const said = names.map((name) => `${name} becomes ${errnoNumber(name, arch)}`).join(", ");
  return [
    {
      code: "errno-numbers",
      message: `${said}, as on ${arch}: mips, parisc and the other architectures have numbers of their own`,
      place: first.place,
      hint: "--arch says for which of them to write",
    },
  ];
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
