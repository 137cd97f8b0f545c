import { SeccompSimError } from "../errors.js";

const BEYOND = 1n << 64n;

/** A piece of a call: what was written, where, and what it is. */
export type Term =
  /** `value` is below 0 where it was written so (-1, ~022): its width is that of the register. */
  | { readonly kind: "number"; readonly value: bigint; readonly at: number }
  | { readonly kind: "name"; readonly name: string; readonly at: number; readonly not: boolean }
  | { readonly kind: "pointer"; readonly what: string; readonly at: number };

/** Terms that are joined by `|`, from the first alone or up to another sum; `any` = `*`. */
export type Choice =
  | { readonly kind: "any"; readonly at: number }
  | {
      readonly kind: "sum";
      readonly at: number;
      /** `!` in front: every value but these. */
      readonly not: boolean;
      readonly terms: readonly Term[];
      /** Behind `..`: the last value of a range. */
      readonly to: readonly Term[] | undefined;
    };

export interface WrittenArgument {
  readonly at: number;
  /** `name=` in front, as strace writes it for clone. */
  readonly name: string | undefined;
  /** What `||` divides; a call has one choice, a pattern may have more. */
  readonly choices: readonly Choice[];
}

/** What a pattern may name besides: numbers `0..350`, a set `@file-system`. */
export type WrittenCallee =
  | string
  | bigint
  | { readonly low: bigint; readonly high: bigint }
  | { readonly set: string };

export interface WrittenCall {
  readonly at: number;
  /** A name, or the number of `#435`. */
  readonly callee: string | bigint;
  readonly args: readonly WrittenArgument[];
}

export interface WrittenPattern extends Omit<WrittenCall, "callee"> {
  readonly callee: WrittenCallee;
  /** `!` in front: calls that are taken away. */
  readonly not: boolean;
  /** `...` as the last argument: those that are left may be anything. */
  readonly rest: boolean;
}

/** An error at an offset of the call's own text. */
export function callError(text: string, at: number, code: string, message: string, hint?: string) {
  const before = text.slice(0, at);
  const line = before.split("\n").length;
  const column = at - (before.lastIndexOf("\n") + 1) + 1;
  return new SeccompSimError(code, message, {
    place: { file: "call", line, column, offset: at },
    hint,
  });
}

/** What the user wrote, short enough for a message. */
export function quote(word: string): string {
  return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);
}

/** Reads the text of one call; knows spelling, not meaning. No recursion: nesting is counted. */
export function readCall(text: string): WrittenCall {
  return new CallReader(text, false).call() as WrittenCall;
}

/** Reads the text of many calls: a call with `*`, `lo..hi`, `!X`, `A || B`, `...`, sets and numbers. */
export function readPattern(text: string): WrittenPattern {
  return new CallReader(text, true).call();
}

class CallReader {
  private at = 0;
  private rest = false;

  /** @param patterns whether one text may stand for many calls */
  constructor(
    private readonly text: string,
    private readonly patterns: boolean,
  ) {}

  call(): WrittenPattern {
    this.space();
    const not = this.patterns && this.skip("!");
    this.space();
    const at = this.at;
    const callee = this.callee();
    this.space();
    const args = this.peek() === "(" ? this.args() : [];
    this.space();
    if (this.peek() !== "") this.fail("unexpected text after the call");
    return { at, not, callee, args, rest: this.rest };
  }

  private callee(): WrittenCallee {
    const numbered = this.skip("#");
    if (numbered || (this.patterns && /[0-9-]/.test(this.peek()))) {
      const low = this.signed();
      this.space();
      if (!this.patterns || !this.skip("..")) return low;
      this.space();
      this.skip("#");
      return { low, high: this.signed() };
    }
    if (this.patterns && this.skip("@")) {
      const at = this.at;
      const set = this.match(/[A-Za-z0-9][A-Za-z0-9.-]*/y);
      if (set === "") this.fail("expected the name of a set after @", "syntax", at - 1);
      return { set: `@${set}` };
    }
    const at = this.at;
    const name = this.word();
    if (name === "") this.fail("expected the name of a system call or #number", "syntax", at);
    const raw = /^syscall_(0x[0-9a-f]+)$/.exec(name);
    return raw?.[1] === undefined ? name : BigInt.asUintN(64, BigInt(raw[1].slice(0, 18)));
  }

  private args(): WrittenArgument[] {
    const args: WrittenArgument[] = [];
    this.at++;
    this.space();
    if (this.peek() === ")") {
      this.at++;
      return args;
    }
    for (;;) {
      this.space();
      if (this.patterns && this.skip("...")) {
        this.rest = true;
        this.space();
        if (!this.skip(")")) this.fail("... stands for all arguments that are left: expected )");
        return args;
      }
      args.push(this.argument());
      this.space();
      const next = this.peek();
      if (next === ",") this.at++;
      else if (next === ")") {
        this.at++;
        return args;
      } else this.fail(next === "" ? "the call has no closing )" : "expected , or )");
    }
  }

  private argument(): WrittenArgument {
    this.space();
    const at = this.at;
    const named = /([A-Za-z_]\w*)\s*=/y;
    named.lastIndex = at;
    const name = named.exec(this.text)?.[1];
    if (name !== undefined) this.at = named.lastIndex;
    const choices = [this.choice()];
    for (this.space(); this.patterns && this.skip("||"); this.space()) choices.push(this.choice());
    return { at, name, choices };
  }

