import { suggest } from "../abi/suggest.js";
import { type Place, SeccompSimError, type Warning } from "../errors.js";
import type { JsonDocument, JsonObject, JsonValue } from "./json/value.js";
import type { Word } from "./policy.js";

// Go's encoding/json, as far as it decides what a profile means: keys match without regard to case,
// a repeated key is decoded over what the earlier one left, and null is not a value.

/** Decodes a value over what the same key left before. */
export type Decode<T> = (value: JsonValue, before: T) => T;

/**
 * A Go slice: `length` elements are in use, but a later array is decoded over all that were ever
 * there.
 */
export interface Slice<T> {
  readonly backing: T[];
  readonly length: number;
}

/** The elements of a slice in use; of a nil slice, none. */
export function elements<T>(slice: Slice<T> | undefined): T[] {
  return slice === undefined ? [] : slice.backing.slice(0, slice.length);
}

/** A text can have a complaint for every few characters; nobody reads more of them than these. */
const MAX_WARNINGS = 200;

const UINT64_MAX = 2n ** 64n - 1n;

const GO_KINDS: Readonly<Record<JsonValue["kind"], string>> = {
  null: "null",
  boolean: "a boolean",
  number: "a number",
  string: "a string",
  array: "an array",
  object: "an object",
};

/** Go folds two letters outside ASCII onto `s` and `k` when it compares keys. */
function fold(key: string): string {
  return key
    .replace(/\u017f/g, "s")
    .replace(/\u212a/g, "k")
    .replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
}

/** A profile has hundreds of words, and few are ever asked for their place. */
class LocatedWord implements Word {
  readonly #offset: number;
  readonly #document: JsonDocument;

  constructor(
    readonly value: string,
    offset: number,
    document: JsonDocument,
  ) {
    this.#offset = offset;
    this.#document = document;
  }

  get place(): Place {
    return this.#document.placeAt(this.#offset);
  }
}

/** The fields of a Go struct: what each key does to it. */
export type Fields<T> = Readonly<Record<string, (target: T, value: JsonValue) => void>>;

/** Who decodes, for complaints about keys. */
export interface Reader {
  /** As in "means nothing to Docker". */
  readonly name: string;
  /** What to say about keys that others read and this one does not. */
  readonly foreign: Readonly<Record<string, string>>;
  /** Kubernetes and crun do not fold the case of keys. */
  readonly exactKeys?: boolean;
  /** crun looks a key up: the first one counts, and a value of another type is as good as none. */
  readonly looksUp?: boolean;
}

/** One decoding of one document: knows where it is, and collects what Go ignores silently. */
export class GoDecoder {
  readonly warnings: Warning[] = [];
  private readonly path: (string | number)[] = [];
  private readonly folded = new Map<Fields<never>, Map<string, string>>();

  constructor(
    private readonly document: JsonDocument,
    private readonly reader: Reader,
  ) {}

  placeOf(value: { readonly offset: number }): Place {
    return this.document.placeAt(value.offset);
  }

  /** JSON path of the value at work, such as `$.syscalls[3].args[0].value`. */
  private pathText(): string {
    const steps = this.path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
    return `$${steps.join("")}`;
  }

  fail(code: string, value: { readonly offset: number }, message: string, hint?: string): never {
    throw new SeccompSimError(code, `${this.pathText()}: ${message}`, {
      place: this.placeOf(value),
      hint,
    });
  }

  /** Whether a value is none: null, or of a type that the reader passes over. */
  private isAbsent(value: JsonValue, expected: JsonValue["kind"]): boolean {
    if (value.kind === "null") return true;
    if (!this.reader.looksUp || value.kind === expected) return false;
    this.warn(
      "wrong-type",
      `${this.pathText()}: is ignored: it is not ${GO_KINDS[expected]}`,
      value,
    );
    return true;
  }

  private mismatch(value: JsonValue, expected: string, hint?: string): never {
    const what =
      value.kind === "number" ? `the number ${value.literal.slice(0, 80)}` : GO_KINDS[value.kind];
    return this.fail("wrong-type", value, `expected ${expected}, found ${what}`, hint);
  }

  /** A string; null leaves what was there. */
  readonly word: Decode<Word | undefined> = (value, before) => {
    if (this.isAbsent(value, "string")) return before;
    if (value.kind !== "string") return this.mismatch(value, "a string");
    return new LocatedWord(value.value, value.offset, this.document);
  };

