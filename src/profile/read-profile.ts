import { type Place, SeccompSimError } from "../errors.js";
import { once } from "../once.js";
import type { EngineName } from "../target.js";
import { DIALECTS, type Dialect } from "./dialect.js";
import { type Decode, elements, type Fields, GoDecoder, type Slice } from "./go-decode.js";
import type { JsonDocument, JsonValue } from "./json/value.js";
import { nameWarnings } from "./name-warnings.js";
import type { Word } from "./policy.js";
import type {
  ArchMapEntry,
  Gate,
  Profile,
  ProfileCondition,
  ProfileEntry,
  ReadProfile,
} from "./profile.js";

interface RawGate {
  caps?: Slice<Word> | undefined;
  arches?: Slice<Word> | undefined;
  minKernel?: Gate["minKernel"];
  minKernelPlace?: Place;
}

interface RawCondition {
  value_: JsonValue;
  index: bigint;
  value: bigint;
  valueTwo: bigint;
  op?: Word | undefined;
}

interface RawEntry {
  value_: JsonValue;
  name?: Word | undefined;
  names?: Slice<Word> | undefined;
  action?: Word | undefined;
  errnoRet?: bigint | undefined;
  errno?: Word | undefined;
  comment?: Word | undefined;
  args?: Slice<RawCondition> | undefined;
  includes?: RawGate | undefined;
  excludes?: RawGate | undefined;
}

interface RawArchMap {
  value_: JsonValue;
  architecture?: Word | undefined;
  subArchitectures?: Slice<Word> | undefined;
}

interface RawProfile {
  defaultAction?: Word | undefined;
  defaultErrnoRet?: bigint | undefined;
  defaultErrno?: Word | undefined;
  listenerPath?: Word | undefined;
  listenerMetadata?: Word | undefined;
  architectures?: Slice<Word> | undefined;
  archMap?: Slice<RawArchMap> | undefined;
  flags?: Slice<Word> | undefined;
  syscalls?: Slice<RawEntry> | undefined;
}

/** Reads one object with the fields of an engine's types. */
class ProfileReader {
  private readonly go: GoDecoder;
  private readonly entryFields: Fields<RawEntry>;
  private readonly gateFields: Fields<RawGate>;

  constructor(
    private readonly root: JsonValue,
    private readonly file: string,
    document: JsonDocument,
    private readonly engine: EngineName,
    private readonly dialect: Dialect,
  ) {
    this.go = new GoDecoder(document, dialect);
    this.entryFields = this.known(this.allEntryFields);
    this.gateFields = this.known(this.allGateFields);
  }

  read(): ReadProfile {
    const { go } = this;
    const words = go.slice(go.element);
    const fields: Fields<RawProfile> = {
      defaultAction: (p, v) => {
        p.defaultAction = go.word(v, p.defaultAction);
      },
      defaultErrnoRet: (p, v) => {
        p.defaultErrnoRet = go.optionalUint(v, undefined);
      },
      defaultErrno: (p, v) => {
        p.defaultErrno = go.word(v, p.defaultErrno);
      },
      architectures: (p, v) => {
        p.architectures = words(v, p.architectures);
      },
      archMap: (p, v) => {
        p.archMap = go.slice(this.archMapEntry)(v, p.archMap);
      },
      flags: (p, v) => {
        p.flags = words(v, p.flags);
      },
      listenerPath: (p, v) => {
        p.listenerPath = go.word(v, p.listenerPath);
      },
      listenerMetadata: (p, v) => {
        p.listenerMetadata = go.word(v, p.listenerMetadata);
      },
      syscalls: (p, v) => {
        p.syscalls = go.slice(this.entry)(v, p.syscalls);
      },
    };
    const raw = go.struct<RawProfile>(this.root, {}, this.known(fields));
    if (this.root.kind === "object") this.require("defaultAction", raw.defaultAction, this.root);
    const profile: Profile = {
      file: this.file,
      engine: this.engine,
      place: go.placeOf(this.root),
      absent: this.root.kind === "null",
      defaultAction: raw.defaultAction,
      defaultErrnoRet: raw.defaultErrnoRet,
      defaultErrno: raw.defaultErrno,
      architectures: elements(raw.architectures),
      archMap: elements(raw.archMap).map((entry) => this.finishArchMap(entry)),
      flags: this.finishFlags(raw.flags),
      listenerPath: raw.listenerPath,
      listenerMetadata: raw.listenerMetadata,
      syscalls: elements(raw.syscalls).map((entry, index) => this.finishEntry(entry, index)),
    };
    const warnings = once(() => [...go.warnings, ...nameWarnings(profile)]);
    return {
      profile,
      get warnings() {
        return warnings();
      },
    };
  }

