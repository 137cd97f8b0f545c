import { suggest } from "../../abi/suggest.js";
import { SeccompSimError } from "../../errors.js";
import { type ProfileDocument, readDocument } from "../document.js";
import { DOCKER_1_10 } from "./docker-1-10.js";
import { DOCKER_DEFAULT } from "./docker-default.js";
import { formatPreset, type PresetProfile } from "./form.js";

export type PresetName = "docker-default" | "docker-1.10" | "unconfined" | "strict";

/** What a preset stands for: a profile, no filter at all, or the kernel's strict mode. */
export type Preset =
  | { readonly kind: "profile"; readonly document: ProfileDocument; readonly text: string }
  | { readonly kind: "unconfined" }
  | { readonly kind: "strict" };

const PROFILES: Readonly<Partial<Record<PresetName, PresetProfile>>> = {
  "docker-default": DOCKER_DEFAULT,
  "docker-1.10": DOCKER_1_10,
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
  "unconfined",
  "strict",
];

/** One line about a preset, with date and source. Throws for an unknown name. */
export function presetSummary(name: string): string {
  const known = checkName(name);
  return PROFILES[known]?.summary ?? MODES[known]?.summary ?? "";
}

/** A profile's JSON in Docker's form; for a mode, a sentence about it. Throws for an unknown name. */
export function presetText(name: string): string {
  const known = checkName(name);
  const profile = PROFILES[known];
  return profile === undefined ? (MODES[known]?.text ?? "") : formatPreset(profile);
}

/**
 * A preset, ready to be resolved. The profile's places point into {@link presetText}, with the
 * preset's name as the file. Throws SeccompSimError for an unknown name.
 */
export function loadPreset(name: string): Preset {
  const known = checkName(name);
  if (known === "unconfined" || known === "strict") return { kind: known };
  const text = presetText(known);
  return { kind: "profile", document: readDocument(text, known, "profile"), text };
}

function checkName(name: string): PresetName {
  const known = presetNames.find((one) => one === name);
  if (known !== undefined) return known;
  const near = suggest(name, presetNames);
  throw new SeccompSimError("unknown-preset", `unknown preset ${JSON.stringify(name)}`, {
    hint: near === undefined ? `presets: ${presetNames.join(", ")}` : `did you mean ${near}?`,
  });
}