  /** An element of a list of strings: null is an empty string there. */
  readonly element: Decode<Word | undefined> = (value, before) =>
    this.word(value, before) ?? { value: "", place: this.placeOf(value) };

  /** An unsigned 64-bit integer; null leaves what was there. */
  readonly uint: Decode<bigint> = (value, before) => {
    if (this.isAbsent(value, "number")) return before;
    return this.integer(value);
  };

  /** A pointer to one: null takes it away. */
  readonly optionalUint: Decode<bigint | undefined> = (value) =>
    this.isAbsent(value, "number") ? undefined : this.integer(value);

  private integer(value: JsonValue): bigint {
    const expected = "an integer from 0 to 18446744073709551615";
    if (value.kind !== "number") {
      const quoted = value.kind === "string" && /^\d+$/.test(value.value);
      return this.mismatch(value, expected, quoted ? "write it without quotes" : undefined);
    }
    const { literal } = value;
    const isNegative = literal.startsWith("-");
    const isInteger = [".", "e", "E"].every((mark) => !literal.includes(mark));
    // strtoull(3) takes the negative of a number, too.
    if (!isInteger || (isNegative && !this.reader.looksUp)) {
      return this.mismatch(value, expected, "no sign, fraction or exponent is allowed");
    }
    const digits = isNegative ? literal.slice(1) : literal;
    const number = digits.length > 20 ? UINT64_MAX + 1n : BigInt(digits);
    if (number > UINT64_MAX) return this.mismatch(value, expected);
    return isNegative ? BigInt.asUintN(64, -number) : number;
  }

  /** An array decoded element by element over the earlier one. */
  slice<T>(element: Decode<T | undefined>): Decode<Slice<T> | undefined> {
    return (value, before) => {
      if (this.isAbsent(value, "array")) return undefined;
      if (value.kind !== "array") return this.mismatch(value, "an array");
      const { items } = value;
      if (items.length === 0) return { backing: [], length: 0 };
      // Decoded in place, as in Go: a copy for each repeated key could be made to cost quadratic time.
      const backing = before?.backing ?? new Array<T>(items.length);
      for (let i = 0; i < items.length; i++) {
        this.path.push(i);
        backing[i] = element(items[i] as JsonValue, backing[i]) as T;
        this.path.pop();
      }
      return { backing, length: items.length };
    };
  }

  /** Sets the fields of `target` from an object's members, in order. */
  struct<T extends object>(value: JsonValue, target: T, fields: Fields<T>): T {
    if (this.isAbsent(value, "object")) return target;
    if (value.kind !== "object") return this.mismatch(value, "an object");
    this.members(value, target, fields);
    return target;
  }

  private members<T>(object: JsonObject, target: T, fields: Fields<T>): void {
    const seen = new Set<string>();
    for (const { key, keyOffset, value } of object.members) {
      const name = this.fieldOf(fields, key);
      if (name === undefined) {
        this.unknownKey(key, keyOffset, Object.keys(fields));
        continue;
      }
      if (seen.has(name)) {
        this.warn(
          "duplicate-key",
          `the key "${key}" is given twice: ${this.reader.looksUp ? "the first one counts" : "the later one is read over the earlier one"}`,
          { offset: keyOffset },
        );
        if (this.reader.looksUp) continue;
      }
      seen.add(name);
      this.path.push(key);
      fields[name]?.(target, value);
      this.path.pop();
    }
  }

  private fieldOf<T>(fields: Fields<T>, key: string): string | undefined {
    if (Object.hasOwn(fields, key)) return key;
    if (this.reader.exactKeys) return undefined;
    let names = this.folded.get(fields as Fields<never>);
    if (names === undefined) {
      names = new Map(Object.keys(fields).map((name) => [fold(name), name]));
      this.folded.set(fields as Fields<never>, names);
    }
    return names.get(fold(key));
  }

  private unknownKey(key: string, offset: number, known: readonly string[]): void {
    if (this.warnings.length >= MAX_WARNINGS) return;
    const near = suggest(key, known);
    const { name, foreign } = this.reader;
    const shown = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
    this.warn(
      "unknown-key",
      `${this.pathText()}: the key ${shown} means nothing to ${name} and is ignored`,
      { offset },
      Object.hasOwn(foreign, key) ? foreign[key] : near && `did you mean "${near}"?`,
    );
  }

  warn(code: string, message: string, at: { readonly offset: number }, hint?: string): void {
    if (this.warnings.length >= MAX_WARNINGS) return;
    this.warnings.push({ code, message, place: this.placeOf(at), hint });
  }
}
