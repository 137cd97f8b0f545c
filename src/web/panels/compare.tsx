// biome-ignore-all lint/a11y/useSemanticElements: narrow rows are laid out by their own rules
// biome-ignore-all lint/a11y/noRedundantRoles: which would take the table's meaning away
import { useEffect, useState } from "preact/hooks";
import { CAPABILITIES } from "../../abi/capabilities.js";
import { ARCH_NAMES } from "../../abi/names.js";
import { type Diff, diffSimulators } from "../../analysis/diff.js";
import type { SeccompSimError } from "../../errors.js";
import { ENGINES, LIBSECCOMP_VERSIONS, RUNTIMES } from "../../profile/target-options.js";
import { formatCondition } from "../../report/condition.js";
import { errorLine } from "../editor/status.js";
import type { PanelProps } from "../panel.js";
import { SAMPLES, type SampleId, sampleEngine } from "../samples.js";
import { attempt, loadInput } from "../session.js";
import { type CompareInput, DEFAULT_TARGET, type PageTarget } from "../state.js";
import { breakable } from "./breakable.js";
import { VerdictCell } from "./verdict-cell.js";

type Outcome =
  | { readonly kind: "diff"; readonly diff: Diff; readonly title: string }
  | { readonly kind: "error"; readonly error: SeccompSimError };

const NOTHING: CompareInput = { profile: undefined, target: undefined };

/** Where another profile, or the same one on another target, decides otherwise. */
export function Compare({ state, session, store }: PanelProps) {
  const { loaded } = session;
  const compare = state.compare ?? NOTHING;
  const outcome = useOutcome({ state, session, store });
  if (!loaded) return <p class="empty">No profile has compiled yet.</p>;
  return (
    <div class="compare">
      <Choices state={state} session={session} store={store} />
      {compare.profile === undefined && compare.target === undefined ? (
        <p class="empty">Choose a second profile, or change something about the target.</p>
      ) : outcome === undefined ? (
        <p class="empty">…</p>
      ) : outcome.kind === "error" ? (
        <p class="empty" role="alert">
          {errorLine(outcome.error)}
        </p>
      ) : (
        <Differences
          diff={outcome.diff}
          title={outcome.title}
          run={(calls) => store.set({ calls, selected: 0 })}
          arch={loaded.target.arch}
        />
      )}
    </div>
  );
}

function useOutcome({ state, session }: PanelProps): Outcome | undefined {
  const { loaded } = session;
  const { compare } = state;
  const [outcome, setOutcome] = useState<Outcome>();
  useEffect(() => {
    if (!loaded || !compare || (!compare.profile && !compare.target)) {
      setOutcome(undefined);
      return;
    }
    const timer = setTimeout(() => {
      setOutcome(
        attempt<Outcome>(
          () => {
            const input = compare.profile ?? loaded.input;
            const target = compare.target ?? state.target;
            const engine =
              target.engine ?? (input.kind === "sample" ? sampleEngine(input.id) : undefined);
            const right = loadInput(input, { ...target, engine });
            try {
              const diff = diffSimulators(loaded.simulator, right.simulator);
              return { kind: "diff", diff, title: titleOf(compare, right.file) };
            } finally {
              right.simulator.close();
            }
          },
          (error) => ({ kind: "error", error }),
        ),
      );
    }, 0);
    return () => clearTimeout(timer);
  }, [loaded, compare, state.target]);
  return outcome;
}

function titleOf({ profile, target }: CompareInput, file: string): string {
  return [profile && file, target && "other target"].filter(Boolean).join(", ");
}

