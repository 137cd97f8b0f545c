import { useEffect, useState } from "preact/hooks";
import { findNearest, type NearEntry } from "../../analysis/nearest.js";
import { formatBecause } from "../../report/because.js";
import { formatNear } from "../../report/nearest.js";
import { formatVerdict } from "../../seccomp/verdict.js";
import { VerdictMark } from "../mark.js";
import type { PanelProps } from "../panel.js";
import { type Answer, attempt } from "../session.js";
import { capital } from "../words.js";

/** Trying near entries out means compiling: not while somebody types. */
const NEAR_AFTER = 250;

/** The reasons for the verdict: what decided, what nearly did, and how the program came there. */
export function Why(props: PanelProps) {
  const { session, store } = props;
  const { shown: answer } = session;
  const near = useNear(props, answer);
  if (!answer) return <p class="empty">Type a call to see why it gets its verdict.</p>;
  const { because, verdict, path, ret } = answer.explanation;
  const placed = because.kind === "entry" || because.kind === "default" ? because : undefined;
  // An entry's begins with the name of a file.
  const reason =
    because.kind === "entry" ? formatBecause(because) : capital(formatBecause(because));
  const column = because.kind === "entry" ? because.column : 1;
  return (
    <ol class="reasons">
      <li>
        <h3>What decided</h3>
        <p class="reason">
          <VerdictMark verdict={verdict} />
          {placed ? (
            <button
              type="button"
              class="link strong"
              onClick={() => store.editor?.reveal({ file: placed.file, line: placed.line, column })}
            >
              {reason}
            </button>
          ) : (
            <span>{reason}</span>
          )}
          <code class="muted">{`${formatVerdict(verdict)} = 0x${ret.toString(16).padStart(8, "0")}`}</code>
        </p>
      </li>
      <li>
        <h3>What nearly matched</h3>
        {near === undefined && <p class="reason muted">Looking…</p>}
        {near?.length === 0 && <p class="reason muted">No entry would decide otherwise.</p>}
        {near?.map((one) => (
          <p class="reason" key={one.entry}>
            <VerdictMark verdict={one.verdict} />
            <button type="button" class="link" onClick={() => store.editor?.reveal(one.place)}>
              {capital(formatNear(one))}
            </button>
          </p>
        ))}
      </li>
      {path && (
        <li>
          <h3>Instruction path</h3>
          <p class="reason">
            {`${path.steps.length} instructions executed: `}
            <code>{pathText(path.steps.map((step) => step.pc))}</code>
          </p>
        </li>
      )}
    </ol>
  );
}

/** Runs of neighbours as ranges: `0–4 → 17 → 20–21`. */
function pathText(pcs: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const pc of pcs) {
    const last = runs.at(-1);
    if (last && last[1] + 1 === pc) last[1] = pc;
    else runs.push([pc, pc]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(" → ");
}

/** The entries that nearly matched; `undefined` while they are looked for. */
function useNear({ session, store }: PanelProps, answer: Answer | undefined) {
  const [found, setFound] = useState<{ of: Answer; near: readonly NearEntry[] } | undefined>();
  useEffect(() => {
    const { loaded } = session;
    if (!answer || !loaded) return;
    const timer = setTimeout(() => {
      // A change may have closed the simulator already, though this effect is still to be undone.
      if (store.session.loaded !== loaded) return;
      const near = attempt<readonly NearEntry[]>(
        () => findNearest(loaded.simulator, answer.call),
        () => [],
      );
      setFound({ of: answer, near });
    }, NEAR_AFTER);
    return () => clearTimeout(timer);
  }, [answer]);
  return found?.of === answer ? found?.near : undefined;
}
