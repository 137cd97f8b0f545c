import type { EditorState } from "@codemirror/state";
import type { Place } from "../../errors.js";

/** The offset of a place in the editor's text, which counts every line break as one character. */
export function offsetOf({ doc }: EditorState, { line, column }: Place): number {
  const found = doc.line(Math.max(1, Math.min(line, doc.lines)));
  return Math.min(found.from + column - 1, found.to);
}

/** The characters that a complaint at an offset is about: the text in quotes, the word, or one character. */
export function extentOf(state: EditorState, from: number): { from: number; to: number } {
  const line = state.doc.lineAt(from);
  const rest = line.text.slice(from - line.from);
  const token = /^(?:"(?:\\.|[^"\\])*"?|'[^']*'?|[\w.$-]+|.)/.exec(rest)?.[0] ?? "";
  if (token !== "") return { from, to: from + token.length };
  // At the end of a line: what stands before it.
  const at = line.from + line.text.trimEnd().length;
  return at > line.from ? { from: at - 1, to: at } : { from: line.from, to: line.to };
}

/** What an entry of the profile spans: from its place to the bracket that closes it. */
export function entryExtent(state: EditorState, from: number): { from: number; to: number } {
  const { doc } = state;
  const text = doc.sliceString(from, Math.min(doc.length, from + 200_000));
  if (text[0] !== "{" && text[0] !== "[") return extentOf(state, from);
  let depth = 0;
  for (const match of text.matchAll(/"(?:\\.|[^"\\])*"?|[{}[\]]/g)) {
    const [token] = match;
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    if (depth === 0) return { from, to: from + match.index + token.length };
  }
  return extentOf(state, from);
}
