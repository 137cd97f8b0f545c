import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { type Place, SeccompSimError, type Warning } from "../errors.js";

/** Suites are hand-written files; beyond this it is something else, or `each` and ranges say it shorter. */
const MAX_NODES = 1_000_000;
export const MAX_DEPTH = 32;
export const MAX_CHARACTERS = 2 * 1024 * 1024;

/** A path in the document: `["cases", 3, "expect"]`. */
export type Path = readonly (string | number)[];

/** A YAML (or JSON) document as plain data, and where each part of it stands. */
export interface SuiteDocument {
  readonly file: string;
  readonly data: unknown;
  /** What may not be meant as it is written. */
  readonly warnings: readonly Warning[];
  /** The place of the value at `path`, or of the nearest part around it. */
  placeOf(path: Path): Place;
  /** The place of the key that `path` ends in. */
  placeOfKey(path: Path): Place;
  /** The place of an offset in the text. */
  placeAt(offset: number): Place;
  /** The scalar at `path` as it is written: `6.10` is not the number 6.1. */
  sourceOf(path: Path): string | undefined;
}

/** Reads YAML 1.2 with merge keys; every complaint names its line. Aliases are followed within a budget. */
export function readDocument(text: string, file: string): SuiteDocument {
  if (text.length > MAX_CHARACTERS) throw tooLarge(file);
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), offset };
  };
  const doc = parse(text, lines, placeAt);
  const plain = new Plain(doc, placeAt);
  const data = plain.read();
  let last: { readonly path: Path; readonly place: Place } | undefined;
  return {
    file,
    data,
    warnings: plain.warnings,
    placeAt,
    placeOf(path) {
      // Several parts of a row ask for its place, one after the other.
      if (path !== last?.path) last = { path, place: placeAt(plain.find(path).offset) };
      return last.place;
    },
    placeOfKey: (path) => placeAt(plain.find(path).keyOffset),
    sourceOf: (path) => {
      const { node, rest } = plain.find(path);
      return rest === 0 && isScalar(node) ? node.source : undefined;
    },
  };
}

export function tooLarge(file: string): SeccompSimError {
  return new SeccompSimError("too-large", `${file} is larger than 2 MiB, too large for a suite`);
}

function parse(text: string, lines: LineCounter, place: (offset: number) => Place): Document {
  let doc: Document;
  try {
    // Keys are checked below: the parser compares each with all others.
    const options = { intAsBigInt: true, prettyErrors: false, uniqueKeys: false };
    doc = parseDocument(text, { ...options, lineCounter: lines });
  } catch (cause) {
    // The parser recurses; what it cannot hold is no suite.
    throw new SeccompSimError("suite-syntax", "the file is nested too deeply", {
      place: place(0),
      cause,
    });
  }
  const problem = doc.errors[0] ?? doc.warnings[0];
  if (problem) {
    const message = MESSAGES[problem.code] ?? problem.message.split("\n", 1)[0] ?? "";
    throw new SeccompSimError("suite-syntax", message, {
      place: place(problem.pos[0]),
      hint: message.startsWith("Flow")
        ? commentHint(text.slice(0, problem.pos[0]))
        : quotesHint(text, problem.pos[0]),
    });
  }
  return doc;
}

/** Where the parser's own words would not help the user. */
const MESSAGES: Readonly<Record<string, string>> = {
  RESOURCE_EXHAUSTION: "the file is nested too deeply",
  MULTIPLE_DOCS: "a suite is one document, but another one begins here",
  BLOCK_AS_IMPLICIT_KEY:
    'this value has ": " in it, which must be quoted, or the next line is indented too far',
};

/** For what is not closed: a comment in the middle of a line may hide it. */
function commentHint(before: string): string | undefined {
  return /\S[^\n]*\s#/.test(before)
    ? "# begins a comment, which may hide what closes it: quote a call that has one"
    : undefined;
}

function quotesHint(text: string, offset: number): string | undefined {
  const character = text.charAt(offset);
  switch (character) {
    case "{":
      return text.charAt(offset - 1) === "$"
        ? `inside { } and [ ] a brace begins a map: quote a text that has one, as in "\${x}"`
        : undefined;
    case "*":
      return 'YAML takes * for an alias: quote it, as in "read(*)"';
    case "!":
      return 'YAML takes ! for a tag: quote it, as in "!mount"';
    case "@":
      return 'YAML reserves @: quote it, as in "@file-system"';
  }
  if (!/[\u2018-\u201f]/.test(character)) return undefined;
  return `${character} is a typographic quote; type a straight one (")`;
}

/** A part of the document: its node, where it stands, and how much of a path was not found. */
interface Found {
  readonly node: unknown;
  readonly offset: number;
  readonly keyOffset: number;
  readonly rest: number;
}