function Choices({ state, store }: PanelProps) {
  const compare = state.compare ?? NOTHING;
  const target = compare.target ?? state.target;
  const set = (change: Partial<CompareInput>): void =>
    store.set({ compare: { ...compare, ...change } });
  const change = (part: Partial<PageTarget>): void => {
    const next = { ...target, ...part };
    const same = JSON.stringify(next) === JSON.stringify(state.target);
    set({ target: same ? undefined : next });
  };
  const read = async (file: File | undefined): Promise<void> => {
    if (file) set({ profile: { kind: "text", text: await file.text(), file: file.name } });
  };
  const value =
    compare.profile === undefined
      ? ""
      : compare.profile.kind === "sample"
        ? compare.profile.id
        : "text";
  const withAll = (caps: readonly string[]): string =>
    caps.length === 0
      ? "none"
      : caps.length === CAPABILITIES.length
        ? "all"
        : caps.join() === DEFAULT_TARGET.caps.join()
          ? "docker"
          : "as above";
  return (
    <fieldset class="bar choices">
      <legend>Compare with</legend>
      <label>
        Profile{" "}
        <select
          aria-label="Second profile"
          value={value}
          onChange={(event) => {
            const id = event.currentTarget.value;
            if (id === "text") return;
            set({ profile: id === "" ? undefined : { kind: "sample", id: id as SampleId } });
          }}
        >
          <option value="">the same</option>
          {compare.profile?.kind === "text" && <option value="text">{compare.profile.file}</option>}
          {SAMPLES.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label class="file">
        a file{" "}
        <input
          type="file"
          aria-label="Second profile from a file"
          onChange={(event) => void read(event.currentTarget.files?.[0])}
        />
      </label>
      <Select
        label="Architecture"
        value={target.arch}
        values={ARCH_NAMES.filter((one) => one !== "x32")}
        choose={(arch) => change({ arch })}
      />
      <Select
        label="Capabilities"
        value={withAll(target.caps)}
        values={["none", "docker", "all", "as above"]}
        choose={(caps) =>
          change({
            caps:
              caps === "none"
                ? []
                : caps === "all"
                  ? CAPABILITIES
                  : caps === "docker"
                    ? DEFAULT_TARGET.caps
                    : state.target.caps,
          })
        }
      />
      <Select
        label="Kernel"
        value={target.kernel}
        values={[
          ...new Set([
            target.kernel,
            state.target.kernel,
            "4.4",
            "4.8",
            "5.10",
            "6.1",
            "6.12",
            "6.18",
          ]),
        ]}
        choose={(kernel) => change({ kernel })}
      />
      <Select
        label="Engine"
        value={target.engine ?? "by format"}
        values={["by format", ...ENGINES]}
        choose={(engine) => change({ engine: engine === "by format" ? undefined : engine })}
      />
      <Select
        label="Runtime"
        value={target.runtime}
        values={RUNTIMES}
        choose={(runtime) => change({ runtime })}
      />
      <Select
        label="libseccomp"
        value={target.libseccomp}
        values={LIBSECCOMP_VERSIONS}
        choose={(libseccomp) => change({ libseccomp })}
      />
      <Select
        label="Its table"
        value={target.table ?? "its own"}
        values={["its own", ...LIBSECCOMP_VERSIONS]}
        choose={(table) => change({ table: table === "its own" ? undefined : table })}
      />
      <Select
        label="Optimize"
        value={target.optimize ?? "auto"}
        values={["auto", "1", "2"]}
        choose={(optimize) => change({ optimize: optimize === "auto" ? undefined : optimize })}
      />
    </fieldset>
  );
}

function Select({
  label,
  value,
  values,
  choose,
}: {
  label: string;
  value: string;
  values: readonly string[];
  choose: (value: string) => void;
}) {
  return (
    <label>
      {label}{" "}
      <select
        aria-label={`Second target: ${label}`}
        value={value}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {(values.includes(value) ? values : [value, ...values]).map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
}

function Differences({
  diff: { differences, onlyLeft, onlyRight, unsure },
  title,
  arch,
  run,
}: {
  diff: Diff;
  title: string;
  arch: Parameters<typeof formatCondition>[1]["arch"];
  run: (call: string) => void;
}) {
  const calls = new Set(differences.map(({ name }) => name)).size;
  return (
    <>
      <p role="status">
        {differences.length === 0
          ? "No difference, for every value of every argument."
          : `${calls} system ${calls === 1 ? "call differs" : "calls differ"}.`}
        {unsure.length > 0 && ` Too much to compare as a whole: ${unsure.join(", ")}.`}
      </p>
      {differences.length > 0 && (
        <div class="wide">
          <table role="table" class="calls list differences">
            <caption class="unseen">Differences</caption>
            <thead role="rowgroup">
              <tr role="row">
                {["Call", "Here", title, "Which calls", "Try"].map((head) => (
                  <th key={head} scope="col" role="columnheader">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {differences.map((one) => (
                <tr role="row" key={`${one.name} ${one.left.ret} ${one.right.ret}`}>
                  <th scope="row" role="rowheader" aria-label={one.name}>
                    {breakable(one.name)}
                  </th>
                  <td role="cell">
                    <VerdictCell verdict={one.left} />
                  </td>
                  <td role="cell">
                    <VerdictCell verdict={one.right} />
                  </td>
                  <td role="cell">
                    {one.condition === undefined
                      ? "some"
                      : breakable(formatCondition(one.condition, { name: one.name, arch }))}
                  </td>
                  <td role="cell">
                    <button
                      type="button"
                      class="link"
                      aria-label={one.call}
                      onClick={() => run(one.call)}
                    >
                      <code>{breakable(one.call)}</code>
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <OnlyOn title="Only here" names={onlyLeft} />
      <OnlyOn title="Only there" names={onlyRight} />
    </>
  );
}

function OnlyOn({ title, names }: { title: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <details>
      <summary>
        {title}: {names.length} system calls that the other architecture has not got
      </summary>
      <p class="muted">{names.join(", ")}</p>
    </details>
  );
}
