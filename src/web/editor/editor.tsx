import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { PanelProps } from "../panel.js";
import { isMode, SAMPLES, sampleEngine } from "../samples.js";
import { inputText } from "../session.js";
import type { PageState, ProfileInput } from "../state.js";
import type { Store } from "../store.js";
import { type Complaint, complaintMarks, complaintsOf, showComplaints } from "./complaints.js";
import { completion } from "./complete.js";
import { highlighting } from "./highlight.js";
import { hover } from "./hover.js";
import { entryExtent, offsetOf } from "./place.js";
import { reveal, shade, shades } from "./shades.js";
import { StatusLine } from "./status-line.js";

/** Marks changes that come from the store, so that they do not go back to it. */
const fromStore = Annotation.define<true>();
const locked = new Compartment();

/** A text that took longer than this to compile is not compiled at every keystroke. */
const QUICK = 100;
/** Then it waits for so long a pause. */
const PAUSE = 150;
/** Warnings come when nobody has typed for so long. */
const WARNINGS_AFTER = 400;

function lock(profile: ProfileInput): Extension {
  const closed = profile.kind === "sample" && isMode(profile.id);
  return [EditorState.readOnly.of(closed), EditorView.editable.of(!closed)];
}

function createView(parent: HTMLElement, store: Store, known: { text: string }): EditorView {
  const { state } = store;
  known.text = inputText(state.profile, state.target);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let took = 0;
  const tell = (text: string): void => {
    const began = performance.now();
    known.text = text;
    store.set(typed(text, store.state));
    took = performance.now() - began;
  };
  return new EditorView({
    parent,
    doc: known.text,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      highlighting,
      completion,
      hover(store),
      complaintMarks,
      shades,
      // Tab leaves the editor: the keyboard alone must get about the page.
      keymap.of([...standardKeymap, ...historyKeymap]),
      // Focusable also while it is locked.
      EditorView.contentAttributes.of({ "aria-label": "Profile text", tabindex: "0" }),
      locked.of(lock(state.profile)),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        clearTimeout(timer);
        if (update.transactions.some((one) => one.annotation(fromStore))) return;
        const { doc } = update.state;
        if (took < QUICK) tell(doc.toString());
        else timer = setTimeout(() => tell(doc.toString()), PAUSE);
      }),
    ],
  });
}

/** The state once a text was typed. An engine's own default stays that engine's when it is edited. */
function typed(text: string, { profile, target }: PageState): Partial<PageState> {
  if (profile.kind === "text") return { profile: { ...profile, text } };
  const engine = target.engine ?? sampleEngine(profile.id);
  return {
    profile: { kind: "text", text, file: fileOf(profile.id) },
    ...(engine === target.engine ? {} : { target: { ...target, engine } }),
  };
}

function fileOf(id: string): string {
  const file = SAMPLES.find((one) => one.id === id)?.file ?? "profile";
  return file.endsWith(".json") ? file : `${file}.json`;
}

/**
 * Shows what stands in the store, unless that is what the editor told it: the editor may be ahead by some
 * keystrokes.
 */
function follow(view: EditorView, { profile, target }: PageState, known: { text: string }): void {
  const text = inputText(profile, target);
  if (text === known.text) return;
  const effects = locked.reconfigure(lock(profile));
  known.text = text;
  const changes = { from: 0, to: view.state.doc.length, insert: text };
  view.dispatch({ changes, effects, annotations: fromStore.of(true) });
}

/** The profile's text, and a line about it. */
export function Editor({ state, session, store }: PanelProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const known = useRef({ text: "" });
  const [complaints, setComplaints] = useState<readonly Complaint[]>([]);
  useLayoutEffect(() => {
    if (!place.current) return;
    const made = createView(place.current, store, known.current);
    view.current = made;
    store.editor = {
      reveal: (where) => {
        const { from, to } = entryExtent(made.state, offsetOf(made.state, where));
        reveal(made, from, to);
      },
      shade: (all, text) => shade(made, all, text),
    };
    return () => made.destroy();
  }, [store]);
  useEffect(() => {
    if (view.current) follow(view.current, store.state, known.current);
  }, [state.profile, state.target]);
  useEffect(() => {
    const show = (withWarnings: boolean): void => {
      const { current } = view;
      const all = complaintsOf(store.session, withWarnings);
      setComplaints(all);
      if (current) showComplaints(current, all);
    };
    if (session.error) {
      show(false);
      return;
    }
    const timer = setTimeout(() => show(true), WARNINGS_AFTER);
    return () => clearTimeout(timer);
  }, [session.loaded, session.error]);
  return (
    <>
      <div class="editor" ref={place} />
      <StatusLine complaints={complaints} session={session} store={store} />
    </>
  );
}
