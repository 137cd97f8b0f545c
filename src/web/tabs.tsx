import type { Later } from "./later.js";
import type { PanelProps } from "./panel.js";
import { Why } from "./panels/why.js";

/** From left to right. */
const PANELS = [
  { id: "why", title: "Why" },
  { id: "program", title: "Program" },
  { id: "matrix", title: "Matrix" },
  { id: "compare", title: "Compare" },
  { id: "suite", title: "Suite" },
  { id: "throughput", title: "Throughput" },
] as const;

/** The panels, one at a time; arrow keys go from tab to tab. */
export function Tabs({ later, ...props }: PanelProps & { later: Later | undefined }) {
  const { state, session, store } = props;
  const chosen = PANELS.find((one) => one.id === state.panel) ?? PANELS[0];
  const index = PANELS.indexOf(chosen);
  const go = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: index + 1,
      ArrowLeft: index - 1,
      Home: 0,
      End: PANELS.length - 1,
    };
    const to = steps[event.key];
    const next = to === undefined ? undefined : PANELS.at(to % PANELS.length);
    if (!next) return;
    event.preventDefault();
    store.set({ panel: next.id });
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  const { error, behind } = session;
  // Only these two are about a call.
  const stale = error || (behind && (chosen.id === "why" || chosen.id === "program"));
  const Content = chosen.id === "why" ? Why : later?.panels[chosen.id];
  return (
    <section class="panels card" aria-label="Details">
      <div class="tabs" role="tablist" aria-label="Details" onKeyDown={go}>
        {PANELS.map(({ id, title }) => (
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
        {Content && <Content key={chosen.id} {...props} />}
      </div>
    </section>
  );
}
