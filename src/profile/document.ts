import { SeccompSimError, type Warning } from "../errors.js";
import { once } from "../once.js";
import type { EngineName, RuntimeName } from "../target.js";
import { CRUN_DIALECT, DIALECTS, type Dialect, KUBERNETES_DIALECT } from "./dialect.js";
import { readJson } from "./json/read.js";
import type { JsonDocument, JsonObject, JsonValue } from "./json/value.js";
import { isKubernetesText, readKubernetes, resourceSpec } from "./kubernetes.js";
import type { ReadProfile } from "./profile.js";
import { readProfileObject } from "./read-profile.js";

/**
 * What a text is: a profile as such (Docker's two forms, Podman's, a bare `linux.seccomp`), a whole OCI
 * `config.json`, or the `SeccompProfile` resource of the Kubernetes Security Profiles Operator.
 */
export type ProfileFormat = "profile" | "oci-config" | "kubernetes";

/** A profile's text, read as a tree; which engine's rules give it a meaning is decided later. */
export interface ProfileDocument {
  readonly file: string;
  readonly format: ProfileFormat;
  /** The engine that the document is for; `undefined` for a profile as such, which any may be given. */
  readonly engine: EngineName | undefined;
  readonly json: JsonDocument;
}

/** A member's value, looked up by Go's rules or by the exact key; the last one counts. */
export function memberOf(object: JsonObject, key: string, exact = false): JsonValue | undefined {
  return object.members.findLast((one) =>
    exact ? one.key === key : one.key.toLowerCase() === key.toLowerCase(),
  )?.value;
}

function isOciConfig(root: JsonValue): boolean {
  if (root.kind !== "object") return false;
  const has = (key: string): boolean => memberOf(root, key) !== undefined;
  return has("ociVersion") && !has("defaultAction") && !has("syscalls");
}

function isResource(root: JsonValue): boolean {
  if (root.kind !== "object") return false;
  const kind = memberOf(root, "kind", true);
  return kind?.kind === "string" && kind.value === "SeccompProfile";
}

/**
 * Reads a text and tells its format by its content, unless `format` is given.
 *
 * Throws SeccompSimError for text that is neither JSON nor the Kubernetes resource in YAML.
 */
export function readDocument(text: string, file: string, format?: ProfileFormat): ProfileDocument {
  const yaml = format === undefined ? isKubernetesText(text) : format === "kubernetes";
  const json = yaml ? readKubernetes(text, file) : readJson(text, file);
  return documentOfJson(json, file, format);
}

/** A tree as a profile's document; its format is told by its content, unless given. */
export function documentOfJson(
  json: JsonDocument,
  file: string,
  format?: ProfileFormat,
): ProfileDocument {
  const { root } = json;
  if (root.kind !== "object" && root.kind !== "null") throw noProfile(json);
  const found: ProfileFormat =
    format ?? (isResource(root) ? "kubernetes" : isOciConfig(root) ? "oci-config" : "profile");
  return { file, format: found, engine: found === "profile" ? undefined : "oci", json };
}

function noProfile({ root, placeAt }: JsonDocument): SeccompSimError {
  const what = `${root.kind === "array" ? "an" : "a"} ${root.kind}`;
  return new SeccompSimError("wrong-type", `a profile is a JSON object, but this is ${what}`, {
    place: placeAt(root.offset),
    hint: 'the smallest one is {"defaultAction": "SCMP_ACT_ALLOW"}',
  });
}

/**
 * The profile as the chosen engine reads the document; without a choice, the engine that the document
 * is for, which is Docker for a profile as such. Without an engine ("oci") the runtime reads it.
 *
 * Throws SeccompSimError where the engine refuses it.
 */
