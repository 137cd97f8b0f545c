/** How words are marked in text for people; the edge decides whether that means colour. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

const plain = (text: string): string => text;
const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;

export const PLAIN: Style = { good: plain, bad: plain, strong: plain, faint: plain };
export const ANSI: Style = {
  good: sgr(32, 39),
  bad: sgr(31, 39),
  strong: sgr(1, 22),
  faint: sgr(2, 22),
};

/**
 * Text that came from a file, made safe to print: control characters would let it move the cursor or
 * break the report's lines. What XML cannot hold at all (lone surrogates, U+FFFE, U+FFFF) is written
 * out as well.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\ufffe\uffff]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return `\\u${hex.padStart(4, "0")}`;
  });
}
