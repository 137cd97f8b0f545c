import { loadProfile, presetSource, type Source } from "../analysis/source.js";
import { type PresetTarget, presetText } from "../profile/presets/index.js";

/** Profiles to begin with, in the order of the menu. */
export const SAMPLES = [
  { id: "docker-default", title: "Docker’s default", file: "docker-default" },
  { id: "docker-1.10", title: "Docker 1.10", file: "docker-1.10" },
  { id: "podman-default", title: "Podman’s default", file: "podman-default" },
  { id: "containerd-default", title: "containerd’s default", file: "containerd-default" },
  { id: "mypolicy", title: "mypolicy.json, a small deny list", file: "mypolicy.json" },
  { id: "strict", title: "Strict mode", file: "strict" },
  { id: "unconfined", title: "No filter", file: "unconfined" },
] as const;

export type SampleId = (typeof SAMPLES)[number]["id"];

/** The profile of the article that brought seccomp to Docker 1.10: two calls denied, all else allowed. */
const MYPOLICY = `{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    {
      "name": "mount",
      "action": "SCMP_ACT_ERRNO"
    },
    {
      "name": "chown",
      "action": "SCMP_ACT_ERRNO"
    }
  ]
}
`;

export function isSampleId(text: unknown): text is SampleId {
  return SAMPLES.some((one) => one.id === text);
}

/** A mode of the kernel is no text: there is nothing to edit. */
export function isMode(id: SampleId): boolean {
  return id === "strict" || id === "unconfined";
}

/** @param target containerd builds its profile for the container at hand */
export function sampleText(id: SampleId, target: PresetTarget): string {
  return id === "mypolicy" ? MYPOLICY : presetText(id, target);
}

export function sampleSource(id: SampleId): Source {
  return id === "mypolicy" ? loadProfile(MYPOLICY, { file: "mypolicy.json" }) : presetSource(id);
}

/** The engine whose default a sample is; `undefined` for profiles that Docker reads anyway. */
export function sampleEngine(id: SampleId): "podman" | "containerd" | undefined {
  if (id === "podman-default") return "podman";
  return id === "containerd-default" ? "containerd" : undefined;
}
