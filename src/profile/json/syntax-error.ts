import { type Place, SeccompSimError } from "../../errors.js";
import {
  describeCharacter,
  findTypographicQuote,
  isTypographicQuote,
  isUnicodeSpace,
} from "./character.js";

/** What the reader wanted where it stopped. */
export type Expectation =
  | "document"
  | "value"
  | "first-item"
  | "value-after-comma"
  | "first-key"
  | "key-after-comma"
  | "colon"
  | "array-comma"
  | "object-comma"
  | "end";

export const TYPOGRAPHIC_HINT =
  "typographic quotation marks are the cause (word processors and web pages put them in); " +
  'type the straight double quote " (U+0022) instead of each of them';

const EXPECTED: Readonly<Record<Expectation, string>> = {
  document: "a JSON value is expected",
  value: "a value is expected",
  "first-item": "a value or ] is expected",
  "value-after-comma": "a value is expected after the comma",
  "first-key": 'a key in straight double quotes (") or } is expected',
  "key-after-comma": 'a key in straight double quotes (") is expected after the comma',
  colon: "a colon is expected after the key",
  "array-comma": "a comma or ] is expected after the array's element",
  "object-comma": "a comma or } is expected after the value",
  end: "nothing more is expected after the JSON value",
};

interface Stop {
  readonly text: string;
  readonly offset: number;
  readonly expected: Expectation;
  /** The innermost array or object that is still open. */
  readonly open: { readonly kind: "array" | "object"; readonly offset: number } | undefined;
  placeAt(offset: number): Place;
}

/** The complaint for a text that stops being JSON at `offset`. */
export function syntaxError(stop: Stop): SeccompSimError {
  const { text, offset, expected } = stop;
  const place = stop.placeAt(offset);
  if (offset >= text.length) return endOfText(stop, place);
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0xfffd);
  const message = `found ${describeCharacter(character)} where ${EXPECTED[expected]}`;
  return new SeccompSimError("json-syntax", message, { place, hint: hintFor(stop, character) });
}

function endOfText(stop: Stop, place: Place): SeccompSimError {
  if (stop.expected === "document") {
    const blank = stop.text.length === 0 ? "empty" : "blank";
    return new SeccompSimError("json-empty", `the text is ${blank}; a JSON value is expected`, {
      place,
    });
  }
  const { open } = stop;
  const inside = open === undefined ? "" : ` inside the ${open.kind} that began at ${at(stop)}`;
  const missing = open?.kind === "array" ? "]" : "}";
  return new SeccompSimError(
    "json-syntax",
    `the text ends${inside}, where ${EXPECTED[stop.expected]}`,
    { place, hint: `the file may be cut off, or a closing ${missing} is missing` },
  );
}

function at(stop: Stop): string {
  const place = stop.placeAt(stop.open?.offset ?? 0);
  return `line ${place.line}, column ${place.column}`;
}

/** Words of other languages that stand for JSON's. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  None: "null",
  nil: "null",
  undefined: "null",
  True: "true",
  TRUE: "true",
  False: "false",
  FALSE: "false",
  Null: "null",
  NULL: "null",
};

function hintFor(stop: Stop, character: string): string | undefined {
  const { text, offset, expected } = stop;
  if (isTypographicQuote(character)) return TYPOGRAPHIC_HINT;
  if (character === "\ufeff") return "save the file as UTF-8 without a byte order mark (BOM)";
  if (character === "\u0000" && text.charCodeAt(offset + 2) === 0) return "save the file as UTF-8";
  if (isUnicodeSpace(character)) return "type an ordinary blank instead";
  if (text.startsWith("//", offset) || text.startsWith("/*", offset) || character === "#") {
    return 'JSON has no comments; leave it out, or keep the text in a "comment" key of the entry';
  }
  // A string that ends with a typographic quote runs on to the next straight one.
  const before = text.slice(Math.max(0, offset - 200), offset);
  if (/"[^"]*"\s*$/.test(before) && findTypographicQuote(/"[^"]*"\s*$/.exec(before)?.[0] ?? "")) {
    return TYPOGRAPHIC_HINT;
  }
  if ((character === "}" || character === "]") && /,\s*$/.test(before)) {
    return "JSON has no trailing commas; take out the comma before it";
  }
  if (character === "'") return "JSON strings stand in double quotes: type \" instead of '";
  if (character === "`") return 'JSON strings stand in double quotes: type " instead of `';
  if (expected === "colon" && character === "=") return "type : instead of =";
  if (expected === "array-comma" || expected === "object-comma") {
    if (/["{[0-9tfn-]/.test(character)) return "a comma may be missing before it";
    if (character === "}" || character === "]") return "the brackets do not match";
    return undefined;
  }
  const word = /^[A-Za-z_$][\w$]{0,63}/.exec(text.slice(offset, offset + 64))?.[0];
  if (expected === "first-key" || expected === "key-after-comma") {
    return word === undefined ? undefined : `put the key in double quotes: "${word}"`;
  }
  if (expected === "end") return "one file holds one JSON value";
  if (character === ",")
    return "a value is missing before the comma, or there is one comma too many";
  if (word !== undefined) {
    const json = Object.hasOwn(OTHER_WORDS, word) ? OTHER_WORDS[word] : undefined;
    return json === undefined ? `put text in double quotes: "${word}"` : `JSON writes ${json}`;
  }
  if (character === "+" || character === ".") return "a number starts with a digit or -";
  return undefined;
}
