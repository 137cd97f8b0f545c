import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { SeccompSimError } from "../errors.js";
import { createLocator } from "./json/lines.js";
import type { JsonDocument, JsonMember, JsonValue } from "./json/value.js";

// The resource of the Security Profiles Operator (kubernetes-sigs/security-profiles-operator
// api/seccompprofile/v1/seccompprofile_types.go): YAML whose `spec` is a LinuxSeccomp.

/** A profile needs six levels; the API server has a limit, too. */
const MAX_YAML_DEPTH = 100;

/** etcd stores no larger objects; a limit of ours, too, since reading YAML is slow. */
const MAX_YAML_LENGTH = 1.5 * 1024 * 1024;

const API_GROUP = "security-profiles-operator.x-k8s.io/";

/** Text in which a line at the margin says `kind:` or `apiVersion:`; JSON never does. */
export function isKubernetesText(text: string): boolean {
  return /^["']?(kind|apiVersion)["']?\s*:/m.test(text) && !/^\s*\{/.test(text);
}

/**
 * Reads YAML (or JSON) that holds one SeccompProfile, other documents beside it are passed over.
 *
 * Throws SeccompSimError with the place of what is wrong.
 */
export function readKubernetes(text: string, file: string): JsonDocument {
  const placeAt = createLocator(text, file);
  const fail = (code: string, offset: number, message: string, hint?: string): SeccompSimError =>
    new SeccompSimError(code, message, { place: placeAt(offset), hint });
  if (text.length > MAX_YAML_LENGTH) {
    throw fail("yaml-too-large", 0, "a Kubernetes resource has at most 1.5 MiB");
  }
  const documents = parseYaml(text);
  for (const { errors } of documents) {
    const [error] = errors;
    if (!error) continue;
    if (STACK_OVERFLOW.test(error.message)) throw tooDeep(fail, error.pos[0]);
    throw fail("yaml-syntax", error.pos[0], `this is not YAML: ${error.message.slice(0, 200)}`);
  }
  const resources = documents.filter(
    ({ contents }) => textOf(contents, "kind") === "SeccompProfile",
  );
  const [resource, second] = resources;
  if (second !== undefined) {
    const at = second.contents?.range?.[0] ?? 0;
    throw fail("several-profiles", at, "the file holds more than one SeccompProfile", "split it");
  }
  if (!resource || !isMap(resource.contents)) {
    const kind = documents.map(({ contents }) => textOf(contents, "kind")).find(Boolean);
    throw fail(
      "wrong-kind",
      0,
      kind === undefined
        ? "this is no Kubernetes resource"
        : `this is a ${kind}, not a SeccompProfile`,
      "expected kind: SeccompProfile",
    );
  }
  const version = textOf(resource.contents, "apiVersion");
  if (version?.startsWith(API_GROUP) !== true) {
    const at = resource.contents.get("apiVersion", true) as Scalar | undefined;
    throw fail(
      "wrong-kind",
      at?.range?.[0] ?? 0,
      `a SeccompProfile of the API ${JSON.stringify(version ?? "")} is not known`,
      `expected apiVersion: ${API_GROUP}v1`,
    );
  }
  return { root: toJson(resource.contents, fail), placeAt };
}

/** What the YAML reader's own recursion ends with, thrown or as a syntax error. */
const STACK_OVERFLOW = /call stack|too much recursion/i;

function parseYaml(text: string): readonly Document[] {
  try {
    // Keys are checked below: the reader compares each with all others.
    const options = { intAsBigInt: true, prettyErrors: false, uniqueKeys: false };
    const parsed = parseAllDocuments(text, options);
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SeccompSimError("yaml-too-deep", TOO_DEEP, { cause: error });
  }
}

const TOO_DEEP = "the YAML is nested too deeply";

function tooDeep(fail: Fail, offset: number): SeccompSimError {
  return fail("yaml-too-deep", offset, TOO_DEEP);
}

function textOf(node: unknown, key: string): string | undefined {
  const value = isMap(node) ? node.get(key) : undefined;
  return typeof value === "string" ? value : undefined;
}

type Fail = (code: string, offset: number, message: string, hint?: string) => SeccompSimError;

/** A YAML tree as the JSON that the API server makes of it; each value keeps its offset. */
function toJson(node: Node | null, fail: Fail, depth = 0): JsonValue {
  const offset = node?.range?.[0] ?? 0;
  if (depth > MAX_YAML_DEPTH) throw tooDeep(fail, offset);
  if (isAlias(node)) {
    throw fail("yaml-alias", offset, "aliases are not read here", "write the value out");
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => toJson(item as Node | null, fail, depth + 1));
    return { kind: "array", offset, items };
  }
  if (isMap(node)) {
    return { kind: "object", offset, members: membersOf(node, fail, depth) };
  }
  if (!isScalar(node)) return { kind: "null", offset };
  const { value } = node;
  if (typeof value === "string") return { kind: "string", offset, value };
  if (typeof value === "boolean") return { kind: "boolean", offset, value };
  if (typeof value === "bigint") {
    // The API server's reader takes 010 for 8, as YAML 1.1 does.
    const octal = /^0[0-7]+$/.exec(node.source ?? "");
    return { kind: "number", offset, literal: `${octal ? BigInt(`0o${octal[0]}`) : value}` };
  }
  // A fraction keeps its own spelling, so that the complaint about it shows what was written.
  if (typeof value === "number")
    return { kind: "number", offset, literal: node.source ?? `${value}` };
  return { kind: "null", offset };
}

function membersOf(map: YAMLMap, fail: Fail, depth: number): JsonMember[] {
  const seen = new Set<string>();
  return map.items.map(({ key, value }) => {
    const name = isScalar(key) ? key : undefined;
    const keyOffset = name?.range?.[0] ?? 0;
    if (name === undefined) throw fail("yaml-key", keyOffset, "a key must be a word");
    const word = String(name.value);
    if (word === "<<" && name.type === "PLAIN") {
      throw fail("yaml-alias", keyOffset, "merged keys are not read here", "write them out");
    }
    if (seen.has(word)) {
      throw fail("yaml-syntax", keyOffset, `this is not YAML: the key ${word} is given twice`);
    }
    seen.add(word);
    const inner = toJson(value as Node | null, fail, depth + 1);
    return { key: word, keyOffset, value: inner };
  });
}

/** The `spec`, checked for what the API server refuses and for what only a cluster could resolve. */
export function resourceSpec({ root, placeAt }: JsonDocument): JsonValue {
  const members = root.kind === "object" ? root.members : [];
  const spec = members.findLast(({ key }) => key === "spec")?.value;
  if (spec?.kind !== "object") {
    throw new SeccompSimError("no-spec", "the SeccompProfile has no spec", {
      place: placeAt(spec?.offset ?? root.offset),
      hint: "spec holds defaultAction, architectures and syscalls",
    });
  }
  const base = spec.members.findLast(({ key }) => key === "baseProfileName");
  if (base !== undefined && !(base.value.kind === "string" && base.value.value === "")) {
    throw new SeccompSimError(
      "base-profile",
      "baseProfileName joins this profile with another one of the cluster, which is not here",
      { place: placeAt(base.keyOffset), hint: "write the rules of the base profile into this one" },
    );
  }
  return spec;
}
