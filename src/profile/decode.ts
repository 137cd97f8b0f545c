import { suggest } from "../abi/suggest.js";
import { type Place, SeccompSimError, type Warning } from "../errors.js";
import type { JsonDocument, JsonValue } from "./json/value.js";
import type { Located } from "./profile.js";

/**
 * Go's encoding/json decoding onto a fixed set of fields: the rules that decide what a repeated key,
 * a null, or a key in other letters means. Decoded values are mutable here, since a repeated key is
 * decoded over the earlier value.
 */

/** Largest value of Go's uint and uint64. */
const MAX_UINT = 0xffff_ffff_ffff_ffffn;

/**
 * A Go slice. An array decoded over an earlier one takes the new length, but element i starts from the
 * earlier element i, even where a shorter array stood in between.
 */
export interface Slice<T> {
  readonly elements: T[];
  length: number;
}

export function sliceItems<T>(slice: Slice<T> | undefined): T[] {
  return slice === undefined ? [] : slice.elements.slice(0, slice.length);
}

/** Decodes one value over `earlier`; `path` is the JSON path for messages. */
export type Decoder<T> = (value: JsonValue, path: string, earlier: T | undefined) => T;

/** How the fields of an object are decoded onto `T`, by key. */
export type FieldDecoders<T> = Readonly<
  Record<string, (target: T, value: JsonValue, path: string) => void>
>;

export class Decoding {
  readonly warnings: Warning[] = [];
  private readonly hidden = new Map<string, number>();

  constructor(private readonly document: JsonDocument) {}

  placeOf(value: JsonValue): Place {
    return this.document.placeAt(value.offset);
  }

  /** Keeps the list readable, and hostile profiles cheap: a hundred warnings of a kind. */
  warn(code: string, place: Place, message: string, hint: () => string | undefined): void {
    const same = this.warnings.reduce((n, warning) => n + (warning.code === code ? 1 : 0), 0);
    if (same < 100) this.warnings.push({ code, message, place, hint: hint() });
    else this.hidden.set(code, (this.hidden.get(code) ?? 0) + 1);
  }

  /** Adds what `warn` left out, as one line for each kind. */
  finish(): Warning[] {
    for (const [code, count] of this.hidden) {
      this.warnings.push({ code, message: `${count} more warnings of this kind (${code})` });
    }
    return this.warnings;
  }

  typeError(value: JsonValue, path: string, expected: string): SeccompSimError {
    return new SeccompSimError(
      "json-type",
      `${path}: found ${describe(value)}, expected ${expected}`,
      {
        place: this.placeOf(value),
      },
    );
  }

  /** Go leaves strings and plain numbers as they are where the value is null. */
  readonly string: Decoder<Located<string> | undefined> = (value, path, earlier) => {
    if (value.kind === "null") return earlier;
    if (value.kind !== "string") throw this.typeError(value, path, "a string");
    return { value: value.value, place: this.placeOf(value) };
  };

  /** A string inside an array: a null leaves what was there, which is "" at first. */
  readonly element: Decoder<Located<string>> = (value, path, earlier) =>
    this.string(value, path, earlier) ?? { value: "", place: this.placeOf(value) };

  readonly uint: Decoder<bigint | undefined> = (value, path, earlier) => {
    if (value.kind === "null") return earlier;
    const expected = `a whole number from 0 to ${MAX_UINT} in plain decimal digits`;
    if (value.kind !== "number") throw this.typeError(value, path, expected);
    // 20 digits hold 2^64-1; longer literals are not turned into a number at all.
    const plain = /^\d{1,20}$/.test(value.literal) ? BigInt(value.literal) : undefined;
    if (plain === undefined || plain > MAX_UINT) throw this.typeError(value, path, expected);
    return plain;
  };

  array<T>(
    value: JsonValue,
    path: string,
    earlier: Slice<T> | undefined,
    decode: Decoder<T>,
  ): Slice<T> | undefined {
    if (value.kind === "null") return undefined;
    if (value.kind !== "array") throw this.typeError(value, path, "an array");
    if (value.items.length === 0) return { elements: [], length: 0 };
    const slice = earlier ?? { elements: [], length: 0 };
    for (const [i, item] of value.items.entries()) {
      slice.elements[i] = decode(item, `${path}[${i}]`, slice.elements[i]);
    }
    slice.length = value.items.length;
    return slice;
  }

  /** Decodes an object's members onto `target`, in their order. */
  object<T>(value: JsonValue, path: string, target: T, fields: FieldDecoders<T>): void {
    if (value.kind !== "object") throw this.typeError(value, path || "the profile", "an object");
    const seen = new Set<string>();
    for (const member of value.members) {
      const key = fieldOf(member.key, fields);
      const memberPath = path === "" ? printable(member.key) : `${path}.${printable(member.key)}`;
      if (key === undefined) {
        this.unknownKey(member.key, this.document.placeAt(member.keyOffset), path, fields);
        continue;
      }
      if (seen.has(key)) {
        const place = this.document.placeAt(member.keyOffset);
        const message = `${memberPath} stands twice in this object; Go decodes the later one over the earlier one`;
        this.warn("duplicate-key", place, message, () => undefined);
      }
      seen.add(key);
      fields[key]?.(target, member.value, memberPath);
    }
  }

  private unknownKey(key: string, place: Place, path: string, fields: object): void {
    const where = path === "" ? "the profile" : path;
    const message = `Docker ignores the unknown key "${printable(key)}" in ${where}`;
    this.warn("unknown-key", place, message, () => {
      if (key === "errno" || key === "defaultErrno") return `Podman's key; Docker reads ${key}Ret`;
      const near = suggest(key, Object.keys(fields));
      return near === undefined ? undefined : `did you mean "${near}"?`;
    });
  }
}

/** An exact match first, then without regard to case; ſ counts as s and the Kelvin sign as k. */
function fieldOf(key: string, fields: object): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  if (key.length > 32) return undefined;
  const folded = fold(key);
  return Object.keys(fields).find((field) => fold(field) === folded);
}

function fold(text: string): string {
  return text
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/\u017f/g, "s")
    .replace(/\u212a/g, "k");
}

/** A user's text inside a message: short, without control characters. */
export function printable(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return JSON.stringify(short).slice(1, -1);
}

function describe(value: JsonValue): string {
  switch (value.kind) {
    case "null":
      return "null";
    case "boolean":
      return String(value.value);
    case "number":
      return `the number ${printable(value.literal)}`;
    case "string":
      return `the string "${printable(value.value)}"`;
    case "array":
      return "an array";
    case "object":
      return "an object";
  }
}