/** Turns the nodes into plain data, and finds where each stood. */
class Plain {
  readonly warnings: Warning[] = [];
  private nodes = 0;
  /** Anchors seen so far: an alias means the nearest one before it. */
  private readonly anchors = new Map<string, unknown>();
  private readonly targets = new Map<Alias, unknown>();

  constructor(
    private readonly doc: Document,
    private readonly place: (offset: number) => Place,
  ) {}

  read(): unknown {
    return this.value(this.doc.contents, 0, 0);
  }

  find(path: Path): Found {
    let node: unknown = this.doc.contents;
    let offset = offsetOf(node) ?? 0;
    let keyOffset = 0;
    for (let i = 0; i < path.length; i++) {
      const step = path[i] as Path[number];
      const at = this.resolved(node);
      if (isSeq(at) && typeof step === "number" && step < at.items.length) {
        node = at.items[step];
        keyOffset = offset;
      } else {
        const pair = isMap(at) ? this.pairOf(at, String(step)) : undefined;
        if (pair === undefined) return { node, offset, keyOffset, rest: path.length - i };
        node = pair.value;
        keyOffset = offsetOf(pair.key) ?? offset;
      }
      offset = offsetOf(node) ?? keyOffset;
    }
    return { node: this.resolved(node), offset, keyOffset, rest: 0 };
  }

  private resolved(node: unknown): unknown {
    return isAlias(node) ? this.targets.get(node) : node;
  }

  /** A key of the map itself, else of those that are merged into it. */
  private pairOf(map: YAMLMap, key: string): Pair | undefined {
    const own = map.items.find((pair) => !isMerge(pair) && keyName(pair.key) === key);
    if (own !== undefined) return own;
    for (const pair of map.items.filter(isMerge)) {
      for (const other of this.mergedMaps(pair)) {
        const found = this.pairOf(other, key);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  private mergedMaps({ value }: Pair): YAMLMap[] {
    const merged = this.resolved(value);
    const maps = isSeq(merged) ? merged.items.map((item) => this.resolved(item)) : [merged];
    return maps.filter((one) => isMap(one));
  }

  private value(node: unknown, depth: number, keyOffset: number): unknown {
    const offset = offsetOf(node) ?? keyOffset;
    if (++this.nodes > MAX_NODES) throw this.refuse("the suite has too many parts", offset);
    if (depth > MAX_DEPTH) throw this.refuse("the file is nested too deeply", offset);
    let target = node;
    if (isAlias(node)) {
      target = this.anchors.get(node.source);
      if (target === undefined) throw this.refuse(`no anchor &${node.source} before here`, offset);
      this.targets.set(node, target);
    }
    if (isScalar(target)) {
      if (target.anchor) this.anchors.set(target.anchor, target);
      return this.scalar(target, offset);
    }
    if (!isSeq(target) && !isMap(target)) return null;
    if (target.anchor) this.anchors.set(target.anchor, target);
    if (isMap(target)) return this.map(target, depth, offset);
    return target.items.map((item) => this.value(item, depth + 1, offset));
  }

  private scalar({ value, source }: Scalar, offset: number): unknown {
    if (typeof value === "bigint" && source !== undefined && /^[-+]?0[0-9]+$/.test(source)) {
      const octal = /^0[0-7]+$/.test(source) ? `0o${source.replace(/^0+(?=.)/, "")}` : undefined;
      this.warnings.push({
        code: "leading-zero",
        message: `${source} is the decimal number ${value} in YAML 1.2, whatever C makes of it`,
        place: this.place(offset),
        hint: `write ${octal === undefined ? "" : `${octal} for octal, or `}"${source}" in quotes to have it as it is`,
      });
    }
    return value;
  }

  private map(map: YAMLMap, depth: number, offset: number): Record<string, unknown> {
    const own = new Map<string, unknown>();
    const merged = new Map<string, unknown>();
    for (const pair of map.items) {
      const keyOffset = offsetOf(pair.key) ?? offset;
      const name = keyName(pair.key);
      if (name === undefined) throw this.refuse("a key must be a word", keyOffset);
      const value = this.value(pair.value, depth + 1, keyOffset);
      if (isMerge(pair)) {
        for (const one of Array.isArray(value) ? value : [value]) {
          if (typeof one !== "object" || one === null || Array.isArray(one)) {
            throw this.refuse("<< merges a map, or a list of maps", keyOffset, "as in <<: *anchor");
          }
          for (const [key, item] of Object.entries(one)) {
            if (!merged.has(key)) merged.set(key, item);
          }
        }
        continue;
      }
      if (own.has(name)) throw this.refuse(`the key "${name}" is given twice`, keyOffset);
      own.set(name, value);
    }
    return Object.fromEntries([...merged, ...own]);
  }

  private refuse(message: string, offset: number, hint?: string): SeccompSimError {
    return new SeccompSimError("suite-syntax", message, { place: this.place(offset), hint });
  }
}

function keyName(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