export function readProfile(
  document: ProfileDocument,
  chosen?: EngineName,
  runtime?: RuntimeName,
): ReadProfile {
  const { file, format, json } = document;
  const engine = chosen ?? document.engine ?? "docker";
  const dialect = engine === "oci" && runtime === "crun" ? CRUN_DIALECT : DIALECTS[engine];
  if (format === "kubernetes") return readResource(document, engine);
  const root =
    format === "oci-config" && engine === "oci" ? linuxSeccomp(json, dialect) : json.root;
  const read = readProfileObject(root, json, file, engine, dialect);
  const warnings = once(() => [...read.warnings, ...otherEngine(document, engine, chosen)]);
  return {
    profile: read.profile,
    get warnings() {
      return warnings();
    },
  };
}

function readResource({ json, file }: ProfileDocument, engine: EngineName): ReadProfile {
  if (engine === "oci") {
    return readProfileObject(resourceSpec(json), json, file, engine, KUBERNETES_DIALECT);
  }
  throw new SeccompSimError(
    "wrong-format",
    `${DIALECTS[engine].name} does not read a Kubernetes SeccompProfile`,
    {
      place: json.placeAt(json.root.offset),
      hint: "leave the engine out, or convert the resource: seccomp-sim convert FILE --to docker",
    },
  );
}

/**
 * `linux.seccomp` of a config.json; null where it has none, which means no filter. A repeated object is
 * read over the earlier one, so its members are put behind the earlier ones; null forgets those.
 */
function linuxSeccomp(json: JsonDocument, { looksUp }: Dialect): JsonValue {
  const nothing = { kind: "null", offset: json.root.offset } as JsonValue;
  const inside = (value: JsonValue, key: string, path: string): JsonValue => {
    let found: JsonValue = nothing;
    if (looksUp && value.kind === "object") {
      const first = value.members.find((one) => one.key === key)?.value;
      return first?.kind === "object" ? first : nothing;
    }
    for (const member of value.kind === "object" ? value.members : []) {
      if (member.key.toLowerCase() !== key) continue;
      const { value: next } = member;
      if (next.kind !== "object" && next.kind !== "null") {
        throw new SeccompSimError("wrong-type", `${path}.${key}: expected an object`, {
          place: json.placeAt(next.offset),
        });
      }
      found =
        next.kind === "object" && found.kind === "object"
          ? { ...next, members: [...found.members, ...next.members] }
          : next;
    }
    return found;
  };
  return inside(inside(json.root, "linux", "$"), "seccomp", "$.linux");
}

/** Says so when a file looks as if it was written for another engine than the one that reads it. */
function otherEngine(
  { json, format }: ProfileDocument,
  engine: EngineName,
  chosen: EngineName | undefined,
): Warning[] {
  const { root } = json;
  const tell = (looks: string, hint: string): Warning[] => [
    {
      code: "other-engine",
      message: `this looks like ${looks}, but it is read as ${DIALECTS[engine].name} reads it`,
      place: json.placeAt(root.offset),
      hint,
    },
  ];
  if (root.kind !== "object" || engine === "oci") return [];
  if (format === "oci-config") {
    return tell("a whole OCI config.json", "--engine oci reads its linux.seccomp");
  }
  if (memberOf(root, "linux")?.kind === "object" && memberOf(root, "defaultAction") === undefined) {
    const hint = "--type oci reads its linux.seccomp; a whole config.json has ociVersion, too";
    return tell("a part of an OCI config.json", hint);
  }
  if (chosen !== undefined || engine === "podman" || !hasErrnoNames(root)) return [];
  return tell("a profile for Podman (it names errnos)", "--engine podman reads it as Podman does");
}

function hasErrnoNames(root: JsonObject): boolean {
  const syscalls = memberOf(root, "syscalls");
  const entries = syscalls?.kind === "array" ? syscalls.items : [];
  return (
    memberOf(root, "defaultErrno") !== undefined ||
    entries.some((one) => one.kind === "object" && memberOf(one, "errno") !== undefined)
  );
}

/** Reads a Docker profile, today's form or that of Docker 1.10, as the daemon does. */
export function readDockerProfile(text: string, file: string): ReadProfile {
  return readProfile(readDocument(text, file, "profile"), "docker");
}
