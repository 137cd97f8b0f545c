import { type EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  GutterMarker,
  gutter,
  hoverTooltip,
  keymap,
} from "@codemirror/view";
import type { Warning } from "../../errors.js";
import type { Session } from "../session.js";
import { extentOf, offsetOf } from "./place.js";

/** What is wrong with the text, or may be. */
export interface Complaint extends Omit<Warning, "code"> {
  readonly severity: "error" | "warning";
}

/** @param withWarnings finding them takes as long as compiling: not while somebody types */
export function complaintsOf(
  { error, loaded }: Session,
  withWarnings: boolean,
): readonly Complaint[] {
  if (error) return [{ ...pick(error), severity: "error" }];
  if (!loaded || !withWarnings) return [];
  return loaded.simulator.warnings.map((one) => ({ ...pick(one), severity: "warning" }));
}

function pick({ message, place, hint }: Omit<Warning, "code">): Omit<Warning, "code"> {
  return { message, place, hint };
}

const setComplaints = StateEffect.define<readonly Complaint[]>();

/** The complaints that have a place, under the characters that they are about. */
const underlined = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, { changes, effects, state }) {
    const effect = effects.find((one) => one.is(setComplaints));
    return effect ? Decoration.set(effect.value.flatMap(mark(state)), true) : set.map(changes);
  },
  provide: (self) => EditorView.decorations.from(self),
});

const mark = (state: EditorState) => (complaint: Complaint) => {
  const { severity, place } = complaint;
  if (!place) return [];
  const { from, to } = extentOf(state, offsetOf(state, place));
  // An empty line has no characters: the sign beside it must do.
  if (from === to) return [];
  return [Decoration.mark({ class: `complaint-${severity}`, complaint }).range(from, to)];
};

/** Shows complaints in place of those before. */
export function showComplaints(view: EditorView, all: readonly Complaint[]): void {
  if (all.length === 0 && view.state.field(underlined).size === 0) return;
  view.dispatch({ effects: setComplaints.of(all) });
}

class Sign extends GutterMarker {
  constructor(readonly severity: Complaint["severity"]) {
    super();
  }
  override eq(other: Sign): boolean {
    return other.severity === this.severity;
  }
  override toDOM(): Node {
    const sign = document.createElement("span");
    sign.className = `sign-${this.severity}`;
    sign.textContent = this.severity === "error" ? "✕" : "!";
    return sign;
  }
}

/** What is said about the characters at a position, the worst first. */
function complaintsAt(
  { state }: EditorView,
  from: number,
  to: number,
): { from: number; to: number; all: readonly Complaint[] } | undefined {
  const found: { from: number; to: number; complaint: Complaint }[] = [];
  state.field(underlined).between(from, to, (start, end, { spec }) => {
    found.push({ from: start, to: end, complaint: spec.complaint });
  });
  const [first] = found;
  return first && { ...first, all: found.map(({ complaint }) => complaint) };
}

const signs = gutter({
  class: "signs",
  lineMarker(view, { from, to }) {
    const all = complaintsAt(view, from, to)?.all;
    if (!all) return null;
    return new Sign(all.some((one) => one.severity === "error") ? "error" : "warning");
  },
  lineMarkerChange: ({ startState, state }) =>
    startState.field(underlined) !== state.field(underlined),
});

const explained = hoverTooltip((view, pos) => {
  const found = complaintsAt(view, pos, pos);
  if (!found) return null;
  const create = () => {
    const dom = document.createElement("div");
    dom.className = "hover";
    for (const { message, hint } of found.all) {
      dom.appendChild(document.createElement("b")).textContent = message;
      dom.appendChild(document.createElement("span")).textContent = hint ?? "";
    }
    return { dom };
  };
  return { pos: found.from, end: found.to, above: true, create };
});

/** Goes to the next place that is complained about; behind the last one, to the first. */
function goToNext(view: EditorView): boolean {
  const { doc, selection } = view.state;
  const { head } = selection.main;
  const next = complaintsAt(view, head + 1, doc.length) ?? complaintsAt(view, 0, doc.length);
  if (next)
    view.dispatch({ selection: { anchor: next.from, head: next.to }, scrollIntoView: true });
  return next !== undefined;
}

/** Underlines, signs beside the lines, the complaint under the pointer; F8 goes from one to the next. */
export const complaintMarks: Extension = [
  underlined,
  signs,
  explained,
  keymap.of([{ key: "F8", run: goToNext }]),
];
