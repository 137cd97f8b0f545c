import { CAPABILITIES } from "../abi/capabilities.js";
import { ARCH_NAMES } from "../abi/names.js";
import type { Place } from "../errors.js";
import { isAtLeast, type Target } from "../target.js";
import { ENGINE_RULES } from "./engine-rules.js";
import type { Gate, Profile, ProfileEntry } from "./profile.js";

/** One requirement of an entry's `includes` or `excludes`: the entry is in force where all are open. */
export interface GatePart {
  readonly side: "includes" | "excludes";
  readonly key: "caps" | "arches" | "minKernel";
  readonly place: Place;
  /** `CAP_SYS_ADMIN`, `amd64, x32`, `4.8`. */
  readonly text: string;
  isOpen(target: Target): boolean;
  /** Whether some target opens it, and whether some target shuts it. */
  readonly opens: boolean;
  readonly shuts: boolean;
}

/** The parts of an entry's gates: every capability for itself, the architectures together, the kernel. */
export function gatePartsOf(entry: ProfileEntry, { engine }: Profile): readonly GatePart[] {
  const { word } = ENGINE_RULES[engine];
  return (["includes", "excludes"] as const).flatMap((side): GatePart[] => {
    const gate = entry[side];
    if (gate === undefined) return [];
    const wanted = side === "includes";
    return partsOf(gate, word).map(({ has, sometimes, always, ...part }) => ({
      ...part,
      side,
      isOpen: (target) => has(target) === wanted,
      opens: wanted ? sometimes : !always,
      shuts: wanted ? !always : sometimes,
    }));
  });
}

interface Requirement extends Pick<GatePart, "key" | "place" | "text"> {
  has(target: Target): boolean;
  /** Whether some target has it, and whether all have. */
  readonly sometimes: boolean;
  readonly always: boolean;
}

function partsOf(gate: Gate, word: (arch: Target["arch"]) => string): Requirement[] {
  const { caps, arches, minKernel, minKernelPlace } = gate;
  const parts = caps.map(
    ({ value, place }): Requirement => ({
      key: "caps",
      place,
      text: value,
      has: (target) => target.caps.includes(value),
      sometimes: CAPABILITIES.includes(value),
      always: false,
    }),
  );
  const [first] = arches;
  if (first !== undefined) {
    const words = new Set(arches.map(({ value }) => value));
    // No container host is an x32 one.
    const hosts = ARCH_NAMES.filter((name) => name !== "x32");
    parts.push({
      key: "arches",
      place: first.place,
      text: [...words].join(", "),
      has: (target) => words.has(word(target.arch)),
      sometimes: hosts.some((name) => words.has(word(name))),
      always: hosts.every((name) => words.has(word(name))),
    });
  }
  if (minKernel !== undefined && minKernelPlace !== undefined) {
    parts.push({
      key: "minKernel",
      place: minKernelPlace,
      text: `${minKernel.major}.${minKernel.minor}`,
      has: ({ kernel }) => isAtLeast(kernel, minKernel),
      sometimes: true,
      always: minKernel.major === 0 && minKernel.minor === 0,
    });
  }
  return parts;
}

/** Why no target at all has the entry in force, if that is so. */
export function neverInForce(entry: ProfileEntry, profile: Profile): string | undefined {
  const parts = gatePartsOf(entry, profile);
  const shut = parts.find(({ opens }) => !opens);
  if (shut !== undefined) return `${shut.side}.${shut.key} ${shut.text} holds for no container`;
  const of = (side: GatePart["side"], key: GatePart["key"]): GatePart[] =>
    parts.filter((part) => part.side === side && part.key === key);
  const refused = of("excludes", "caps").find(({ text }) =>
    of("includes", "caps").some((part) => part.text === text),
  );
  if (refused !== undefined) return `its gates ask for ${refused.text} and refuse it`;
  const { includes, excludes } = entry;
  const [least, limit] = [includes?.minKernel, excludes?.minKernel];
  if (least !== undefined && limit !== undefined && isAtLeast(least, limit)) {
    return `its gates ask for Linux ${least.major}.${least.minor} and refuse it`;
  }
  const { word } = ENGINE_RULES[profile.engine];
  const list = (gate: Gate | undefined): string[] => gate?.arches.map(({ value }) => value) ?? [];
  const [wanted, unwanted] = [list(includes), list(excludes)];
  const possible = ARCH_NAMES.some((name) => {
    if (name === "x32" || unwanted.includes(word(name))) return false;
    return wanted.length === 0 || wanted.includes(word(name));
  });
  return possible ? undefined : "its gates leave no architecture";
}
