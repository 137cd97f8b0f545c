import { CAPABILITIES } from "../../abi/capabilities.js";
import { errnoDescription, errnoNames, errnoNumber } from "../../abi/errno.js";
import { syscallSignature } from "../../abi/signature.js";
import { syscallNames } from "../../abi/syscalls.js";
import { ACTIONS, ARCH_WORDS, FLAG_WORDS, OPERATORS } from "../../runtime/spec.js";
import { decodeVerdict, describeEffect } from "../../seccomp/verdict.js";
import { signatureText } from "../signature-text.js";

/** A word that may stand at a place of a profile. */
export interface WordOption {
  readonly word: string;
  /** Short, beside the word. */
  readonly detail?: string | undefined;
  /** A sentence about it. */
  readonly info?: string | undefined;
  /** Written without quotes in JSON. */
  readonly bare?: boolean;
}

const TOP_KEYS: Readonly<Record<string, string>> = {
  defaultAction: "what calls get that no entry is about",
  defaultErrnoRet: "the error number of a default action SCMP_ACT_ERRNO",
  architectures: "the architectures that the filter serves",
  archMap: "architectures, each with those that come along on its hosts",
  syscalls: "the entries, each with names, an action and conditions",
  flags: "flags of the system call seccomp",
  listenerPath: "the socket of the program that answers SCMP_ACT_NOTIFY",
  listenerMetadata: "text for that program",
};
const ENTRY_KEYS: Readonly<Record<string, string>> = {
  names: "the calls that the entry is about",
  name: "one call: the form of Docker 1.10",
  action: "what these calls get",
  args: "conditions on their arguments: all must hold",
  errnoRet: "the error number of an action SCMP_ACT_ERRNO",
  comment: "changes nothing",
  includes: "the entry is in force only where all of this holds",
  excludes: "the entry is not in force where any of this holds",
};
const ARG_KEYS: Readonly<Record<string, string>> = {
  index: "which argument, from 0",
  op: "how it is compared",
  value: "what it is compared with; the mask of SCMP_CMP_MASKED_EQ",
  valueTwo: "what the masked bits must be",
};
const GATE_KEYS: Readonly<Record<string, string>> = {
  caps: "capabilities of the container",
  arches: "architectures of the host, in Go’s words",
  minKernel: "the oldest kernel",
};
const ARCH_MAP_KEYS: Readonly<Record<string, string>> = {
  architecture: "the architecture of the host",
  subArchitectures: "what else its kernel runs",
};
const RESOURCE_KEYS: Readonly<Record<string, string>> = {
  apiVersion: "security-profiles-operator.x-k8s.io/v1beta1",
  kind: "SeccompProfile",
  metadata: "name and namespace",
  spec: "the profile",
};

const keys = (table: Readonly<Record<string, string>>): WordOption[] =>
  Object.entries(table).map(([word, info]) => ({ word, info }));

/** Keys of the object at a path of keys (lists are left out of it). */
export function keysAt(path: readonly string[], podman: boolean): readonly WordOption[] {
  switch (path.at(-1)) {
    case undefined:
    case "seccomp":
    case "spec": {
      const extra = podman ? keys({ defaultErrno: "as defaultErrnoRet, by name" }) : [];
      return [...keys(TOP_KEYS), ...extra];
    }
    case "syscalls": {
      const extra = podman ? keys({ errno: "as errnoRet, by name" }) : [];
      return [...keys(ENTRY_KEYS), ...extra];
    }
    case "args":
      return keys(ARG_KEYS);
    case "includes":
    case "excludes":
      return keys(GATE_KEYS);
    case "archMap":
      return keys(ARCH_MAP_KEYS);
    default:
      return [];
  }
}

export function resourceKeys(): readonly WordOption[] {
  return keys(RESOURCE_KEYS);
}

const KERNEL = { major: 6, minor: 1 };

const OPERATOR_TEXT: Readonly<Record<string, string>> = {
  NE: "argument ≠ value",
  LT: "argument < value",
  LE: "argument ≤ value",
  EQ: "argument = value",
  GE: "argument ≥ value",
  GT: "argument > value",
  MASKED_EQ: "(argument & value) = valueTwo",
};

/** Words of Go's GOARCH that profiles use. */
const GO_ARCHES =
  "amd64 386 x86 x32 arm arm64 loong64 mips mipsle mips64 mips64le mips64n32 mipsel64n32 ppc64le riscv64 s390 s390x".split(
    " ",
  );

/** Values that may stand under a key. */
export function valuesAt(key: string): readonly WordOption[] {
  switch (key) {
    case "defaultAction":
    case "action":
      return Object.entries(ACTIONS).map(([word, ret]) => ({
        word,
        info: describeEffect(decodeVerdict(word === "SCMP_ACT_ERRNO" ? ret | 1 : ret), KERNEL),
      }));
    case "op":
      return Object.entries(OPERATORS).map(([word, op]) => ({ word, detail: OPERATOR_TEXT[op] }));
    case "names":
    case "name":
      return syscallNames().map((word) => ({
        word,
        info: syscallSignature(word) && signatureText(word),
      }));
    case "caps":
      return CAPABILITIES.map((word) => ({ word }));
    case "arches":
      return GO_ARCHES.map((word) => ({ word }));
    case "architectures":
    case "subArchitectures":
    case "architecture":
      return Object.keys(ARCH_WORDS).map((word) => ({ word }));
    case "flags":
      return Object.keys(FLAG_WORDS).map((word) => ({ word }));
    case "errno":
    case "defaultErrno":
      return errnoNames().map((word) => ({
        word,
        detail: errnoDescription(errnoNumber(word) ?? 0),
      }));
    case "errnoRet":
    case "defaultErrnoRet":
      return ["EPERM", "EACCES", "ENOSYS", "EINVAL", "EAFNOSUPPORT"].map((name) => {
        const number = errnoNumber(name) ?? 0;
        return { word: String(number), detail: name, info: errnoDescription(number), bare: true };
      });
    case "minKernel":
      return ["4.8", "5.0", "5.10", "6.1"].map((word) => ({ word }));
    case "kind":
      return [{ word: "SeccompProfile" }];
    default:
      return [];
  }
}
