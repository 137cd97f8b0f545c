// biome-ignore-all lint/a11y/useSemanticElements: chips and rows are laid out by their own rules
// biome-ignore-all lint/a11y/noRedundantRoles: the map's layout would take the table's meaning away
import { Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";
import { servedArchs } from "../../abi/compat.js";
import { createMatrix, type MatrixPart, type MatrixRow } from "../../analysis/matrix.js";
import { formatCondition } from "../../report/condition.js";
import { formatVerdict } from "../../seccomp/verdict.js";
import { lookOf } from "../look.js";
import { VerdictMark } from "../mark.js";
import type { PanelProps } from "../panel.js";
import { breakable } from "./breakable.js";
import {
  type Choice,
  chooseRows,
  countVerdicts,
  groupOf,
  SORTS,
  type Sort,
} from "./matrix-rows.js";
import { useAfterPaint } from "./slices.js";
import { VerdictCell } from "./verdict-cell.js";

interface View extends Choice {
  readonly list: boolean;
}

/** Kept while another tab is shown. */
let lastView: View = { search: "", sort: "number", verdicts: [], list: false };

function useView(): [View, (change: Partial<View>) => void] {
  const [view, setView] = useState(lastView);
  const change = (part: Partial<View>): void => {
    lastView = { ...lastView, ...part };
    setView(lastView);
  };
  return [view, change];
}

/** Every system call and its verdict, as a map or a list: a table in both. */
export function Matrix({ session, store }: PanelProps) {
  const { loaded } = session;
  const [view, change] = useView();
  const [arch, setArch] = useState<string>();
  const archs = loaded ? servedArchs(loaded.target.arch) : [];
  const chosen = archs.find((one) => one === arch) ?? archs[0];
  const rows = useAfterPaint(
    () => (loaded && chosen ? createMatrix(loaded.simulator, [chosen]) : []),
    [loaded, chosen],
  );
  const shown = useMemo(() => chooseRows(rows ?? [], view), [rows, view]);
  const counts = useMemo(() => countVerdicts(rows ?? []), [rows]);
  if (!loaded) return <p class="empty">No profile has compiled yet.</p>;
  const run = (call: string): void => store.set({ calls: call, selected: 0 });
  return (
    <div class="matrix">
      <div class="bar">
        <input
          type="search"
          aria-label="Search system calls"
          placeholder="Name, number or @group"
          value={view.search}
          onInput={(event) => change({ search: event.currentTarget.value })}
        />
        <label>
          Sort by{" "}
          <select
            value={view.sort}
            onChange={(event) => change({ sort: event.currentTarget.value as Sort })}
          >
            {SORTS.map((sort) => (
              <option key={sort}>{sort}</option>
            ))}
          </select>
        </label>
        {archs.length > 1 && (
          <label>
            Calls of{" "}
            <select value={chosen} onChange={(event) => setArch(event.currentTarget.value)}>
              {archs.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        )}
        <button type="button" aria-pressed={view.list} onClick={() => change({ list: !view.list })}>
          {view.list ? "Show as a map" : "Show as a list"}
        </button>
      </div>
      <Filter rows={rows ?? []} counts={counts} view={view} change={change} />
      <p class="muted" role="status">
        {rows === undefined ? "…" : `${shown.length} of ${rows.length} system calls of ${chosen}`}
      </p>
      <MatrixTable rows={shown} view={view} run={run} />
    </div>
  );
}

function Filter({
  rows,
  counts,
  view: { verdicts },
  change,
}: {
  rows: readonly MatrixRow[];
  counts: ReadonlyMap<string, number>;
  view: View;
  change: (change: Partial<View>) => void;
}) {
  const example = (text: string) =>
    rows.flatMap(({ parts }) => parts).find(({ verdict }) => formatVerdict(verdict) === text);
  return (
    <div class="bar chips" role="group" aria-label="Show verdicts">
      {[...counts].map(([text, count]) => {
        const verdict = example(text)?.verdict;
        if (!verdict) return null;
        const on = verdicts.includes(text);
        const next = on ? verdicts.filter((one) => one !== text) : [...verdicts, text];
        return (
          <button
            key={text}
            type="button"
            class={`chip ${lookOf(verdict).tone}`}
            aria-pressed={on}
            onClick={() => change({ verdicts: next })}
          >
            <VerdictMark verdict={verdict} size={14} />
            <b aria-hidden="true">{lookOf(verdict).letter}</b> {text} <span>{count}</span>
          </button>
        );
      })}
    </div>
  );
}

function MatrixTable({
  rows,
  view,
  run,
}: {
  rows: readonly MatrixRow[];
  view: View;
  run: (call: string) => void;
}) {
  return useMemo(
    () => (
      <table
        role="table"
        class={view.list ? "calls list" : "calls map"}
        onKeyDown={moveFocus}
        onFocusIn={({ target, currentTarget }) => {
          for (const one of currentTarget.querySelectorAll("button")) one.tabIndex = -1;
          (target as HTMLElement).tabIndex = 0;
        }}
      >
        <caption class="unseen">System calls and their verdicts</caption>
        <thead role="rowgroup">
          <tr role="row">
            {["Call", "Number", "Verdict", "Which calls"].map((title) => (
              <th key={title} role="columnheader" scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row, i) => {
            const group = groupOf(row.name);
            const before = rows[i - 1];
            const head = view.sort === "group" && (!before || groupOf(before.name) !== group);
            return (
              <Fragment key={`${row.arch} ${row.nr}`}>
                {head && (
                  <tr role="row" class="group">
                    <th role="rowheader" scope="rowgroup" colSpan={4}>
                      {group}
                    </th>
                  </tr>
                )}
                <Row row={row} first={i === 0} run={run} />
              </Fragment>
            );
          })}
        </tbody>
      </table>
    ),
    [rows, view.list, view.sort],
  );
}

/** The table is one stop of the Tab key; arrow keys go about in it, as what they point to is laid out. */
function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const { key, currentTarget, target } = event;
  const all = [...currentTarget.querySelectorAll("button")];
  const at = all.indexOf(target as HTMLButtonElement);
  const here = all[at]?.getBoundingClientRect();
  if (!here) return;
  const beside = (step: 1 | -1): HTMLButtonElement | undefined => {
    for (let i = at + step; all[i]; i += step) {
      const { left, right, top } = (all[i] as HTMLElement).getBoundingClientRect();
      if ((top - here.top) * step > 4 && left < here.right && right > here.left) return all[i];
    }
  };
  const to: Readonly<Record<string, () => HTMLButtonElement | undefined>> = {
    ArrowRight: () => all[at + 1],
    ArrowLeft: () => all[at - 1],
    ArrowDown: () => beside(1),
    ArrowUp: () => beside(-1),
    Home: () => all[0],
    End: () => all.at(-1),
  };
  if (!to[key]) return;
  event.preventDefault();
  to[key]()?.focus();
}

interface RowProps {
  readonly row: MatrixRow;
  readonly first: boolean;
  readonly run: (call: string) => void;
}

/** Hundreds of rows look as before when a key changes the profile: those are not rendered anew. */
function Row(props: RowProps) {
  const { row, first } = props;
  const [part] = row.parts;
  const { action, ret } = part?.verdict ?? {};
  const look = row.kind === "always" ? `${row.arch} ${row.nr} ${action} ${ret} ${part?.call}` : row;
  return useMemo(() => renderRow(props), [look, first]);
}

function renderRow({ row, first: isFirst, run }: RowProps) {
  const [first] = row.parts;
  if (!first) return null;
  const single = row.kind === "always";
  const tone = single ? lookOf(first.verdict).tone : "mixed";
  return (
    <tr role="row" class={`call-row ${tone}`}>
      <th role="rowheader" scope="row">
        <button
          type="button"
          tabIndex={isFirst ? 0 : -1}
          aria-label={row.name}
          title={`Try ${first.call}`}
          onClick={() => run(first.call)}
        >
          {breakable(row.name)}
        </button>
      </th>
      <td role="cell" class="nr">
        {row.nr}
      </td>
      <td role="cell" class="verdicts">
        {row.parts.map((part) => (
          <VerdictCell key={part.verdict.ret} verdict={part.verdict} />
        ))}
      </td>
      <td role="cell" class="which">
        {single ? (
          <span class="unseen">always</span>
        ) : (
          row.parts.map((part) => <Part key={part.verdict.ret} row={row} part={part} run={run} />)
        )}
      </td>
    </tr>
  );
}

function Part({
  row,
  part: { verdict, condition, call },
  run,
}: {
  row: MatrixRow;
  part: MatrixPart;
  run: (call: string) => void;
}) {
  const text = condition === undefined ? "for example" : formatCondition(condition, row);
  return (
    <div class={`part ${lookOf(verdict).tone}`}>
      <VerdictCell verdict={verdict} /> <span>{text}</span>{" "}
      <button type="button" class="link" tabIndex={-1} onClick={() => run(call)}>
        <code>{call}</code>
      </button>
    </div>
  );
}
