import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { Annotation, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useEffect, useRef } from "preact/hooks";
import type { SeccompSimError } from "../../errors.js";
import { complaintMarks, showComplaints } from "../editor/complaints.js";
import { highlighting } from "../editor/highlight.js";
import type { Store } from "../store.js";
import type { CaseStatus } from "./suite-cases.js";

/** How the case of a line came out. */
export interface LineMark {
  /** 1-based. */
  readonly line: number;
  readonly status: CaseStatus;
}

const fromOutside = Annotation.define<true>();
const setMarks = StateEffect.define<readonly LineMark[]>();

const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, transaction) {
    const [effect] = transaction.effects.filter((one) => one.is(setMarks));
    if (!effect) return set.map(transaction.changes);
    const { doc } = transaction.state;
    const lines = effect.value.filter(({ line }) => line <= doc.lines);
    const marks = lines.map(({ line, status }) =>
      Decoration.line({ class: `case-${status}` }).range(doc.line(line).from),
    );
    return Decoration.set(marks, true);
  },
  provide: (self) => EditorView.decorations.from(self),
});

/** The suite's text, with the lines of its cases in their colours. */
export function SuiteEditor({
  text,
  store,
  marks,
  error,
  onReady,
}: {
  text: string;
  store: Store;
  marks: readonly LineMark[];
  error: SeccompSimError | undefined;
  onReady: (goTo: (line: number) => void) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({
      parent: place.current,
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        highlighting,
        marked,
        complaintMarks,
        keymap.of([...standardKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": "Suite text", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          if (update.transactions.some((one) => one.annotation(fromOutside))) return;
          store.set({ suite: update.state.doc.toString() });
        }),
      ],
    });
    view.current = made;
    onReady((line) => {
      const { from } = made.state.doc.line(Math.min(line, made.state.doc.lines));
      const effects = EditorView.scrollIntoView(from, { y: "center" });
      made.dispatch({ selection: { anchor: from }, effects });
      made.focus();
    });
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const { current } = view;
    // The store, not what this was rendered with: the editor is ahead of that while somebody types.
    const insert = store.state.suite ?? "";
    if (!current || current.state.doc.toString() === insert) return;
    const changes = { from: 0, to: current.state.doc.length, insert };
    current.dispatch({ changes, annotations: fromOutside.of(true) });
  }, [text]);
  useEffect(() => view.current?.dispatch({ effects: setMarks.of(marks) }), [marks]);
  useEffect(() => {
    const { current } = view;
    if (!current) return;
    const complaints = error ? [{ ...complaintOf(error), severity: "error" as const }] : [];
    showComplaints(current, complaints);
  }, [error]);
  return <div class="suite-editor" ref={place} />;
}

function complaintOf({ message, place, hint }: SeccompSimError) {
  return { message, place, hint };
}
