import { useState } from "preact/hooks";
import type { Session } from "../session.js";
import type { Store } from "../store.js";
import type { Complaint } from "./complaints.js";
import { errorLine } from "./status.js";

/** One line of fixed height below the editor: the mistake, the warnings one by one, or what was made of the text. */
export function StatusLine({
  complaints,
  session,
  store,
}: {
  complaints: readonly Complaint[];
  session: Session;
  store: Store;
}) {
  const [turn, setTurn] = useState(0);
  const error = session.error && complaints.find((one) => one.severity === "error");
  const warnings = session.error ? [] : complaints.filter((one) => one.severity === "warning");
  const shown = error ?? warnings[turn % warnings.length];
  if (!shown) {
    return (
      <p class="status" role="status">
        {session.error ? errorLine(session.error) : summary(session)}
      </p>
    );
  }
  const { place } = shown;
  const count =
    warnings.length > 1 ? `${(turn % warnings.length) + 1} of ${warnings.length}: ` : "";
  const where = place ? `line ${place.line}, column ${place.column}: ` : "";
  const text = `${count}${where}${errorLine(shown)}`;
  return (
    <p class={`status ${shown.severity}`} role="status">
      <span class="badge">{shown.severity === "error" ? "Error" : "Warning"}</span>
      <button
        type="button"
        class="link"
        title={text}
        onClick={() => place && store.editor?.reveal(place)}
      >
        {text}
      </button>
      {warnings.length > 1 && (
        <button type="button" class="small" onClick={() => setTurn(turn + 1)}>
          Next
        </button>
      )}
    </p>
  );
}

function summary({ loaded }: Session): string {
  if (!loaded) return "";
  const { source, simulator } = loaded;
  const [filter] = simulator.filters;
  const length = filter ? `${filter.instructions.length} instructions` : undefined;
  if (source.kind === "filter") return `A filter of ${length}.`;
  if (source.kind === "strict" || source.kind === "unconfined")
    return "A mode of the kernel, not a filter.";
  return length === undefined ? "No filter is loaded." : `Compiled: ${length}.`;
}
