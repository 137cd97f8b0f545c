import { formatBecause } from "../../report/because.js";
import type { Panel, PanelProps } from "../panel.js";

/** The reasons for the verdict. */
function Why({ state, session }: PanelProps) {
  const answer = session.answers[Math.min(state.selected, session.answers.length - 1)];
  if (answer?.kind !== "answer") return <p class="empty">No call to explain yet.</p>;
  return <p>{formatBecause(answer.explanation.because)}</p>;
}

export const whyPanel: Panel = { id: "why", title: "Why", component: Why };
