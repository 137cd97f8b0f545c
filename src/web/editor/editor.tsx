import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { Annotation, EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "preact/hooks";
import type { PanelProps } from "../panel.js";
import { isMode, SAMPLES } from "../samples.js";
import { inputText } from "../session.js";
import type { PageState } from "../state.js";
import type { Store } from "../store.js";

/** Marks changes that come from the store, so that they do not go back to it. */
const fromStore = Annotation.define<true>();

function createView(parent: HTMLElement, store: Store): EditorView {
  const { state } = store;
  return new EditorView({
    parent,
    doc: inputText(state.profile, state.target),
    extensions: [
      lineNumbers(),
      history(),
      keymap.of([...standardKeymap, ...historyKeymap]),
      EditorView.contentAttributes.of({ "aria-label": "Profile text" }),
      EditorState.readOnly.of(false),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        if (update.transactions.some((one) => one.annotation(fromStore))) return;
        const { profile } = store.state;
        const file = profile.kind === "text" ? profile.file : fileOf(profile.id);
        store.set({ profile: { kind: "text", text: update.state.doc.toString(), file } });
      }),
    ],
  });
}

function fileOf(id: string): string {
  const file = SAMPLES.find((one) => one.id === id)?.file ?? "profile";
  return file.endsWith(".json") ? file : `${file}.json`;
}

function follow(view: EditorView, { profile, target }: PageState): void {
  const text = inputText(profile, target);
  if (view.state.doc.toString() === text) return;
  view.dispatch({
    changes: { from: 0, to: view.state.doc.length, insert: text },
    annotations: fromStore.of(true),
  });
}

/** The profile's text. */
export function Editor({ state, store }: PanelProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  useEffect(() => {
    if (!place.current) return;
    const made = createView(place.current, store);
    view.current = made;
    return () => made.destroy();
  }, [store]);
  useEffect(() => {
    if (view.current) follow(view.current, state);
  }, [state.profile, state.target]);
  const locked = state.profile.kind === "sample" && isMode(state.profile.id);
  return <div class={locked ? "editor locked" : "editor"} ref={place} />;
}