  /** The fields that this dialect knows; all other keys are ignored, with a warning. */
  private known<T>(fields: Fields<T>): Fields<T> {
    const { unknown } = this.dialect;
    return Object.fromEntries(Object.entries(fields).filter(([key]) => !unknown.includes(key)));
  }

  private readonly archMapEntry: Decode<RawArchMap | undefined> = (value, before) => {
    return this.go.struct<RawArchMap>(value, { ...before, value_: value }, this.archMapFields);
  };

  private readonly archMapFields: Fields<RawArchMap> = {
    architecture: (m, v) => {
      m.architecture = this.go.word(v, m.architecture);
    },
    subArchitectures: (m, v) => {
      m.subArchitectures = this.go.slice(this.go.element)(v, m.subArchitectures);
    },
  };

  private readonly entry: Decode<RawEntry | undefined> = (value, before) => {
    const { go } = this;
    // Pointers in moby and Podman: null makes a nil one, and a later object is decoded afresh.
    const afresh =
      this.dialect.pointers && (before?.value_.kind === "null" || value.kind === "null");
    const start = afresh ? {} : before;
    return go.struct<RawEntry>(value, { ...start, value_: value }, this.entryFields);
  };

  private readonly condition: Decode<RawCondition | undefined> = (value, before) => {
    if (this.dialect.pointerArgs && value.kind === "null") {
      this.go.fail(
        "null-argument",
        value,
        `a condition is null, on which ${this.dialect.name} crashes`,
      );
    }
    const start = { index: 0n, value: 0n, valueTwo: 0n, ...before, value_: value };
    return this.go.struct<RawCondition>(value, start, this.conditionFields);
  };

  private readonly conditionFields: Fields<RawCondition> = {
    index: (c, v) => {
      c.index = this.go.uint(v, c.index);
    },
    value: (c, v) => {
      c.value = this.go.uint(v, c.value);
    },
    valueTwo: (c, v) => {
      c.valueTwo = this.go.uint(v, c.valueTwo);
    },
    op: (c, v) => {
      c.op = this.go.word(v, c.op);
    },
  };

  private readonly allEntryFields: Fields<RawEntry> = {
    name: (e, v) => {
      e.name = this.go.word(v, e.name);
    },
    names: (e, v) => {
      e.names = this.go.slice(this.go.element)(v, e.names);
    },
    action: (e, v) => {
      e.action = this.go.word(v, e.action);
    },
    errnoRet: (e, v) => {
      e.errnoRet = this.go.optionalUint(v, undefined);
    },
    args: (e, v) => {
      e.args = this.go.slice(this.condition)(v, e.args);
    },
    errno: (e, v) => {
      e.errno = this.go.word(v, e.errno);
    },
    comment: (e, v) => {
      e.comment = this.go.word(v, e.comment);
    },
    includes: (e, v) => {
      e.includes = this.gate(v, e.includes);
    },
    excludes: (e, v) => {
      e.excludes = this.gate(v, e.excludes);
    },
  };

  private gate(value: JsonValue, before: RawGate | undefined): RawGate | undefined {
    if (value.kind === "null") return undefined;
    return this.go.struct<RawGate>(value, { ...before }, this.gateFields);
  }

  private readonly allGateFields: Fields<RawGate> = {
    caps: (g, v) => {
      g.caps = this.go.slice(this.go.element)(v, g.caps);
    },
    arches: (g, v) => {
      g.arches = this.go.slice(this.go.element)(v, g.arches);
    },
    minKernel: (g, v) => {
      g.minKernel = v.kind === "null" ? undefined : this.kernelVersion(v, g.minKernel);
      g.minKernelPlace = this.go.placeOf(v);
    },
  };

