import { SeccompSimError } from "../../errors.js";
import { createLocator } from "./lines.js";
import { PLAIN_STRING, scanNumber, scanString } from "./scan.js";
import { type Expectation, syntaxError } from "./syntax-error.js";
import type { JsonDocument, JsonMember, JsonValue } from "./value.js";

/** Go's encoding/json `maxNestingDepth`: 10000 arrays and objects may stand inside each other. */
export const MAX_JSON_DEPTH = 10_000;

/**
 * Longest text that is read, in UTF-16 units: 4 Mi, as for files; Docker's default profile has 20 thousand.
 * The limit is ours (Go has none); it keeps a hostile text from filling the memory with its tree.
 */
export const MAX_JSON_LENGTH = 4 * 1024 * 1024;

interface OpenArray {
  readonly kind: "array";
  readonly offset: number;
  readonly items: JsonValue[];
}

interface OpenObject {
  readonly kind: "object";
  readonly offset: number;
  readonly members: JsonMember[];
  key: string;
  keyOffset: number;
}

/**
 * Reads one JSON text by the rules of Go's encoding/json, which are those of RFC 8259 with a limit to
 * the nesting. Where Go is lenient (unpaired surrogates become U+FFFD) this is too. Anything else is
 * an error with the place, the character that stands there, what was expected, and a hint.
 *
 * The nesting is kept on a stack of our own: depth costs memory, never the call stack.
 */
export function readJson(text: string, file: string): JsonDocument {
  const placeAt = createLocator(text, file);
  if (text.length > MAX_JSON_LENGTH) {
    throw new SeccompSimError(
      "json-too-long",
      `the text has ${text.length} characters; at most ${MAX_JSON_LENGTH} are read`,
      { place: { file, line: 1, column: 1, offset: 0 } },
    );
  }
  const stack: (OpenArray | OpenObject)[] = [];
  let at = 0;

  const fail = (offset: number, expected: Expectation): SeccompSimError =>
    syntaxError({ text, offset, expected, open: stack.at(-1), placeAt });

  const skipSpace = (): number => {
    let code = text.charCodeAt(at);
    while (code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d) {
      code = text.charCodeAt(++at);
    }
    return code;
  };

  /** Reads the string whose opening quote stands here. */
  const readString = (): string => {
    PLAIN_STRING.lastIndex = at + 1;
    PLAIN_STRING.test(text);
    const end = PLAIN_STRING.lastIndex;
    if (text.charCodeAt(end) === 0x22) {
      const value = text.slice(at + 1, end);
      at = end + 1;
      return value;
    }
    const found = scanString(text, at, placeAt);
    at = found.end;
    return found.value;
  };

  const open = (container: OpenArray | OpenObject): void => {
    if (stack.length >= MAX_JSON_DEPTH) {
      throw new SeccompSimError(
        "json-too-deep",
        `arrays and objects are nested deeper than ${MAX_JSON_DEPTH} levels`,
        { place: placeAt(at), hint: "Go's JSON reader, and so Docker, stops here too" },
      );
    }
    stack.push(container);
    at++;
  };

  /** Reads `"key" :`, standing on the key's first character. */
  const readKey = (object: OpenObject, expected: Expectation): void => {
    if (skipSpace() !== 0x22) throw fail(at, expected);
    object.keyOffset = at;
    object.key = readString();
    if (skipSpace() !== 0x3a) throw fail(at, "colon");
    at++;
  };

  /** Reads a value that is complete at once, or opens a container and gives `undefined`. */
  const readValue = (expected: Expectation): JsonValue | undefined => {
    const code = skipSpace();
    const offset = at;
    if (code === 0x22) return { kind: "string", offset, value: readString() };
    if (code === 0x7b) {
      const object: OpenObject = { kind: "object", offset, members: [], key: "", keyOffset: 0 };
      open(object);
      if (skipSpace() === 0x7d) return close();
      readKey(object, "first-key");
      return undefined;
    }
    if (code === 0x5b) {
      open({ kind: "array", offset, items: [] });
      return skipSpace() === 0x5d ? close() : undefined;
    }
    if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      at = scanNumber(text, at, placeAt);
      return { kind: "number", offset, literal: text.slice(offset, at) };
    }
    if (text.startsWith("true", at)) return word(4, { kind: "boolean", offset, value: true });
    if (text.startsWith("false", at)) return word(5, { kind: "boolean", offset, value: false });
    if (text.startsWith("null", at)) return word(4, { kind: "null", offset });
    throw fail(at, expected);
  };

  const word = (length: number, value: JsonValue): JsonValue => {
    at += length;
    return value;
  };

  const close = (): JsonValue => {
    at++;
    const container = stack.pop() as OpenArray | OpenObject;
    return container.kind === "array"
      ? { kind: "array", offset: container.offset, items: container.items }
      : { kind: "object", offset: container.offset, members: container.members };
  };

  let value = readValue("document");
  for (;;) {
    if (value === undefined) {
      const fresh = stack.at(-1);
      const first = fresh?.kind === "array" && fresh.items.length === 0;
      value = readValue(first ? "first-item" : "value");
      continue;
    }
    const container = stack.at(-1);
    if (container === undefined) break;
    if (container.kind === "array") {
      container.items.push(value);
      const code = skipSpace();
      if (code === 0x5d) {
        value = close();
      } else {
        if (code !== 0x2c) throw fail(at, "array-comma");
        at++;
        if (skipSpace() === 0x5d) throw fail(at, "value-after-comma");
        value = readValue("value-after-comma");
      }
    } else {
      container.members.push({ key: container.key, keyOffset: container.keyOffset, value });
      const code = skipSpace();
      if (code === 0x7d) {
        value = close();
      } else {
        if (code !== 0x2c) throw fail(at, "object-comma");
        at++;
        readKey(container, "key-after-comma");
        value = undefined;
      }
    }
  }
  skipSpace();
  if (at < text.length) throw fail(at, "end");
  return { root: value, placeAt };
}
