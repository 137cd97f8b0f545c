import { CAPABILITIES } from "../abi/capabilities.js";
import { suggest } from "../abi/suggest.js";
import { suggestSyscall, syscallRow } from "../abi/syscalls.js";
import { type Place, SeccompSimError, type Warning } from "../errors.js";
import type { KernelVersion } from "../target.js";
import { Decoding, type FieldDecoders, printable, type Slice, sliceItems } from "./decode.js";
import { HOST_WORDS } from "./host.js";
import { readJson } from "./json/read.js";
import type { JsonValue } from "./json/value.js";
import type { Located, Profile, ProfileCondition, ProfileEntry, ProfileGate } from "./profile.js";

/** What Go's struct holds while the JSON is decoded over it. */
interface RawProfile {
  defaultAction?: Located<string> | undefined;
  defaultErrnoRet?: bigint | undefined;
  architectures?: Slice<Located<string>> | undefined;
  archMap?: Slice<RawArchMap> | undefined;
  flags?: Slice<Located<string>> | undefined;
  listenerPath?: Located<string> | undefined;
  listenerMetadata?: Located<string> | undefined;
  syscalls?: Slice<RawEntry> | undefined;
}

interface RawArchMap {
  place: Place;
  architecture?: Located<string> | undefined;
  subArchitectures?: Slice<Located<string>> | undefined;
}

interface RawEntry {
  place: Place;
  /** The element is null: a nil pointer in Go. */
  isNull?: boolean;
  name?: Located<string> | undefined;
  names?: Slice<Located<string>> | undefined;
  action?: Located<string> | undefined;
  errnoRet?: bigint | undefined;
  args?: Slice<RawCondition> | undefined;
  comment?: Located<string> | undefined;
  includes?: RawGate | undefined;
  excludes?: RawGate | undefined;
}

interface RawCondition {
  place: Place;
  index?: bigint | undefined;
  value?: bigint | undefined;
  valueTwo?: bigint | undefined;
  op?: Located<string> | undefined;
}

interface RawGate {
  caps?: Slice<Located<string>> | undefined;
  arches?: Slice<Located<string>> | undefined;
  minKernel?: KernelVersion | undefined;
}

/**
 * Reads a profile in Docker's JSON, today's form and that of release 1.10, as moby does (profiles
 * seccomp/seccomp.go, decoded by Go's encoding/json).
 *
 * Throws SeccompSimError for what Go refuses; what it silently ignores is a warning.
 *
 * ```ts
 * const { profile } = readDockerProfile('{"defaultAction": "SCMP_ACT_ALLOW"}', "allow.json");
 * profile.defaultAction; // "SCMP_ACT_ALLOW"
 * ```
 */
export function readDockerProfile(
  text: string,
  file: string,
): { profile: Profile; warnings: Warning[] } {
  const document = readJson(text, file);
  const decoding = new Decoding(document);
  const raw: RawProfile = {};
  // Go leaves the struct as it is for a top-level null.
  if (document.root.kind !== "null") {
    decoding.object(document.root, "", raw, profileFields(decoding));
  }
  const profile = finishProfile(raw, file, document.placeAt(document.root.offset));
  warnAboutNames(profile, decoding);
  return { profile, warnings: decoding.finish() };
}

function profileFields(d: Decoding): FieldDecoders<RawProfile> {
  const archMapFields = archMapDecoders(d);
  const entryFields = entryDecoders(d);
  return {
    defaultAction: (raw, v, p) => {
      raw.defaultAction = d.string(v, p, raw.defaultAction);
    },
    defaultErrnoRet: (raw, v, p) => {
      raw.defaultErrnoRet = d.uint(v, p, undefined);
    },
    architectures: (raw, v, p) => {
      raw.architectures = d.array(v, p, raw.architectures, d.element);
    },
    archMap: (raw, v, p) => {
      raw.archMap = d.array(v, p, raw.archMap, (item, path, earlier) => {
        const entry: RawArchMap = earlier ?? { place: d.placeOf(item) };
        if (item.kind === "null") return entry;
        entry.place = d.placeOf(item);
        d.object(item, path, entry, archMapFields);
        return entry;
      });
    },
    flags: (raw, v, p) => {
      raw.flags = d.array(v, p, raw.flags, d.element);
    },
    listenerPath: (raw, v, p) => {
      raw.listenerPath = d.string(v, p, raw.listenerPath);
    },
    listenerMetadata: (raw, v, p) => {
      raw.listenerMetadata = d.string(v, p, raw.listenerMetadata);
    },
    syscalls: (raw, v, p) => {
      raw.syscalls = d.array(v, p, raw.syscalls, (item, path, earlier) => {
        // The elements are pointers: null makes a nil one, and decoding over nil starts afresh.
        if (item.kind === "null") return { place: d.placeOf(item), isNull: true };
        const entry: RawEntry =
          earlier === undefined || earlier.isNull ? { place: d.placeOf(item) } : earlier;
        entry.place = d.placeOf(item);
        d.object(item, path, entry, entryFields);
        return entry;
      });
    },
  };
}