  /** moby/profiles seccomp/seccomp.go `KernelVersion.UnmarshalJSON`: two numbers of 8 bits. */
  private kernelVersion(value: JsonValue, before: Gate["minKernel"]): Gate["minKernel"] {
    if (value.kind === "string") {
      // Left as it is, which is 0.0 unless the key stood there before.
      if (value.value === "") return before ?? { major: 0, minor: 0 };
      const [, major, minor] = /^(\d{1,20})\.(\d{1,20})$/.exec(value.value) ?? [];
      const version = { major: Number(major), minor: Number(minor) };
      const fits = version.major <= 255 && version.minor <= 255;
      if (fits && version.major + version.minor > 0) return version;
    }
    const found =
      value.kind === "string" ? JSON.stringify(value.value.slice(0, 80)) : `a ${value.kind}`;
    return this.go.fail(
      "invalid-kernel",
      value,
      `invalid kernel version: ${found}, expected "<kernel>.<major>"`,
      'for example "4.8", each part from 0 to 255',
    );
  }

  private finishFlags(slice: Slice<Word> | undefined): Word[] | undefined {
    const flags = elements(slice);
    const absent = slice === undefined || (this.dialect.emptyIsAbsent && flags.length === 0);
    return absent ? undefined : flags;
  }

  private finishArchMap({ value_, architecture, subArchitectures }: RawArchMap): ArchMapEntry {
    return {
      architecture: architecture ?? this.absent(value_),
      subArchitectures: elements(subArchitectures),
    };
  }

  private finishEntry(raw: RawEntry, index: number): ProfileEntry {
    if (this.dialect.pointers && raw.value_.kind === "null") {
      const message = `syscalls[${index}] is null, on which ${this.dialect.name} crashes`;
      this.go.fail("null-entry", raw.value_, message);
    }
    this.require("names", raw.names, raw.value_);
    this.require("action", raw.action, raw.value_);
    return {
      index,
      place: this.go.placeOf(raw.value_),
      name: raw.name,
      names: elements(raw.names),
      ...(raw.names === undefined ? { nameless: true } : {}),
      action: raw.action ?? this.absent(raw.value_),
      errnoRet: this.dialect.emptyIsAbsent && raw.errnoRet === 0n ? undefined : raw.errnoRet,
      errno: raw.errno,
      comment: raw.comment,
      args: elements(raw.args).map(
        ({ value_, index: at, value, valueTwo, op }): ProfileCondition => {
          const place = this.go.placeOf(value_);
          this.require("op", op, value_);
          return { place, index: at, value, valueTwo, op: op ?? this.absent(value_) };
        },
      ),
      includes: finishGate(raw.includes),
      excludes: finishGate(raw.excludes),
    };
  }

  /** crun insists on some keys; elsewhere an absent one is empty. */
  private require(key: string, found: unknown, value: JsonValue): void {
    if (!this.dialect.looksUp || found !== undefined) return;
    throw new SeccompSimError(
      "missing-key",
      `crun refuses the profile: load \`config.json\`: Required field '${key}' not present`,
      { place: this.go.placeOf(value) },
    );
  }

  private absent(value: JsonValue): Word {
    return { value: "", place: this.go.placeOf(value) };
  }
}

function finishGate(raw: RawGate | undefined): Gate | undefined {
  if (raw === undefined) return undefined;
  const { caps, arches, minKernel, minKernelPlace } = raw;
  return { caps: elements(caps), arches: elements(arches), minKernel, minKernelPlace };
}

/**
 * Reads an object as an engine's types take it (Go's encoding/json): what Go refuses is refused with a
 * place; what it ignores silently is a warning.
 *
 * Throws SeccompSimError for values of a wrong type.
 */
export function readProfileObject(
  value: JsonValue,
  document: JsonDocument,
  file: string,
  engine: EngineName,
  dialect: Dialect = DIALECTS[engine],
): ReadProfile {
  return new ProfileReader(value, file, document, engine, dialect).read();
}
