import type { Panel, PanelProps } from "./panel.js";

/** The panels, one at a time; arrow keys go from tab to tab. */
export function Tabs({ panels, ...props }: PanelProps & { panels: readonly Panel[] }) {
  const { state, session, store } = props;
  const chosen = panels.find((one) => one.id === state.panel) ?? panels[0];
  if (!chosen) return null;
  const index = panels.indexOf(chosen);
  const go = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: index + 1,
      ArrowLeft: index - 1,
      Home: 0,
      End: panels.length - 1,
    };
    const to = steps[event.key];
    const next = to === undefined ? undefined : panels.at(to % panels.length);
    if (!next) return;
    event.preventDefault();
    store.set({ panel: next.id });
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  const { error, behind } = session;
  // Only these two are about a call.
  const stale = error || (behind && (chosen.id === "why" || chosen.id === "program"));
  const Content = chosen.component;
  return (
    <section class="panels card" aria-label="Details">
      <div class="tabs" role="tablist" aria-label="Details" onKeyDown={go}>
        {panels.map(({ id, title }) => (
          <button
            key={id}
            id={`tab-${id}`}
            type="button"
            role="tab"
            aria-selected={id === chosen.id}
            aria-controls="panel"
            tabIndex={id === chosen.id ? 0 : -1}
            onClick={() => store.set({ panel: id })}
          >
            {title}
          </button>
        ))}
      </div>
      <div
        id="panel"
        role="tabpanel"
        aria-labelledby={`tab-${chosen.id}`}
        class={stale ? "panel stale" : "panel"}
        tabIndex={-1}
      >
        <Content key={chosen.id} {...props} />
      </div>
    </section>
  );
}