function archMapDecoders(d: Decoding): FieldDecoders<RawArchMap> {
  return {
    architecture: (raw, v, p) => {
      raw.architecture = d.string(v, p, raw.architecture);
    },
    subArchitectures: (raw, v, p) => {
      raw.subArchitectures = d.array(v, p, raw.subArchitectures, d.element);
    },
  };
}

function entryDecoders(d: Decoding): FieldDecoders<RawEntry> {
  const conditionFields = conditionDecoders(d);
  const gateFields = gateDecoders(d);
  const gate = (v: JsonValue, p: string, earlier: RawGate | undefined): RawGate | undefined => {
    if (v.kind === "null") return undefined;
    const target = earlier ?? {};
    d.object(v, p, target, gateFields);
    return target;
  };
  return {
    name: (raw, v, p) => {
      raw.name = d.string(v, p, raw.name);
    },
    names: (raw, v, p) => {
      raw.names = d.array(v, p, raw.names, d.element);
    },
    action: (raw, v, p) => {
      raw.action = d.string(v, p, raw.action);
    },
    errnoRet: (raw, v, p) => {
      raw.errnoRet = d.uint(v, p, undefined);
    },
    args: (raw, v, p) => {
      raw.args = d.array(v, p, raw.args, (item, path, earlier) => {
        const condition: RawCondition = earlier ?? { place: d.placeOf(item) };
        if (item.kind === "null") return condition;
        condition.place = d.placeOf(item);
        d.object(item, path, condition, conditionFields);
        return condition;
      });
    },
    comment: (raw, v, p) => {
      raw.comment = d.string(v, p, raw.comment);
    },
    includes: (raw, v, p) => {
      raw.includes = gate(v, p, raw.includes);
    },
    excludes: (raw, v, p) => {
      raw.excludes = gate(v, p, raw.excludes);
    },
  };
}

function conditionDecoders(d: Decoding): FieldDecoders<RawCondition> {
  return {
    index: (raw, v, p) => {
      raw.index = d.uint(v, p, raw.index);
    },
    value: (raw, v, p) => {
      raw.value = d.uint(v, p, raw.value);
    },
    valueTwo: (raw, v, p) => {
      raw.valueTwo = d.uint(v, p, raw.valueTwo);
    },
    op: (raw, v, p) => {
      raw.op = d.string(v, p, raw.op);
    },
  };
}

function gateDecoders(d: Decoding): FieldDecoders<RawGate> {
  return {
    caps: (raw, v, p) => {
      raw.caps = d.array(v, p, raw.caps, d.element);
    },
    arches: (raw, v, p) => {
      raw.arches = d.array(v, p, raw.arches, d.element);
    },
    minKernel: (raw, v, p) => {
      raw.minKernel = v.kind === "null" ? undefined : decodeKernel(d, v, p, raw.minKernel);
    },
  };
}

/**
 * moby profiles seccomp/seccomp.go `KernelVersion.UnmarshalJSON`: exactly two decimal parts that fit a
 * byte, not 0.0. An empty string leaves what was there, which is 0.0 at first.
 */
function decodeKernel(
  d: Decoding,
  value: JsonValue,
  path: string,
  earlier: KernelVersion | undefined,
): KernelVersion {
  if (value.kind !== "string") throw d.typeError(value, path, 'a string such as "4.8"');
  if (value.value === "") return earlier ?? { major: 0, minor: 0 };
  const [, a, b] = /^(\d{1,64})\.(\d{1,64})$/.exec(value.value) ?? [];
  const major = Number(a);
  const minor = Number(b);
  if (!(major <= 255 && minor <= 255) || (major === 0 && minor === 0)) {
    throw new SeccompSimError(
      "invalid-kernel-version",
      `${path}: "${printable(value.value)}" is not a kernel version that Docker reads`,
      {
        place: d.placeOf(value),
        hint: 'write "A.B" with two decimal numbers up to 255, such as "4.8"',
      },
    );
  }
  return { major, minor };
}

