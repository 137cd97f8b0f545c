import { ARCHITECTURES, type ArchName } from "../../abi/architecture.js";
import type { Place, SeccompSimError, Warning } from "../../errors.js";
import { DIALECTS } from "../dialect.js";
import { ENGINE_RULES } from "../engine-rules.js";
import type { Gate, Profile, ProfileEntry } from "../profile.js";
import { saysNothing } from "../resolve.js";
import { CALLED, cannotSay, type WrittenFormat } from "./format.js";
import { formatJson } from "./json-text.js";
import { formatKubernetes } from "./kubernetes.js";
import { errnoNumbers, plainProfile } from "./plain.js";
import { treeOf } from "./tree.js";

export { WRITTEN_FORMATS, type WrittenFormat } from "./format.js";
export { settleProfile } from "./plain.js";

export interface WriteOptions {
  /** `metadata.name` of the Kubernetes resource; default: after the profile's file. */
  readonly name?: string | undefined;
  /** Whose numbers stand for Podman's names of errors; default: x86_64. */
  readonly arch?: ArchName | undefined;
}

/** A profile's text in a format, and what could not be kept though it decides nothing. */
export interface WrittenProfile {
  readonly text: string;
  readonly warnings: readonly Warning[];
}

/**
 * Writes a profile: read again, the text means to the container what the profile means to its engine.
 *
 * Throws SeccompSimError (`not-in-format`) for what the format cannot say, or where the engine refuses
 * the profile.
 */
export function writeProfile(
  profile: Profile,
  format: WrittenFormat,
  { name, arch = "x86_64" }: WriteOptions = {},
): WrittenProfile {
  const plain = plainProfile(profile, arch);
  const numbers = errnoNumbers(profile, arch);
  if (format !== "oci") checkFlags(plain, format);
  if (format === "docker") {
    return { text: json(plain), warnings: [...numbers, ...dockersWords(plain)] };
  }
  const { said, warnings: dropped } = withoutDockers(plain, format);
  const warnings = [...numbers, ...dropped];
  if (format === "kubernetes") return { text: formatKubernetes(said, name), warnings };
  return { text: json(said), warnings: [...warnings, ...offNote(said)] };
}

function json(profile: Profile): string {
  return `${formatJson(saysNothing(profile) ? {} : treeOf(profile))}\n`;
}

/** Whoever reads these formats leaves an empty list out of the config.json for the runtime. */
function checkFlags(profile: Profile, format: WrittenFormat): void {
  if (profile.flags?.length !== 0 || saysNothing(profile)) return;
  throw cannotSay(
    format,
    "an empty list of flags",
    profile.place,
    "without the key, the runtime chooses; leave it out if that will do",
  );
}

/** Refuses what only Docker's format can say; its comments go. */
function withoutDockers(
  profile: Profile,
  format: WrittenFormat,
): { said: Profile; warnings: Warning[] } {
  const refuse = (what: string, place: Place): SeccompSimError =>
    cannotSay(
      format,
      what,
      place,
      "--resolve decides it for one container: --arch, --caps, --cap, --kernel",
    );
  const [mapped] = profile.archMap;
  if (mapped !== undefined && !saysNothing(profile))
    throw refuse("archMap", mapped.architecture.place);
  for (const entry of profile.syscalls) {
    for (const key of ["includes", "excludes"] as const) {
      const gate = entry[key];
      if (gate !== undefined) throw refuse(key, placeOfGate(gate, entry));
    }
  }
  const comments = profile.syscalls.flatMap(({ comment }) => comment ?? []);
  const count = comments.length === 1 ? "a comment is" : `${comments.length} comments are`;
  return {
    said: { ...profile, syscalls: profile.syscalls.map((one) => ({ ...one, comment: undefined })) },
    warnings: comments.slice(0, 1).map(({ place }) => ({
      code: "comments-dropped",
      message: `${count} not kept: ${CALLED[format]} has no place for them`,
      place,
    })),
  };
}

function placeOfGate({ caps, arches }: Gate, entry: ProfileEntry): Place {
  return [...caps, ...arches][0]?.place ?? entry.place;
}

function offNote(profile: Profile): Warning[] {
  if (!saysNothing(profile)) return [];
  return [
    {
      code: "off",
      message: "the profile switches seccomp off: no filter is loaded",
      place: profile.place,
      hint: "in a config.json, leave linux.seccomp out",
    },
  ];
}

/** Says so where Docker has other words than Podman for what a Podman profile asks. */
function dockersWords(profile: Profile): Warning[] {
  if (profile.engine !== "podman" || saysNothing(profile)) return [];
  const [podman, docker] = [ENGINE_RULES.podman, ENGINE_RULES.docker];
  const asks = (word: string) => (gate: Gate | undefined) =>
    gate?.arches.some(({ value }) => value === word) === true;
  const differs = (arch: ArchName): boolean =>
    (podman.maps(arch) !== docker.maps(arch) &&
      profile.archMap.some(
        ({ architecture: { value } }) => value === `SCMP_ARCH_${arch.toUpperCase()}`,
      )) ||
    profile.syscalls.some(({ includes, excludes }) =>
      [includes, excludes].some(
        (gate) => asks(podman.word(arch))(gate) !== asks(docker.word(arch))(gate),
      ),
    );
  // No host is an x32 one.
  const archs = (Object.keys(ARCHITECTURES) as ArchName[]).filter(
    (arch) => arch !== "x32" && differs(arch),
  );
  if (archs.length === 0) return [];
  return [
    {
      code: "other-words",
      message: `${DIALECTS.docker.name} decides archMap, or gates by architecture, otherwise than ${DIALECTS.podman.name} on ${archs.join(", ")}`,
      place: profile.place,
      hint: "--resolve decides them for one container as Podman does",
    },
  ];
}
