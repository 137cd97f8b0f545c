import { type Place, SeccompSimError } from "../errors.js";

export interface Token {
  /** The empty text ends the file. */
  readonly text: string;
  readonly offset: number;
}

/** C's words and signs, one at a time, without comments and preprocessor lines. */
export class Tokens {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #next: Token | undefined;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  peek(): Token {
    this.#next ??= this.#read();
    return this.#next;
  }

  take(): Token {
    const token = this.peek();
    this.#next = undefined;
    return token;
  }

  /** Takes the next token if it is `text`. */
  accept(text: string): boolean {
    if (this.peek().text !== text) return false;
    this.#next = undefined;
    return true;
  }

  expect(text: string, where: string): void {
    if (!this.accept(text)) throw this.unexpected(`"${text}" is expected ${where}`);
  }

  /** Goes back to a token. */
  rewind(token: Token): void {
    this.#at = token.offset;
    this.#next = undefined;
  }

  unexpected(what: string, token = this.peek(), hint?: string): SeccompSimError {
    const found = token.text === "" ? "the end of the text" : `"${clip(token.text)}"`;
    return this.error("bad-c-array", `found ${found} where ${what}`, token, hint);
  }

  error(code: string, message: string, token: Token, hint?: string): SeccompSimError {
    return new SeccompSimError(code, message, { place: this.#place(token.offset), hint });
  }

  #place(offset: number): Place {
    const before = this.#text.slice(0, offset);
    const start = before.lastIndexOf("\n") + 1;
    let line = 1;
    for (let at = before.indexOf("\n"); at >= 0; at = before.indexOf("\n", at + 1)) line += 1;
    return { file: this.#file, line, column: offset - start + 1, offset };
  }

  #read(): Token {
    this.#at = skipBlank(this.#text, this.#at);
    const offset = this.#at;
    TOKEN.lastIndex = offset;
    const text = TOKEN.exec(this.#text)?.[0] ?? "";
    this.#at += text.length;
    return { text, offset };
  }
}

const TOKEN = /[\w]+|<<|->|[\s\S]/y;
const SPACE = /\s*/y;

/** Where the next word begins, behind blanks, comments, `#` lines. An open comment takes the rest. */
function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    const end = text.startsWith("/*", at)
      ? after(text, "*/", at + 2)
      : text.startsWith("//", at) || text[at] === "#"
        ? after(text, "\n", at)
        : at;
    if (end === at) return at;
    at = end;
  }
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

export function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
