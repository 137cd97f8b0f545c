import type { PanelProps } from "./panel.js";

export function CallLine({ state, store }: PanelProps) {
  return (
    <section class="call card" aria-label="Call">
      <input
        aria-label="System call"
        value={state.calls}
        spellcheck={false}
        onInput={(event) => store.set({ calls: event.currentTarget.value })}
      />
    </section>
  );
}
