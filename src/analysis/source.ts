import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { decodeFilter, detectEndian } from "../bpf/encode.js";
import { detectFilterText, type FilterText, readFilterText } from "../bpf/filter-text.js";
import type { Endian, Instruction } from "../bpf/instruction.js";
import { SeccompSimError, type Warning } from "../errors.js";
import { type ProfileDocument, type ProfileFormat, readDocument } from "../profile/document.js";
import {
  checkPresetName,
  type PresetName,
  type PresetTarget,
  presetDocument,
} from "../profile/presets/index.js";
import type { Profile } from "../profile/profile.js";
import { MAX_SOURCE_BYTES } from "../profile/size.js";

/**
 * What a file is: `docker` stands for a profile as such, which other engines read, too; `oci` for a
 * whole config.json; the others are filters.
 */
export type SourceType = "docker" | "oci" | "kubernetes" | "raw" | FilterText;

const FORMATS: Readonly<Partial<Record<SourceType, ProfileFormat>>> = {
  docker: "profile",
  oci: "oci-config",
  kubernetes: "kubernetes",
};

/** What decides about calls: a profile, a ready filter, no filter, or strict mode. */
export type Source =
  | ({
      readonly kind: "profile";
      readonly name: string;
      readonly document: ProfileDocument;
    } & Changed)
  /** A built-in profile; its text may depend on the target. */
  | ({ readonly kind: "preset"; readonly name: PresetName } & Changed)
  | {
      readonly kind: "filter";
      readonly name: string;
      readonly instructions: readonly Instruction[];
      readonly endian: Endian;
      readonly warnings?: readonly Warning[];
    }
  | { readonly kind: "unconfined"; readonly name: string }
  | { readonly kind: "strict"; readonly name: string };

interface Changed {
  /** Stands for what the text says: a mutant of it. */
  readonly profile?: Profile | undefined;
}

export interface LoadOptions {
  /** What it is called in messages and answers. */
  readonly file?: string | undefined;
  /** What it is; else its content tells. */
  readonly type?: SourceType | undefined;
  /** The architecture whose byte order and system calls a filter is for that does not tell. */
  readonly arch?: ArchName | undefined;
}

/**
 * Recognises a file by its content: `struct sock_filter[]` in either byte order, a filter as a C array,
 * a decimal listing or assembler text, the Kubernetes resource, a whole OCI config.json, or else a
 * profile in JSON.
 *
 * JSON text never holds a NUL byte, and a filter always does (no opcode fills 16 bits), so a truncated
 * filter is still called one.
 *
 * Throws SeccompSimError for what is none of these.
 *
 * ```ts
 * const source = loadProfile('{"defaultAction": "SCMP_ACT_ERRNO"}', { file: "web.json" });
 * ```
 */
export function loadProfile(input: string | Uint8Array, options: LoadOptions = {}): Source {
  const { file: name = "profile", type, arch } = options;
  const endian = ARCHITECTURES[arch ?? "x86_64"].endian;
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  if (bytes.length > MAX_SOURCE_BYTES) {
    throw new SeccompSimError("too-large", `${name} is larger than 4 MiB, too large for a profile`);
  }
  if (utf16(bytes) && type !== "raw") {
    throw new SeccompSimError("not-utf8", `${name} is UTF-16 text; a profile is UTF-8`, {
      place: { file: name, line: 1, column: 1, offset: 0 },
      hint: "save the file as UTF-8",
    });
  }
  const detected = detectEndian(bytes);
  const isRaw = type === undefined ? detected !== undefined || bytes.includes(0) : type === "raw";
  if (isRaw) {
    const order = detected ?? endian;
    return { kind: "filter", name, instructions: decodeFilter(bytes, order, name), endian: order };
  }
  const text = utf8(bytes);
  const form = type ?? detectFilterText(text);
  if (form === "asm" || form === "c" || form === "decimal") {
    return { kind: "filter", name, ...readFilterText(text, name, form, { arch, endian }) };
  }
  const format = form === undefined ? undefined : FORMATS[form];
  return { kind: "profile", name, document: readDocument(text, name, format) };
}

/** A preset as a source. Throws SeccompSimError for an unknown name. */
export function presetSource(name: string): Source {
  const known = checkPresetName(name);
  if (known === "unconfined" || known === "strict") return { kind: known, name: known };
  return { kind: "preset", name: known };
}

/** The text of a profile for a target, read as a tree. */
export function documentOf(
  source: Extract<Source, { kind: "profile" | "preset" }>,
  target: PresetTarget,
): ProfileDocument {
  return source.kind === "profile" ? source.document : presetDocument(source.name, target);
}

function utf16(bytes: Uint8Array): boolean {
  const [a, b] = bytes;
  return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
}

/** As Go reads strings: bytes that are not UTF-8 become U+FFFD. A byte order mark stays, to be refused. */
function utf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
