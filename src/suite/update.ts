import { isAlias, isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";
import { type Place, placed, SeccompSimError } from "../errors.js";
import type { Path } from "./document.js";

/** What a case is to expect from now on. */
export interface Recording {
  /** Where the case stands in the document: `["cases", 3]`. */
  readonly path: Path;
  /** For complaints. */
  readonly place?: Place | undefined;
  /** Words as `parseExpectation` reads them; several: any of them. */
  readonly words: readonly string[];
}

/** A stretch of the text and what takes its place. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * The suite's text (YAML or JSON) with these expectations in it. Nothing else is touched: comments, order
 * and spacing stay as they are. Throws SeccompSimError `shared-expectation` where other cases would change too.
 */
export function recordExpectations(text: string, recordings: readonly Recording[]): string {
  const doc = parseDocument(text, { intAsBigInt: true });
  const edits = recordings.map(({ path, place, words }) =>
    placed(place, () => {
      const node = doc.getIn(path, true);
      if (isAlias(node)) throw shared(`the case is another one's, by *${node.source}`);
      if (!isMap(node)) throw new Error(`no case at ${path.join(".")}`);
      return editOf(node, words, text);
    }),
  );
  return applyEdits(text, edits);
}

function editOf(node: YAMLMap, words: readonly string[], text: string): Edit {
  const pairOf = (key: string): Pair | undefined =>
    node.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
  const expect = pairOf("expect");
  const neighbour = expect ?? pairOf("record");
  const key = isScalar(neighbour?.key) ? neighbour.key : undefined;
  const at = key?.range?.[0];
  if (key === undefined || at === undefined) {
    // The case takes `record` from a place that it shares with others (`<<`).
    throw shared("the case takes its keys from another one");
  }
  const quote = key.type === "QUOTE_DOUBLE" ? '"' : "";
  const value = listed(words.map((word) => quote + word + quote));
  if (expect === undefined) {
    const separator = node.flow ? ", " : `\n${" ".repeat(columnOf(text, at))}`;
    return { from: at, to: at, text: `${quote}expect${quote}: ${value}${separator}` };
  }
  const old = expect.value as { range?: [number, number, number] | null; anchor?: string } | null;
  if (old?.anchor !== undefined) throw shared(`others use its expectation by *${old.anchor}`);
  const [from, end] = old?.range ?? [key.range?.[1] ?? at, key.range?.[1] ?? at];
  const written = text.slice(from, end).trimEnd();
  // A key without a value ends in its colon.
  return { from, to: from + written.length, text: written === "" ? ` ${value}` : value };
}

function listed(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? "") : `[${words.join(", ")}]`;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

function shared(why: string): SeccompSimError {
  return new SeccompSimError("shared-expectation", `cannot record a verdict here: ${why}`, {
    hint: "write the case's own expectation out",
  });
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  let out = text;
  for (const { from, to, text: part } of [...edits].sort((a, b) => b.from - a.from)) {
    out = out.slice(0, from) + part + out.slice(to);
  }
  return out;
}
