import { stringify } from "yaml";
import { suggest } from "../../abi/suggest.js";
import { type Place, SeccompSimError } from "../../errors.js";
import type { Word } from "../policy.js";
import type { Profile, ProfileCondition, ProfileEntry } from "../profile.js";
import { saysNothing } from "../resolve.js";
import { cannotSay } from "./format.js";
import { treeOf } from "./tree.js";

// What the API server takes for a SeccompProfile of the Security Profiles Operator: the validation
// marks of kubernetes-sigs/security-profiles-operator api/seccompprofile/v1/seccompprofile_types.go.

const words = (prefix: string, text: string): readonly string[] =>
  text.split(" ").map((word) => prefix + word);

const ACTIONS = words(
  "SCMP_ACT_",
  "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY",
);
const OPERATORS = words("SCMP_CMP_", "NE LT LE EQ GE GT MASKED_EQ");
const FLAGS = words("SECCOMP_FILTER_FLAG_", "TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV");
const ARCHITECTURES = words(
  "SCMP_ARCH_",
  "NATIVE X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 " +
    "PPC64LE S390 S390X PARISC PARISC64 RISCV64",
);
const LISTENER = /^\/var\/run\/security-profiles-operator\/[a-zA-Z0-9_\-.]+$/;
const MAX_LISTENER = 107;
const MAX_ERRNO = 4095n;
const MAX_ARGS = 6;
const MAX_INDEX = 5n;
/** `value` and `valueTwo` are int64 there. */
const MAX_VALUE = 2n ** 63n - 1n;

/** RFC 1123 subdomain, what objects of the API may be called. */
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_OBJECT_NAME = 253;

function cannot(what: string, place: Place, hint?: string): SeccompSimError {
  return cannotSay("kubernetes", what, place, hint);
}

function checkWord(word: Word, known: readonly string[], what: string): void {
  if (known.includes(word.value)) return;
  const near = suggest(word.value, known);
  throw cannot(
    `the ${what} ${JSON.stringify(word.value.slice(0, 80))}`,
    word.place,
    near === undefined ? `one of ${known.join(", ")}` : `did you mean ${near}?`,
  );
}

/** The API server refuses lists that are sets there and name something twice. */
function checkOnce(list: readonly Word[]): void {
  const seen = new Set<string>();
  for (const { value, place } of list) {
    if (seen.has(value)) {
      const what = `${JSON.stringify(value.slice(0, 80))} twice in one list`;
      throw cannot(what, place, "write it once: that says the same");
    }
    seen.add(value);
  }
}

/**
 * A plain profile without gates and archMap, as the resource.
 *
 * Throws SeccompSimError for what it cannot say.
 *
 * @param name `metadata.name`; undefined = after the profile's file
 */
export function formatKubernetes(profile: Profile, name: string | undefined): string {
  const metadata = { name: name === undefined ? nameAfter(profile.file) : checkName(name) };
  checkProfile(profile);
  // What is left of it says EPERM, which is what runtimes answer without it.
  const said = { ...profile, defaultErrnoRet: undefined };
  const resource = {
    apiVersion: "security-profiles-operator.x-k8s.io/v1",
    kind: "SeccompProfile",
    metadata,
    spec: treeOf(said),
  };
  // The cluster reads YAML 1.1, where words such as `on` and `1_0` are no strings.
  return stringify(resource, { compat: "yaml-1.1", lineWidth: 0, aliasDuplicateObjects: false });
}

