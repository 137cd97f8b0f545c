import { suggest } from "../../abi/suggest.js";
import { SeccompSimError } from "../../errors.js";
import type { EngineName } from "../../target.js";
import { type ProfileDocument, readDocument } from "../document.js";
import { parseTarget } from "../target-options.js";
import { containerdDefault } from "./containerd-default.js";
import { DOCKER_1_10 } from "./docker-1-10.js";
import { DOCKER_DEFAULT } from "./docker-default.js";
import { formatPreset, type PresetProfile, type PresetTarget } from "./form.js";
import { PODMAN_DEFAULT } from "./podman-default.js";

export type { PresetTarget };

export type PresetName =
  | "docker-default"
  | "docker-1.10"
  | "podman-default"
  | "containerd-default"
  | "unconfined"
  | "strict";

const PROFILES: Readonly<Partial<Record<PresetName, (target: PresetTarget) => PresetProfile>>> = {
  "docker-default": () => DOCKER_DEFAULT,
  "docker-1.10": () => DOCKER_1_10,
  "podman-default": () => PODMAN_DEFAULT,
  "containerd-default": containerdDefault,
};

const MODES: Readonly<Partial<Record<PresetName, { summary: string; text: string }>>> = {
  unconfined: {
    summary: "no filter: what --privileged and seccomp=unconfined give (Docker since 1.10)",
    text: "No filter is loaded: the kernel allows every system call.\n",
  },
  strict: {
    summary:
      "the kernel's mode 1 (since Linux 2.6.12): read, write, exit, rt_sigreturn, else SIGKILL",
    text:
      "A mode of the kernel (SECCOMP_MODE_STRICT, Linux 2.6.12), not a filter: " +
      "read, write, exit and rt_sigreturn\nare allowed; any other call ends the thread by SIGKILL.\n",
  },
};

/** The names that may stand for a profile. */
export const presetNames: readonly PresetName[] = [
  "docker-default",
  "docker-1.10",
  "podman-default",
  "containerd-default",
  "unconfined",
  "strict",
];

/** One line about a preset, with date and source. Throws for an unknown name. */
export function presetSummary(name: string): string {
  const known = checkPresetName(name);
  return PROFILES[known]?.(parseTarget()).summary ?? MODES[known]?.summary ?? "";
}

/**
 * A profile's JSON, as its engine takes it; for a mode, a sentence about it. Throws for an unknown name.
 *
 * @param target the container that `containerd-default` is built for; `docker-default` has its
 *   architecture's ENOSYS; the others hold for all
 */
export function presetText(name: string, target: PresetTarget = parseTarget()): string {
  const known = checkPresetName(name);
  const build = PROFILES[known];
  return build === undefined
    ? (MODES[known]?.text ?? "")
    : formatPreset(build(target), target.arch);
}

/** Whose default a preset is: without another choice, that engine reads it. */
const ENGINES: Readonly<Partial<Record<PresetName, EngineName>>> = {
  "podman-default": "podman",
  "containerd-default": "containerd",
};

/**
 * A preset's profile, ready to be read by an engine; places point into {@link presetText}, with the
 * preset's name as the file. Throws SeccompSimError for a name that stands for no profile.
 */
export function presetDocument(name: PresetName, target: PresetTarget): ProfileDocument {
  const document = readDocument(presetText(name, target), name, "profile");
  return { ...document, engine: ENGINES[name] ?? "docker" };
}

/** The name of a preset. Throws SeccompSimError for another word. */
export function checkPresetName(name: string): PresetName {
  const known = presetNames.find((one) => one === name);
  if (known !== undefined) return known;
  const near = suggest(name, presetNames);
  throw new SeccompSimError("unknown-preset", `unknown preset ${JSON.stringify(name)}`, {
    hint: near === undefined ? `presets: ${presetNames.join(", ")}` : `did you mean ${near}?`,
  });
}