function finishProfile(raw: RawProfile, file: string, start: Place): Profile {
  const defaultAction = raw.defaultAction?.value ?? "";
  const syscalls = sliceItems(raw.syscalls).map(finishEntry);
  return {
    file,
    off: defaultAction === "" && syscalls.length === 0,
    defaultAction,
    defaultPlace: raw.defaultAction?.place ?? start,
    defaultErrnoRet: raw.defaultErrnoRet,
    architectures: sliceItems(raw.architectures),
    archMap: sliceItems(raw.archMap).map((entry) => ({
      place: entry.place,
      architecture: entry.architecture ?? { value: "", place: entry.place },
      subArchitectures: sliceItems(entry.subArchitectures),
    })),
    flags: raw.flags === undefined ? undefined : sliceItems(raw.flags),
    listenerPath: raw.listenerPath?.value ?? "",
    listenerMetadata: raw.listenerMetadata?.value ?? "",
    syscalls,
  };
}

function finishEntry(raw: RawEntry, index: number): ProfileEntry {
  const { place } = raw;
  if (raw.isNull) {
    throw new SeccompSimError(
      "null-entry",
      `syscalls[${index}] is null; Docker's loader fails on it`,
      {
        place,
        hint: "take it out",
      },
    );
  }
  return {
    index,
    place,
    name: raw.name ?? { value: "", place },
    names: sliceItems(raw.names),
    action: raw.action?.value ?? "",
    actionPlace: raw.action?.place ?? place,
    errnoRet: raw.errnoRet,
    conditions: sliceItems(raw.args).map(finishCondition),
    comment: raw.comment?.value ?? "",
    includes: finishGate(raw.includes),
    excludes: finishGate(raw.excludes),
  };
}

function finishCondition(raw: RawCondition): ProfileCondition {
  return {
    place: raw.place,
    index: raw.index ?? 0n,
    value: raw.value ?? 0n,
    valueTwo: raw.valueTwo ?? 0n,
    op: raw.op?.value ?? "",
    opPlace: raw.op?.place ?? raw.place,
  };
}

function finishGate(raw: RawGate | undefined): ProfileGate | undefined {
  if (raw === undefined) return undefined;
  return { caps: sliceItems(raw.caps), arches: sliceItems(raw.arches), minKernel: raw.minKernel };
}

/** Names that no check of the real chain complains about, though nothing will ever match them. */
function warnAboutNames(profile: Profile, d: Decoding): void {
  for (const { name, names, includes, excludes } of profile.syscalls) {
    for (const one of name.value === "" ? names : [name]) warnAboutSyscall(one, d);
    for (const gate of [includes, excludes]) {
      for (const cap of gate?.caps ?? []) {
        warnAboutWord(cap, "unknown-capability", "capability", CAPABILITIES, d);
      }
      for (const arch of gate?.arches ?? []) {
        // Docker's own profile names x32 here, which is no host's word either.
        if (arch.value === "x32") continue;
        warnAboutWord(arch, "unknown-arch-word", "architecture", HOST_WORDS, d);
      }
    }
  }
}

function warnAboutSyscall({ value, place }: Located<string>, d: Decoding): void {
  const name = value.split("\0", 1)[0] ?? "";
  // The empty name is an error of the runtime.
  if (value === "" || syscallRow(name) !== undefined) return;
  const message = `no system call is named "${printable(value)}"; the name is ignored`;
  d.warn("unknown-syscall", place, message, () => {
    const near = suggestSyscall(name);
    return near === undefined ? undefined : `did you mean "${near}"?`;
  });
}

function warnAboutWord(
  { value, place }: Located<string>,
  code: string,
  what: string,
  known: readonly string[],
  d: Decoding,
): void {
  if (known.includes(value)) return;
  d.warn(code, place, `no ${what} is named "${printable(value)}" here; it never matches`, () => {
    const near = suggest(value, known);
    return near === undefined ? undefined : `did you mean "${near}"?`;
  });
}
