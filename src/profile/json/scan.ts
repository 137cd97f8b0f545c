import { type Place, SeccompSimError } from "../../errors.js";
import { describeCharacter, findTypographicQuote } from "./character.js";
import { TYPOGRAPHIC_HINT } from "./syntax-error.js";

type Locator = (offset: number) => Place;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

const SURROGATE = /[\ud800-\udfff]/;
/** With the `u` flag only unpaired surrogates match. */
const UNPAIRED_SURROGATE = /[\ud800-\udfff]/gu;

/**
 * Characters of a string that stand for themselves; unpaired surrogates do not. Most of a text, so they are
 * found by the engine's own loop.
 */
export const PLAIN_STRING = /[ !#-[\]-\ud7ff\ue000-\uffff]*/y;

/** Reads the string whose opening quote stands at `start`; `end` is behind its closing one. */
export function scanString(
  text: string,
  start: number,
  placeAt: Locator,
): { readonly value: string; readonly end: number } {
  let value = "";
  let from = start + 1;
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      value += text.slice(from, at);
      // Go replaces unpaired surrogates, escaped or not, as it does with invalid UTF-8.
      if (SURROGATE.test(value)) value = value.replace(UNPAIRED_SURROGATE, "\ufffd");
      return { value, end: at + 1 };
    }
    if (code === 0x5c) {
      const escaped = readEscape(text, at, placeAt);
      value += text.slice(from, at) + escaped.value;
      from = escaped.end;
      at = from - 1;
    } else if (!(code >= 0x20)) {
      // NaN: the end of the text.
      throw brokenString(text, start, at, placeAt);
    }
  }
}

function readEscape(
  text: string,
  at: number,
  placeAt: Locator,
): { readonly value: string; readonly end: number } {
  const letter = text.charAt(at + 1);
  const simple = Object.hasOwn(SIMPLE_ESCAPES, letter) ? SIMPLE_ESCAPES[letter] : undefined;
  if (simple !== undefined) return { value: simple, end: at + 2 };
  if (letter === "u") {
    const digits = text.slice(at + 2, at + 6);
    if (/^[0-9a-fA-F]{4}$/.test(digits)) {
      return { value: String.fromCharCode(Number.parseInt(digits, 16)), end: at + 6 };
    }
    throw new SeccompSimError("json-syntax", "\\u must be followed by four hexadecimal digits", {
      place: placeAt(at),
    });
  }
  const what = letter === "" ? "the end of the text" : describeCharacter(characterAt(text, at + 1));
  throw new SeccompSimError("json-syntax", `${what} cannot follow a backslash in a JSON string`, {
    place: placeAt(at),
    hint: 'a backslash itself is written \\\\; the escapes are \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX',
  });
}

function brokenString(text: string, start: number, at: number, placeAt: Locator): SeccompSimError {
  const opened = placeAt(start);
  const typographic = findTypographicQuote(text.slice(start, at)) !== undefined;
  const where = `the string that began at line ${opened.line}, column ${opened.column}`;
  if (at >= text.length) {
    return new SeccompSimError("json-syntax", `the text ends inside ${where}`, {
      place: placeAt(at),
      hint: typographic ? TYPOGRAPHIC_HINT : 'a closing " is missing',
    });
  }
  const character = text.charAt(at);
  const lineEnd = character === "\n" || character === "\r";
  return new SeccompSimError(
    "json-syntax",
    `found ${describeCharacter(character)} inside ${where}; a control character cannot stand in a JSON string`,
    {
      place: placeAt(at),
      hint: typographic
        ? TYPOGRAPHIC_HINT
        : lineEnd
          ? 'a closing " is missing, or the line break is to be written \\n'
          : `write it as \\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    },
  );
}

/** The end of the number that starts at `start`: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` */
export function scanNumber(text: string, start: number, placeAt: Locator): number {
  let at = start;
  const digits = (after: string): void => {
    if (!isDigit(text.charCodeAt(at))) {
      const what =
        at >= text.length ? "the end of the text" : describeCharacter(characterAt(text, at));
      throw new SeccompSimError("json-syntax", `found ${what} where a digit is expected ${after}`, {
        place: placeAt(at),
      });
    }
    while (isDigit(text.charCodeAt(at))) at++;
  };
  if (text.charCodeAt(at) === 0x2d) at++;
  if (text.charCodeAt(at) === 0x30) {
    at++;
    const next = text.charAt(at);
    if (next !== "" && "0123456789xXoObB_".includes(next)) {
      throw new SeccompSimError(
        "json-syntax",
        `found ${describeCharacter(next)} after a leading 0; JSON numbers are plain decimal`,
        { place: placeAt(at), hint: numberHint(text.slice(start, start + 24)) },
      );
    }
  } else {
    digits("after '-'");
  }
  if (text.charCodeAt(at) === 0x2e) {
    at++;
    digits("after '.'");
  }
  const exponent = text.charCodeAt(at);
  if (exponent === 0x65 || exponent === 0x45) {
    at++;
    const sign = text.charCodeAt(at);
    if (sign === 0x2b || sign === 0x2d) at++;
    digits("in the exponent");
  }
  return at;
}

/** What a hexadecimal, octal or binary literal is in decimal. */
function numberHint(rest: string): string {
  const literal = /^(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]+)(?![\w.])/.exec(rest)?.[0];
  if (literal === undefined) return "write the number in decimal, without leading zeros";
  const c = /^0[0-7]/.test(literal) ? `0o${literal}` : literal;
  const octal = c === literal ? "" : " (if it is meant as octal, as in C)";
  return `write ${BigInt(c)} instead of ${literal}${octal}`;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The whole character at an offset, surrogate pairs together. */
export function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0xfffd);
}
