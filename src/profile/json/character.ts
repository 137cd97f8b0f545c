/** Names of the characters that are found where JSON wants something else. */
const NAMES: Readonly<Record<string, string>> = {
  "\t": "tab",
  "\n": "line break",
  "\r": "carriage return",
  "\u00a0": "no-break space",
  "\u00ab": "left double angle quotation mark",
  "\u00b4": "acute accent",
  "\u00bb": "right double angle quotation mark",
  "\u2018": "left single quotation mark",
  "\u2019": "right single quotation mark",
  "\u201a": "single low-9 quotation mark",
  "\u201b": "single high-reversed-9 quotation mark",
  "\u201c": "left double quotation mark",
  "\u201d": "right double quotation mark",
  "\u201e": "double low-9 quotation mark",
  "\u201f": "double high-reversed-9 quotation mark",
  "\u2028": "line separator",
  "\u2029": "paragraph separator",
  "\u2032": "prime",
  "\u2033": "double prime",
  "\u2039": "left single angle quotation mark",
  "\u203a": "right single angle quotation mark",
  "\u200b": "zero width space",
  "\u3000": "ideographic space",
  "\ufeff": "byte order mark",
  "\uff02": "fullwidth quotation mark",
  "\ufffd": "replacement character, often a sign of another encoding than UTF-8",
};

/** Quotation marks that word processors and web pages put in the place of `"` and `'`. */
const TYPOGRAPHIC =
  /[\u00ab\u00b4\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u2039\u203a\uff02]/u;

/** Spaces of Unicode beyond JSON's blank, tab, LF and CR. */
const UNICODE_SPACE = /[\p{Z}\v\f\u0085\u200b]/u;

export function isTypographicQuote(character: string): boolean {
  return TYPOGRAPHIC.test(character);
}

/** The first typographic quotation mark of a text, if there is one. */
export function findTypographicQuote(text: string): string | undefined {
  return TYPOGRAPHIC.exec(text)?.[0];
}

export function isUnicodeSpace(character: string): boolean {
  return UNICODE_SPACE.test(character);
}

/** A character for a message: `'x'`, or with its code where the sight alone tells too little. */
export function describeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0x20 && code < 0x7f) return `'${character}'`;
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const name = NAMES[character];
  const visible = code > 0xa0 && !isUnicodeSpace(character) && character !== "\ufeff";
  const inside = name === undefined ? number : `${number}, ${name}`;
  if (visible && (code < 0xd800 || code > 0xdfff)) return `'${character}' (${inside})`;
  return name === undefined ? `the character ${number}` : `a ${name} (${number})`;
}
