import { ARCH_NAMES } from "../abi/names.js";
import type { PanelProps } from "./panel.js";

export function TargetBar({ state, store }: PanelProps) {
  const { target } = state;
  return (
    <section class="target card" aria-label="Target">
      <label>
        Architecture
        <select
          value={target.arch}
          onChange={(event) =>
            store.set({ target: { ...target, arch: event.currentTarget.value } })
          }
        >
          {ARCH_NAMES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
    </section>
  );
}
