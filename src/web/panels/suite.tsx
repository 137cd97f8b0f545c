import { EditorState } from "@codemirror/state";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CoverageItem, ProfileCoverage } from "../../analysis/coverage/index.js";
import { percentOf } from "../../analysis/coverage/index.js";
import { SeccompSimError } from "../../errors.js";
import type { SuiteResult } from "../../suite/runner.js";
import { extentOf, offsetOf } from "../editor/place.js";
import { errorLine } from "../editor/status.js";
import type { PanelProps } from "../panel.js";
import { saveFile } from "../save.js";
import type { Shade } from "../store.js";
import { runOnPage, type SuiteRun } from "../suite-run.js";
import { suiteText } from "../to-tool.js";
import { SuiteCases } from "./suite-cases.js";
import { type LineMark, SuiteEditor } from "./suite-editor.js";

/** A suite runs after so long a pause in typing, and at once when the profile or the target changes. */
const PAUSE = 200;

/** A suite that runs live: red and green, and what its calls exercise shaded in the profile. */
export function SuitePanel(props: PanelProps) {
  const { state, session, store } = props;
  const text = state.suite ?? "";
  const { run, error } = useRun(props);
  const goTo = useRef<(line: number) => void>(() => {});
  const marks = useMemo(() => (run && !error ? marksOf(run.result) : []), [run, error]);
  useEffect(() => {
    const { loaded } = session;
    if (!loaded) return;
    const { text } = loaded;
    store.editor?.shade(run?.coverage ? shadesOf(run.coverage, text) : [], text);
  }, [run]);
  useEffect(() => () => store.editor?.shade([], ""), []);
  const begin = (): void => store.set({ suite: suiteText(state, session) });
  if (state.suite === undefined) {
    return (
      <div class="empty">
        <p>A suite says what calls should get, and is run at every change.</p>
        <button type="button" class="primary" onClick={begin}>
          Begin with the calls above
        </button>
      </div>
    );
  }
  return (
    <div class="suite">
      <div class="bar">
        <p class="grow-left" role="status">
          {error ? `Not run: ${errorLine(error)}` : run ? <Summary run={run} /> : "…"}
        </p>
        <button type="button" onClick={begin}>
          New from the calls above
        </button>
        <button type="button" onClick={() => saveFile("my.seccomp.yaml", text)}>
          Save as file
        </button>
      </div>
      <p class="muted">
        It runs against the profile of this page, whatever file <code>profile</code> names, and for
        the target above unless it has its own.
      </p>
      <SuiteEditor
        text={text}
        marks={marks}
        error={error}
        store={store}
        onReady={(go) => {
          goTo.current = go;
        }}
      />
      {run && (
        <div class={error ? "stale" : ""}>
          {run.result.runs.map((one) => (
            <SuiteCases
              key={one.label}
              run={one}
              goTo={(line) => goTo.current(line)}
              tryCall={(calls) => store.set({ calls, selected: 0 })}
            />
          ))}
        </div>
      )}
    </div>
  );
}

function Summary({ run: { result, coverage } }: { run: SuiteRun }) {
  const cases = result.runs.flatMap((one) => one.cases);
  const count = (status: string): number => cases.filter((one) => one.status === status).length;
  const failed = count("failed");
  return (
    <>
      <b class={failed > 0 ? "kill tone" : "allow tone"}>
        {failed > 0 ? `✗ ${failed} failed` : "✓ passed"}
      </b>
      , {count("passed")} of {cases.length} cases as expected
      {coverage && `; they exercise ${percentOf(coverage)} % of the profile, shaded in its text`}
    </>
  );
}

/** The last run that worked, and why the text now does not. */
function useRun({ state: { suite }, session: { loaded } }: PanelProps): {
  run: SuiteRun | undefined;
  error: SeccompSimError | undefined;
} {
  const [run, setRun] = useState<SuiteRun>();
  const [error, setError] = useState<SeccompSimError>();
  const last = useRef(suite);
  useEffect(() => {
    if (suite === undefined || !loaded) return;
    const abort = new AbortController();
    const begin = async (): Promise<void> => {
      try {
        const made = await runOnPage(suite, loaded, abort.signal);
        if (abort.signal.aborted) return;
        setRun(made);
        setError(undefined);
      } catch (problem) {
        if (!(problem instanceof SeccompSimError)) throw problem;
        if (!abort.signal.aborted) setError(problem);
      }
    };
    const timer = setTimeout(() => void begin(), last.current === suite ? 0 : PAUSE);
    last.current = suite;
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [suite, loaded]);
  return { run, error };
}

/** A line's case failed where it failed on any target. */
function marksOf(result: SuiteResult): readonly LineMark[] {
  const lines = new Map<number, LineMark>();
  for (const { cases } of result.runs) {
    for (const { case: one, status } of cases) {
      const { line } = one.place;
      if (status === "failed" || !lines.has(line)) lines.set(line, { line, status });
    }
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}

/** What stands at one place is covered in part where one of its sides is. */
function shadesOf({ items }: ProfileCoverage, text: string): readonly Shade[] {
  const state = EditorState.create({ doc: text });
  const places = new Map<number, CoverageItem[]>();
  for (const item of items) {
    if (item.state === "unreachable") continue;
    const at = offsetOf(state, item.place);
    places.set(at, [...(places.get(at) ?? []), item]);
  }
  return [...places].map(([at, all]): Shade => {
    const covered = all.filter((one) => one.state === "covered").length;
    const kind = covered === all.length ? "hit" : covered > 0 ? "partial" : "missed";
    const reason = all.find((one) => one.reason !== undefined)?.reason;
    const title = reason ?? "exercised by the suite";
    return { ...extentOf(state, at), kind, title };
  });
}
