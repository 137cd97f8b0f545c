import { type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";
import type { Shade } from "../store.js";

const setShades = StateEffect.define<readonly Shade[]>();
const setFlash = StateEffect.define<{ from: number; to: number } | undefined>();

function field(effects: (set: DecorationSet, effect: StateEffect<unknown>) => DecorationSet) {
  return StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update: (set, transaction) => transaction.effects.reduce(effects, set.map(transaction.changes)),
    provide: (self) => EditorView.decorations.from(self),
  });
}

const shaded = field((set, effect) => {
  if (!effect.is(setShades)) return set;
  const marks = effect.value
    .filter(({ from, to }) => to > from)
    .map(({ from, to, kind, title }) =>
      Decoration.mark({
        class: `shade-${kind}`,
        ...(title === undefined ? {} : { attributes: { title } }),
      }).range(from, to),
    );
  return Decoration.set(marks, true);
});

const flash = field((set, effect) => {
  if (!effect.is(setFlash)) return set;
  const { value } = effect;
  return value
    ? Decoration.set(Decoration.mark({ class: "flash" }).range(value.from, value.to))
    : Decoration.none;
});

/** Parts of the text that panels mark. */
export const shades: Extension = [shaded, flash];

/** @param text what the shades are offsets of: the last that compiled, which may not be the one that stands here */
export function shade(view: EditorView, all: readonly Shade[], text: string): void {
  const { doc } = view.state;
  if (all.length > 0 && !doc.eq(view.state.toText(text))) return;
  view.dispatch({ effects: setShades.of(all) });
}

/** Scrolls to a part of the text, puts the cursor there and marks it until the next change of the text. */
export function reveal(view: EditorView, from: number, to: number): void {
  view.dispatch({
    selection: { anchor: from },
    effects: [setFlash.of({ from, to }), EditorView.scrollIntoView(from, { y: "center" })],
  });
  view.focus();
}
