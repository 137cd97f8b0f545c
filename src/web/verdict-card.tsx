import { errorLine } from "./editor/status.js";
import { lookOf } from "./look.js";
import { VerdictMark } from "./mark.js";
import type { PanelProps } from "./panel.js";
import { chosenAnswer } from "./session.js";
import { verdictWords } from "./words.js";

/** The verdict on the chosen call, large and in words; screen readers hear it change. */
export function VerdictCard({ state, session }: PanelProps) {
  const { loaded, error, answers, shown, behind } = session;
  if (shown && loaded) {
    const stale = error !== undefined || behind;
    const { verdict } = shown.explanation;
    const words = verdictWords(verdict, loaded.target, loaded.simulator.filters);
    const { tone } = lookOf(verdict);
    return (
      <section class={`verdict card ${tone} ${stale ? "stale" : ""}`} aria-label="Verdict">
        <VerdictMark verdict={verdict} size={40} />
        <div role="status" aria-live="polite">
          <h2>
            {words.title}
            {behind && <code>{` ${shown.text}`}</code>}
          </h2>
          <p>{words.sentence}</p>
        </div>
      </section>
    );
  }
  const answer = chosenAnswer(state, answers);
  const line =
    answer?.kind === "error"
      ? errorLine(answer.error)
      : error
        ? "The profile does not compile yet."
        : "Type a system call above.";
  return (
    <section class="verdict card none" aria-label="Verdict">
      <div role="status" aria-live="polite">
        <h2>No verdict</h2>
        <p>{line}</p>
      </div>
    </section>
  );
}
