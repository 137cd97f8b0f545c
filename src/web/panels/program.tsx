// biome-ignore-all lint/a11y/useFocusableInteractive: the list holds the focus for its options
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the list takes the keys
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { LoadedFilter } from "../../analysis/decider.js";
import type { TraceStep } from "../../evaluator/index.js";
import { formatVerdict } from "../../seccomp/verdict.js";
import type { PanelProps } from "../panel.js";
import { type ProgramRow, programRows, registersAt } from "./program-rows.js";

const ROW = 22;
const HEIGHT = 22 * ROW;
/** Rows beyond the edges of what is seen. */
const MARGIN = 10;

/** The program that decided, the way through it, and the registers at each step. */
export function Program({ session, store }: PanelProps) {
  const { loaded, shown } = session;
  const path = shown?.explanation.path;
  const filter = loaded?.simulator.filters[path?.filter ?? 0];
  const steps = path?.steps ?? NO_STEPS;
  const [at, setAt] = useState(0);
  useEffect(() => setAt(Math.max(0, steps.length - 1)), [steps]);
  const rows = useMemo(
    () => (filter && loaded ? programRows(filter, loaded.simulator.endian) : []),
    [filter, loaded],
  );
  if (!loaded) return <p class="empty">No profile has compiled yet.</p>;
  if (!filter) return <p class="empty">{withoutFilter(loaded.target.runtime)}</p>;
  const step = Math.min(at, Math.max(0, steps.length - 1));
  const go = (to: number): void => setAt(Math.max(0, Math.min(steps.length - 1, to)));
  const keys = (event: KeyboardEvent): void => {
    const to: Readonly<Record<string, number>> = {
      ArrowDown: step + 1,
      ArrowRight: step + 1,
      ArrowUp: step - 1,
      ArrowLeft: step - 1,
      Home: 0,
      End: steps.length - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  };
  const current = rows[steps[step]?.pc ?? 0];
  const verdict = shown && formatVerdict(shown.explanation.verdict);
  return (
    <div class="program">
      <div class="bar">
        {STEPS.map(({ label, sign, to }) => (
          <button
            key={label}
            type="button"
            aria-label={label}
            title={label}
            disabled={steps.length === 0}
            onClick={() => go(to(step, steps.length))}
          >
            {sign}
          </button>
        ))}
        <span role="status">
          {steps.length === 0
            ? "The kernel did not ask this filter."
            : `Step ${step + 1} of ${steps.length}`}
          {step === steps.length - 1 && verdict !== undefined ? `: ${verdict}` : ""}
        </span>
        <span class="muted grow">{rows.length} instructions</span>
      </div>
      <Listing rows={rows} steps={steps} step={step} keys={keys} go={go} />
      {current && <Detail row={current} filter={filter} steps={steps} step={step} store={store} />}
    </div>
  );
}

const NO_STEPS: readonly TraceStep[] = [];

const STEPS = [
  { label: "First step", sign: "|◀", to: () => 0 },
  { label: "Step back", sign: "◀", to: (step: number) => step - 1 },
  { label: "Step forward", sign: "▶", to: (step: number) => step + 1 },
  { label: "Last step", sign: "▶|", to: (_: number, count: number) => count - 1 },
] as const;

function withoutFilter(runtime: string): string {
  return runtime === "ideal"
    ? "The runtime “ideal” reads the profile as it is: there is no program."
    : "No filter is loaded: there is no program.";
}

function Listing({
  rows,
  steps,
  step,
  keys,
  go,
}: {
  rows: readonly ProgramRow[];
  steps: readonly TraceStep[];
  step: number;
  keys: (event: KeyboardEvent) => void;
  go: (step: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const pc = steps[step]?.pc ?? 0;
  const executed = useMemo(() => new Map(steps.map((one, i) => [one.pc, i])), [steps]);
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const y = pc * ROW;
    const seen = y >= current.scrollTop && y + 2 * ROW <= current.scrollTop + HEIGHT;
    if (!seen) current.scrollTop = Math.max(0, y - HEIGHT / 2);
  }, [pc, rows]);
  const first = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((top + HEIGHT) / ROW) + MARGIN);
  return (
    <div
      ref={box}
      class="listing"
      role="listbox"
      aria-label="Program; arrow keys step along the executed path"
      aria-activedescendant={pc >= first && pc < last ? `pc-${pc}` : undefined}
      tabIndex={0}
      style={{ height: `min(60vh, ${HEIGHT}px)` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={keys}
    >
      <div role="presentation" style={{ height: `${rows.length * ROW}px`, position: "relative" }}>
        <Arrows rows={rows} steps={steps} pc={pc} from={first} to={last} />
        {rows.slice(first, last).map((row) => {
          const at = executed.get(row.pc);
          return (
            <div
              key={row.pc}
              id={`pc-${row.pc}`}
              role="option"
              aria-selected={row.pc === pc && steps.length > 0}
              aria-setsize={rows.length}
              aria-posinset={row.pc + 1}
              class={`row ${at === undefined ? "" : "executed"}`}
              style={{ top: `${row.pc * ROW}px` }}
              onClick={() => at !== undefined && go(at)}
            >
              <span class="ran" aria-hidden="true">
                {at === undefined ? "" : "▸"}
              </span>
              <span class="pc">{String(row.pc).padStart(4, "0")}</span>
              <span class="bytes">{row.bytes}</span>
              <span class="text">
                {row.text}
                {at === undefined ? "" : <span class="unseen">, executed</span>}
              </span>
              <span class="origin">
                {row.rules.length === 0
                  ? ""
                  : `entry ${row.rules.map(({ entry }) => entry).join(", ")}`}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Jumps as curves in the margin: those that were made, and where the chosen instruction may go. */
function Arrows({
  rows,
  steps,
  pc,
  from,
  to,
}: {
  rows: readonly ProgramRow[];
  steps: readonly TraceStep[];
  pc: number;
  from: number;
  to: number;
}) {
  const made = steps.flatMap((one, i): [number, number][] => {
    const next = steps[i + 1];
    return next && next.pc !== one.pc + 1 ? [[one.pc, next.pc]] : [];
  });
  const possible = (rows[pc]?.targets ?? []).map((target): [number, number] => [pc, target]);
  const isMade = ([a, b]: readonly [number, number]): boolean =>
    made.some(([x, y]) => x === a && y === b);
  const jumps = [...made, ...possible.filter((jump) => !isMade(jump))];
  const seen = jumps.filter(([a, b]) => b >= from && a <= to);
  const top = from * ROW;
  const height = (to - from) * ROW;
  return (
    <svg
      class="jumps"
      width="46"
      height={height}
      viewBox={`0 ${top} 46 ${height}`}
      style={{ top: `${top}px` }}
      aria-hidden="true"
    >
      {seen.map((jump) => {
        const [a, b] = jump;
        const [y1, y2] = [a * ROW + ROW / 2, b * ROW + ROW / 2];
        const out = 40 - Math.min(34, 8 + Math.sqrt(b - a) * 3);
        const path = `M44 ${y1} C${out} ${y1} ${out} ${y1} ${out} ${y1 + 8} V${y2 - 8} C${out} ${y2} ${out} ${y2} 40 ${y2}`;
        const tip = `M40 ${y2 - 3.5} L45 ${y2} L40 ${y2 + 3.5} z`;
        return (
          <g key={`${a} ${b}`} class={`${isMade(jump) ? "made" : "open"} ${a === pc ? "now" : ""}`}>
            <path class="line" d={path} />
            <path class="tip" d={tip} />
          </g>
        );
      })}
    </svg>
  );
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}

/** The registers, and the entries that the instruction comes from. */
function Detail({
  row,
  filter,
  steps,
  step,
  store,
}: {
  row: ProgramRow;
  filter: LoadedFilter;
  steps: readonly TraceStep[];
  step: number;
  store: PanelProps["store"];
}) {
  const { A, X, M } = registersAt(steps, step, filter.instructions);
  const origin = filter.compiled?.program.origins[row.pc]?.kind;
  return (
    <div class="detail">
      <dl class="registers" aria-label="Registers before this step">
        <div>
          <dt>pc</dt>
          <dd>{String(row.pc).padStart(4, "0")}</dd>
        </div>
        <div>
          <dt>A</dt>
          <dd>{hex(A)}</dd>
        </div>
        <div>
          <dt>X</dt>
          <dd>{hex(X)}</dd>
        </div>
        {M.length === 0 ? (
          <div>
            <dt>M</dt>
            <dd class="muted">unused</dd>
          </div>
        ) : (
          M.map(([index, value]) => (
            <div key={index}>
              <dt>M[{index}]</dt>
              <dd>{hex(value)}</dd>
            </div>
          ))
        )}
      </dl>
      <p>
        <code>{row.text}</code>{" "}
        <span class="muted">{origin === undefined ? "" : `(${ORIGINS[origin]})`}</span>
      </p>
      {row.rules.length > 0 && (
        <p class="bar">
          From{" "}
          {row.rules.slice(0, 12).map(({ entry, place, name }) => (
            <button key={entry} type="button" onClick={() => store.editor?.reveal(place)}>
              entry {entry}, line {place.line} <span class="muted">{name}</span>
            </button>
          ))}
        </p>
      )}
    </div>
  );
}

const ORIGINS = {
  arch: "which architecture is it?",
  abi: "x86_64 or x32?",
  syscall: "which system call is it?",
  tree: "a branch of the search tree",
  condition: "a condition on an argument",
  return: "the answer",
  jump: "a way across",
  load: "a word of the call is read",
  stub: "the runtime’s stub for calls newer than the profile",
} as const;