  private choice(): Choice {
    this.space();
    const at = this.at;
    if (this.patterns && this.skip("*")) return { kind: "any", at };
    const not = this.patterns && this.skip("!");
    const terms = this.terms();
    const to = this.patterns && this.skip("..") ? this.terms() : undefined;
    return { kind: "sum", at, not, terms, to };
  }

  private terms(): Term[] {
    const terms = [this.term()];
    for (this.space(); this.peek() === "|"; this.space()) {
      if (this.patterns && this.text.startsWith("||", this.at)) break;
      this.at++;
      const term = this.term();
      if (term.kind === "pointer" || terms[0]?.kind === "pointer") {
        this.fail("text, structures and arrays cannot be combined with |", "syntax", term.at);
      }
      terms.push(term);
    }
    return terms;
  }

  private term(): Term {
    this.space();
    const at = this.at;
    const next = this.peek();
    if (next === '"') return this.string();
    if (next === "{" || next === "[") return this.nested();
    if (next === "~") {
      this.at++;
      this.space();
      if (this.peek() === "[") return this.nested();
      if (/[0-9]/.test(this.peek())) {
        return { kind: "number", value: BigInt.asIntN(64, ~this.unsigned()), at };
      }
      return { kind: "name", name: this.name(), at, not: true };
    }
    if (/[0-9-]/.test(next)) {
      return { kind: "number", value: this.signed(), at };
    }
    const name = this.name();
    return name === "NULL"
      ? { kind: "number", value: 0n, at }
      : { kind: "name", name, at, not: false };
  }

  private name(): string {
    const at = this.at;
    const name = this.word();
    if (name === "") this.fail("expected a value", "syntax", at);
    if (this.peek() === "(") this.fail(`${quote(name)} is not a constant`, "syntax", at);
    return name;
  }

  private signed(): bigint {
    const at = this.at;
    if (this.peek() !== "-") return this.unsigned();
    this.at++;
    const value = this.unsigned();
    if (value > BEYOND / 2n) this.fail("number below -2^63", "number-range", at);
    return -value;
  }

  private unsigned(): bigint {
    const at = this.at;
    const token = /[0-9]\w*/y;
    token.lastIndex = at;
    const word = token.exec(this.text)?.[0];
    if (word === undefined) this.fail("expected a number");
    this.at = token.lastIndex;
    const [, prefix = "", digits = ""] =
      /^(0[xX](?=[0-9a-fA-F]+$)|0[oO](?=[0-7]+$)|0(?=[0-7]+$)|(?=[0-9]+$)(?!0.))(.*)$/.exec(word) ??
      [];
    if (digits === "") {
      const hint = /^0[0-9]+$/.test(word) ? "a leading 0 means octal, as in C" : undefined;
      this.fail(`${quote(word)} is not a number`, "number-syntax", at, hint);
    }
    const significant = digits.replace(/^0+/, "");
    const radix = prefix.length === 2 && /x/i.test(prefix) ? "0x" : prefix === "" ? "" : "0o";
    // 22 octal digits hold 64 bits: longer ones are not even converted.
    const value = significant.length > 22 ? BEYOND : BigInt(radix + (significant || "0"));
    if (value >= BEYOND) this.fail(`${quote(word)} needs more than 64 bits`, "number-range", at);
    return value;
  }

  private string(): Term {
    const at = this.at;
    this.skipString();
    if (this.text.startsWith("...", this.at)) this.at += 3;
    return { kind: "pointer", what: "text", at };
  }

  private skipString(): void {
    const at = this.at;
    for (this.at++; this.peek() !== '"'; this.at++) {
      if (this.peek() === "") this.fail("the text has no closing quote", "syntax", at);
      if (this.peek() === "\\") this.at++;
    }
    this.at++;
  }

  private nested(): Term {
    const at = this.at;
    const what = this.peek() === "{" ? "a structure" : "an array";
    const open: string[] = [];
    do {
      const next = this.peek();
      if (next === '"') {
        this.skipString();
        continue;
      }
      if (next === "") this.fail(`${what} is not closed`, "syntax", at);
      if (next === "{") open.push("}");
      else if (next === "[") open.push("]");
      else if ((next === "}" || next === "]") && open.pop() !== next) {
        this.fail(`unexpected ${next}`);
      }
      this.at++;
    } while (open.length > 0);
    return { kind: "pointer", what, at };
  }

  private word(): string {
    return this.match(/[A-Za-z_]\w*/y);
  }

  /** What a sticky expression finds here, "" for nothing. */
  private match(token: RegExp): string {
    token.lastIndex = this.at;
    const found = token.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  private skip(sign: string): boolean {
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  /** Blanks and C comments, which strace's verbose form has. */
  private space(): void {
    for (;;) {
      while (/\s/.test(this.peek())) this.at++;
      if (!this.text.startsWith("/*", this.at)) return;
      const end = this.text.indexOf("*/", this.at + 2);
      if (end < 0) this.fail("the comment is not closed");
      this.at = end + 2;
    }
  }

  private peek(): string {
    return this.text.charAt(this.at);
  }

  private fail(message: string, code = "syntax", at = this.at, hint?: string): never {
    throw callError(this.text, at, `call-${code}`, message, hint);
  }
}
