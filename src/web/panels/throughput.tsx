import { useEffect, useRef, useState } from "preact/hooks";
import { EVALUATORS, type EvaluatorName, measureTimes, type Times } from "../../analysis/timing.js";
import { SeccompSimError } from "../../errors.js";
import { type Mix, makeRecords } from "../../seccomp/mix.js";
import { formatVerdict } from "../../seccomp/verdict.js";
import { errorLine } from "../editor/status.js";
import { lookOf } from "../look.js";
import type { PanelProps } from "../panel.js";
import type { Loaded } from "../session.js";
import { BLOCK, type LoadInput, type LoadState, runLoad } from "./load.js";
import { nextTask } from "./slices.js";
import { VerdictCell } from "./verdict-cell.js";

const MOST_WORKERS = Math.max(1, Math.min(16, navigator.hardwareConcurrency || 2));
/** Records of the comparison: a pass of the slowest evaluator takes some milliseconds. */
const COMPARED = 8192;
const ROUNDS = 5;

interface Run {
  readonly state: LoadState | undefined;
  readonly status: "running" | "done" | "cancelled" | "failed";
  readonly problem?: string;
  readonly loaded: Loaded;
}

/** Millions of records through the filter, by workers, and our evaluators compared. */
export function Throughput({ session }: PanelProps) {
  const { loaded } = session;
  const [mix, setMix] = useState<Mix>("real");
  const [count, setCount] = useState("1000000");
  const [workers, setWorkers] = useState(Math.min(2, MOST_WORKERS));
  const [files, setFiles] = useState<readonly File[]>([]);
  const [run, setRun] = useState<Run>();
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  // A run belongs to its profile: it uses its simulator.
  useEffect(() => () => abort.current?.abort(), [loaded]);
  if (!loaded) return <p class="empty">No profile has compiled yet.</p>;
  const wanted = Number(count.replace(/[\s_,.]/g, ""));
  const valid = files.length > 0 || (Number.isInteger(wanted) && wanted > 0 && wanted <= 1e9);
  const running = run?.status === "running";
  const start = async (): Promise<void> => {
    const controller = new AbortController();
    abort.current = controller;
    const input: LoadInput =
      files.length > 0 ? { kind: "files", files } : { kind: "mix", mix, count: wanted };
    let last: LoadState | undefined;
    const show = (status: Run["status"], problem?: string): void =>
      setRun({ state: last, status, loaded, ...(problem === undefined ? {} : { problem }) });
    show("running");
    try {
      last = await runLoad(loaded.simulator, input, workers, controller.signal, (state) => {
        last = state;
        if (!controller.signal.aborted) show("running");
      });
      show("done");
    } catch (error) {
      if (controller.signal.aborted) show("cancelled");
      else if (error instanceof SeccompSimError) show("failed", errorLine(error));
      else throw error;
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setFiles([...(event.dataTransfer?.files ?? [])]);
  };
  return (
    <section
      class="throughput"
      aria-label="Throughput"
      onDragOver={(event) => event.preventDefault()}
      data-drop=""
      onDrop={drop}
    >
      <div class="bar">
        <label>
          Records{" "}
          <input
            inputMode="numeric"
            size={12}
            value={files.length > 0 ? "" : count}
            disabled={files.length > 0}
            list="counts"
            aria-invalid={!valid}
            onInput={(event) => setCount(event.currentTarget.value)}
          />
          <datalist id="counts">
            <option value="1000000" />
            <option value="10000000" />
            <option value="100000000" />
          </datalist>
        </label>
        <label>
          Mix{" "}
          <select
            value={mix}
            disabled={files.length > 0}
            onChange={(event) => setMix(event.currentTarget.value as Mix)}
          >
            <option value="real">a busy service</option>
            <option value="uniform">every number alike</option>
          </select>
        </label>
        <label class="file">
          or files of records{" "}
          <input
            type="file"
            multiple
            aria-label="Files of records"
            onChange={(event) => setFiles([...(event.currentTarget.files ?? [])])}
          />
        </label>
        <label>
          Workers{" "}
          <select
            value={workers}
            onChange={(event) => setWorkers(Number(event.currentTarget.value))}
          >
            {Array.from({ length: MOST_WORKERS + 1 }, (_, n) => (
              <option key={n} value={n}>
                {n === 0 ? "none" : n}
              </option>
            ))}
          </select>
        </label>
        {running ? (
          <button type="button" class="primary" onClick={() => abort.current?.abort()}>
            Cancel
          </button>
        ) : (
          <button type="button" class="primary" disabled={!valid} onClick={() => void start()}>
            Evaluate
          </button>
        )}
      </div>
      {files.length > 0 && (
        <p class="bar">
          {files.map(({ name }) => name).join(", ")}
          <button type="button" onClick={() => setFiles([])}>
            Generate instead
          </button>
        </p>
      )}
      {files.length === 0 && wanted > BLOCK && (
        <p class="muted">
          {BLOCK.toLocaleString("en")} records are made and evaluated again and again.
        </p>
      )}
      {run && <Progress run={run} />}
      <Evaluators loaded={loaded} mix={mix} busy={running} />
    </section>
  );
}

function Progress({ run: { state, status, problem, loaded } }: { run: Run }) {
  const { done = 0, total = 0, ms = 0, rates = [], tallies } = state ?? {};
  const words: Readonly<Record<Run["status"], string>> = {
    running: "Running",
    done: "Done",
    cancelled: "Cancelled: what is shown is a part",
    failed: problem ?? "Failed",
  };
  const each = done === 0 ? 0 : (ms * 1e6) / done;
  const sorted = [...(tallies ?? [])].sort(([, a], [, b]) => b - a);
  return (
    <div class="progress">
      <progress max={1} value={total === 0 ? 0 : done / total} aria-label="Records evaluated" />
      <p class="bar">
        <b role="status">{words[status]}</b>
        {total > 0 && (
          <span>
            {done.toLocaleString("en")} of {total.toLocaleString("en")} records
          </span>
        )}
        {done > 0 && (
          <span>
            {(ms / 1000).toFixed(2)} s, {each.toFixed(1)} ns per verdict, {(1000 / each).toFixed(1)}{" "}
            million a second
          </span>
        )}
      </p>
      <Plot rates={rates} />
      {sorted.length > 0 && (
        <table class="tallies">
          <caption class="unseen">Verdicts</caption>
          <thead>
            <tr>
              <th scope="col">Verdict</th>
              <th scope="col">Records</th>
              <th scope="col">Share</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map(([word, count]) => {
              const verdict = loaded.simulator.verdictOf(word);
              const share = (100 * count) / done;
              return (
                <tr key={word} class={lookOf(verdict).tone}>
                  <th scope="row" title={formatVerdict(verdict)}>
                    <VerdictCell verdict={verdict} />
                  </th>
                  <td>{count.toLocaleString("en")}</td>
                  <td>
                    <span class="part-of-all" style={{ "--share": `${share}%` }}>
                      {share.toFixed(share < 1 ? 3 : 1)} %
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** Millions a second over time. */
function Plot({ rates }: { rates: readonly number[] }) {
  if (rates.length < 2) return null;
  const most = Math.max(...rates);
  const x = (i: number): number => (i * 600) / (rates.length - 1);
  const y = (rate: number): number => 66 - (60 * rate) / most;
  const line = rates.map(
    (rate, i) => `${i === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(rate).toFixed(1)}`,
  );
  return (
    <figure class="plot">
      <svg
        viewBox="0 0 600 70"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Up to ${most.toFixed(1)} million verdicts a second`}
      >
        <path class="area" d={`${line.join("")}L600 70L0 70z`} />
        <path class="curve" d={line.join("")} />
      </svg>
      <figcaption class="muted">million verdicts a second, up to {most.toFixed(1)}</figcaption>
    </figure>
  );
}

const NAMES: Readonly<Record<EvaluatorName, string>> = {
  interpreter: "Interpreter",
  "table-interpreter": "Interpreter with a table of calls",
  jit: "Compiled to WebAssembly",
  "jit-columns": "Compiled, records as columns",
};

/** Our evaluators on this thread, over the same records. */
function Evaluators({ loaded, mix, busy }: { loaded: Loaded; mix: Mix; busy: boolean }) {
  const [times, setTimes] = useState<Readonly<Record<EvaluatorName, Times>> | "measuring">();
  const current = useRef(loaded);
  current.current = loaded;
  useEffect(() => setTimes(undefined), [loaded, mix]);
  const { filters, endian } = loaded.simulator;
  if (filters.length === 0) return null;
  const measure = async (): Promise<void> => {
    setTimes("measuring");
    await nextTask();
    const stack = filters.map(({ instructions }) => instructions);
    const records = makeRecords(mix, COMPARED);
    const [measured] = await measureTimes([stack], records, endian, {
      rounds: ROUNDS,
      onPass: nextTask,
    });
    if (current.current === loaded) setTimes(measured);
  };
  const measured = typeof times === "object" ? times : undefined;
  const slowest = Math.max(...Object.values(measured ?? {}).map(({ hot }) => hot.median));
  return (
    <div class="evaluators">
      <div class="bar">
        <h3>Evaluators compared</h3>
        <button
          type="button"
          disabled={busy || times === "measuring"}
          onClick={() => void measure()}
        >
          {times === "measuring" ? "Measuring…" : "Measure"}
        </button>
        <span class="muted">
          {COMPARED.toLocaleString("en")} records again and again on this thread, median of {ROUNDS}
        </span>
      </div>
      {measured && (
        <table class="tallies">
          <caption class="unseen">Nanoseconds per verdict</caption>
          <thead>
            <tr>
              <th scope="col">Evaluator</th>
              <th scope="col">ns per verdict</th>
              <th scope="col">Compared</th>
            </tr>
          </thead>
          <tbody>
            {EVALUATORS.map((name) => {
              const { median } = measured[name].hot;
              return (
                <tr key={name} class="accent">
                  <th scope="row">{NAMES[name]}</th>
                  <td>{median.toFixed(1)}</td>
                  <td>
                    <span class="part-of-all" style={{ "--share": `${(100 * median) / slowest}%` }}>
                      {(slowest / median).toFixed(1)}×
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}
