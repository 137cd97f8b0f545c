import { useState } from "preact/hooks";
import { CAPABILITIES, DOCKER_DEFAULT_CAPS } from "../abi/capabilities.js";
import { ARCH_NAMES } from "../abi/names.js";
import type { PanelProps } from "./panel.js";
import type { PageTarget } from "./state.js";
import { DIMENSION_VALUES } from "./target-values.js";

const CAP_SETS: Readonly<Record<string, readonly string[]>> = {
  docker: CAPABILITIES.filter((name) => DOCKER_DEFAULT_CAPS.includes(name)),
  none: [],
  all: CAPABILITIES,
};

/** Where the profile would be loaded; whatever is changed here changes everything at once. */
export function TargetBar({ state, session, store }: PanelProps) {
  const { target } = state;
  const change = (part: Partial<PageTarget>): void => store.set({ target: { ...target, ...part } });
  const engine = session.loaded?.target.engine ?? "docker";
  return (
    <section class="target card" aria-label="Target">
      <Choice
        label="Architecture"
        value={target.arch}
        options={ARCH_NAMES}
        choose={(arch) => change({ arch })}
      />
      <Choice
        label="Kernel"
        value={target.kernel}
        options={[...new Set([...DIMENSION_VALUES.kernel, target.kernel])]}
        choose={(kernel) => change({ kernel })}
      />
      <Choice
        label="Engine"
        value={target.engine ?? ""}
        options={["", ...DIMENSION_VALUES.engine]}
        title={(name) => name || (target.engine ? "auto" : `auto: ${engine}`)}
        choose={(name) => change({ engine: name || undefined })}
      />
      <Choice
        label="Runtime"
        value={target.runtime}
        options={[...new Set([...DIMENSION_VALUES.runtime, target.runtime])]}
        choose={(runtime) => change({ runtime })}
      />
      <Choice
        label="libseccomp"
        value={target.libseccomp}
        options={DIMENSION_VALUES.libseccomp}
        choose={(libseccomp) => change({ libseccomp })}
      />
      <Choice
        label="Its table"
        value={target.table ?? ""}
        options={["", ...DIMENSION_VALUES.libseccomp]}
        title={(name) => name || "its own"}
        choose={(name) => change({ table: name || undefined })}
      />
      <Choice
        label="Optimize"
        value={target.optimize ?? ""}
        options={["", "1", "2"]}
        title={(name) => name || "auto"}
        choose={(name) => change({ optimize: name || undefined })}
      />
      <Capabilities caps={target.caps} choose={(caps) => change({ caps })} />
    </section>
  );
}

function Choice({
  label,
  value,
  options,
  title = (name) => name,
  choose,
}: {
  label: string;
  value: string;
  options: readonly string[];
  title?: (name: string) => string;
  choose: (value: string) => void;
}) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map((name) => (
          <option key={name} value={name}>
            {title(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Capabilities({
  caps,
  choose,
}: {
  caps: readonly string[];
  choose: (caps: readonly string[]) => void;
}) {
  // Nobody waits for dozens of boxes that are rarely looked at.
  const [open, setOpen] = useState(false);
  const set = Object.entries(CAP_SETS).find(([, all]) => all.join() === caps.join())?.[0];
  const toggle = (name: string): void =>
    choose(CAPABILITIES.filter((one) => (one === name) !== caps.includes(one)));
  return (
    <details class="caps" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Capabilities
        <span class="muted">{` ${set ?? "chosen"}, ${caps.length} of ${CAPABILITIES.length}`}</span>
      </summary>
      {open && (
        <>
          <div class="bar">
            {Object.entries(CAP_SETS).map(([name, all]) => (
              <button
                key={name}
                type="button"
                class="small"
                aria-pressed={set === name}
                onClick={() => choose(all)}
              >
                {name}
              </button>
            ))}
          </div>
          <fieldset class="checks">
            <legend class="unseen">Capabilities of the container</legend>
            {CAPABILITIES.map((name) => (
              <label key={name}>
                <input
                  type="checkbox"
                  checked={caps.includes(name)}
                  onChange={() => toggle(name)}
                />
                {name.slice(4)}
              </label>
            ))}
          </fieldset>
        </>
      )}
    </details>
  );
}