function checkProfile(profile: Profile): void {
  const { defaultAction, architectures, flags, listenerPath } = profile;
  const place = defaultAction?.place ?? profile.place;
  if (saysNothing(profile)) {
    throw cannot(
      "that seccomp is off",
      place,
      "the pod does: securityContext: {seccompProfile: {type: Unconfined}}",
    );
  }
  if (defaultAction === undefined || defaultAction.value === "") {
    throw cannot("a profile without a defaultAction", place);
  }
  checkWord(defaultAction, ACTIONS, "action");
  if (defaultAction.value === "SCMP_ACT_NOTIFY") {
    throw cannot("SCMP_ACT_NOTIFY as the default action", place, "the runtimes refuse it, too");
  }
  checkDefaultErrno(profile, defaultAction);
  for (const word of architectures) checkWord(word, ARCHITECTURES, "architecture");
  checkOnce(architectures);
  for (const word of flags ?? []) checkWord(word, FLAGS, "flag");
  checkOnce(flags ?? []);
  const path = listenerPath?.value ?? "";
  if (listenerPath && path !== "" && (!LISTENER.test(path) || path.length > MAX_LISTENER)) {
    const hint = `a file in /var/run/security-profiles-operator/, at most ${MAX_LISTENER} characters`;
    throw cannot(
      `the listenerPath ${JSON.stringify(path.slice(0, 120))}`,
      listenerPath.place,
      hint,
    );
  }
  profile.syscalls.forEach(checkEntry);
}

/** Without the key an ERRNO or TRACE has EPERM (1) in every runtime. */
function checkDefaultErrno({ defaultErrnoRet }: Profile, { value, place }: Word): void {
  if (defaultErrnoRet === undefined) return;
  const used = value === "SCMP_ACT_ERRNO" || value === "SCMP_ACT_TRACE";
  if (used && defaultErrnoRet === 1n) return;
  const what = `defaultErrnoRet (${defaultErrnoRet})`;
  throw cannot(
    what,
    place,
    used
      ? "its default errno is always EPERM; entries may have others"
      : `leave it out: it decides nothing beside ${value}`,
  );
}

function checkEntry({ names, action, errnoRet, args, place }: ProfileEntry): void {
  if (names.length === 0) throw cannot("an entry without names", place, "leave the entry out");
  checkOnce(names);
  checkWord(action, ACTIONS, "action");
  if (errnoRet === 0n) throw cannot("errnoRet 0", place, "there, 0 is an absent one: EPERM");
  if (errnoRet !== undefined && errnoRet > MAX_ERRNO) {
    throw cannot(`errnoRet ${errnoRet}`, place, `it is at most ${MAX_ERRNO} there`);
  }
  if (args.length > MAX_ARGS) {
    throw cannot(`${args.length} conditions of one entry`, place, `at most ${MAX_ARGS} there`);
  }
  args.forEach(checkCondition);
}

function checkCondition({ index, value, valueTwo, op, place }: ProfileCondition): void {
  if (index > MAX_INDEX) throw cannot(`argument ${index}`, place, "args[].index is 0 to 5");
  for (const number of [value, valueTwo]) {
    if (number <= MAX_VALUE) continue;
    throw cannot(`the value ${number}`, place, `values are at most ${MAX_VALUE} there`);
  }
  checkWord(op, OPERATORS, "operator");
}

function checkName(name: string): string {
  if (name.length <= MAX_OBJECT_NAME && OBJECT_NAME.test(name)) return name;
  throw new SeccompSimError(
    "invalid-name",
    `${JSON.stringify(name.slice(0, 80))} cannot be the name of a Kubernetes resource`,
    { hint: "a-z, 0-9, - and ., beginning and ending with a letter or digit" },
  );
}

/** `profiles/My_App.json` → `my-app`. */
function nameAfter(file: string): string {
  const base = file.replace(/^.*[/\\]/s, "").replace(/\.(json|ya?ml)$/i, "");
  const labels = base
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .split(".");
  const name = labels.map((label) => label.replace(/^-|-$/g, "")).filter((label) => label !== "");
  const text = name.join(".");
  if (text !== "" && text.length <= MAX_OBJECT_NAME && !file.startsWith("<")) return text;
  throw new SeccompSimError("no-name", `no name for the resource can be made of ${file}`, {
    hint: "give one with --name",
  });
}
