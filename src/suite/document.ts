import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { type Place, SeccompSimError } from "../errors.js";

/** Suites are small, hand-written files; beyond this it is something else. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 32;
const MAX_CHARACTERS = 1024 * 1024;

/** A path in the document: `["cases", 3, "expect"]`. */
export type Path = readonly (string | number)[];

/** A YAML (or JSON) document as plain data, and where each part of it stands. */
export interface SuiteDocument {
  readonly data: unknown;
  /** The place of the value at `path`, or of the nearest part around it. */
  placeOf(path: Path): Place;
  /** The place of the key that `path` ends in. */
  placeOfKey(path: Path): Place;
  /** The scalar at `path` as it is written: `6.10` is not the number 6.1. */
  sourceOf(path: Path): string | undefined;
}

interface Spot {
  readonly offset: number;
  readonly keyOffset: number;
  readonly source?: string | undefined;
}

/** Reads YAML 1.2; every complaint names its line. Aliases are followed within a budget. */
export function readDocument(text: string, file: string): SuiteDocument {
  if (text.length > MAX_CHARACTERS) {
    throw new SeccompSimError("too-large", `${file} is larger than 1 MiB, too large for a suite`);
  }
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), offset };
  };
  const doc = parse(text, lines, place);
  const spots = new Map<string, Spot>();
  const data = new Plain(doc, place, spots).read();
  const spotOf = (path: Path): Spot => {
    for (let length = path.length; length >= 0; length--) {
      const spot = spots.get(keyOf(path.slice(0, length)));
      if (spot) return spot;
    }
    return { offset: 0, keyOffset: 0 };
  };
  return {
    data,
    placeOf: (path) => place(spotOf(path).offset),
    placeOfKey: (path) => place(spotOf(path).keyOffset),
    sourceOf: (path) => spots.get(keyOf(path))?.source,
  };
}

function parse(text: string, lines: LineCounter, place: (offset: number) => Place): Document {
  let doc: Document;
  try {
    doc = parseDocument(text, { intAsBigInt: true, lineCounter: lines, prettyErrors: false });
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
      hint: quotesHint(text.charAt(problem.pos[0])),
    });
  }
  return doc;
}

/** Where the parser's own words would not help the user. */
const MESSAGES: Readonly<Record<string, string>> = {
  RESOURCE_EXHAUSTION: "the file is nested too deeply",
  MULTIPLE_DOCS: "a suite is one document, but another one begins here",
};

function quotesHint(character: string): string | undefined {
  if (!/[\u2018-\u201f]/.test(character)) return undefined;
  return `${character} is a typographic quote; type a straight one (")`;
}

const keyOf = (path: Path): string => JSON.stringify(path);

/** Turns the nodes into plain data, noting where each stood. */
class Plain {
  private nodes = 0;
  /** Anchors seen so far: an alias means the nearest one before it. */
  private readonly anchors = new Map<string, unknown>();

  constructor(
    private readonly doc: Document,
    private readonly place: (offset: number) => Place,
    private readonly spots: Map<string, Spot>,
  ) {}

  read(): unknown {
    return this.value(this.doc.contents, [], 0);
  }

  private value(node: unknown, path: Path, keyOffset: number): unknown {
    const offset = offsetOf(node) ?? keyOffset;
    if (++this.nodes > MAX_NODES) throw this.refuse("the suite has too many parts", offset);
    if (path.length > MAX_DEPTH) throw this.refuse("the file is nested too deeply", offset);
    const target = isAlias(node) ? this.anchors.get(node.source) : node;
    if (target === undefined) throw this.refuse(`no anchor &${aliasOf(node)} before here`, offset);
    if ((isScalar(target) || isSeq(target) || isMap(target)) && target.anchor) {
      this.anchors.set(target.anchor, target);
    }
    const source = isScalar(target) ? target.source : undefined;
    this.spots.set(keyOf(path), { offset, keyOffset, source });
    if (isScalar(target)) return target.value;
    if (isSeq(target)) {
      return target.items.map((item, i) => this.value(item, [...path, i], offset));
    }
    if (isMap(target)) return this.map(target, path, offset);
    return null;
  }

  private map(map: YAMLMap, path: Path, offset: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (const { key, value } of map.items) {
      const keyOffset = offsetOf(key) ?? offset;
      if (!isScalar(key)) throw this.refuse("a key must be a word", keyOffset);
      const name = typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
      entries.push([name, this.value(value, [...path, name], keyOffset)]);
    }
    return Object.fromEntries(entries);
  }

  private refuse(message: string, offset: number): SeccompSimError {
    return new SeccompSimError("suite-syntax", message, { place: this.place(offset) });
  }
}

function aliasOf(node: unknown): string {
  return isAlias(node) ? node.source : "";
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
