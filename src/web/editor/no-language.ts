/**
 * What the editor's commands and completion ask of `@codemirror/language`, for a text without a syntax
 * tree: the page colours profiles token by token, so the parsers and their trees (a tenth of an
 * editor) stay out of it. The build puts this file in the package's place.
 */
import type { EditorState } from "@codemirror/state";

const UNIT = "  ";

const node = {
  name: "",
  from: 0,
  to: 0,
  parent: null,
  lastChild: null,
  type: { name: "", isError: false, prop: () => undefined },
  childBefore: () => null,
  childAfter: () => null,
  resolve: () => node,
  resolveInner: () => node,
};

export const syntaxTree = (): typeof node => node;
export const matchBrackets = (): null => null;
export const getIndentUnit = (): number => UNIT.length;
export const indentString = (_: EditorState, columns: number): string => " ".repeat(columns);
/** `null`: a new line begins where the one before began. */
export const getIndentation = (): null => null;
export const indentUnit = { of: () => [] };
export class IndentContext {
  readonly unit = UNIT.length;
}

/** Asked of a node's type only; there are none with properties. */
export const NodeProp = { closedBy: undefined, openedBy: undefined };
