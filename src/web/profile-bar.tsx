import type { PanelProps } from "./panel.js";
import { SAMPLES, type SampleId } from "./samples.js";

/** What stands above the editor: the samples. */
export function ProfileBar({ state, store }: PanelProps) {
  const value = state.profile.kind === "sample" ? state.profile.id : "";
  return (
    <div class="bar">
      <h2>Profile</h2>
      <select
        aria-label="Sample profile"
        value={value}
        onChange={(event) =>
          store.set({ profile: { kind: "sample", id: event.currentTarget.value as SampleId } })
        }
      >
        {value === "" && <option value="">Your text</option>}
        {SAMPLES.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </div>
  );
}
