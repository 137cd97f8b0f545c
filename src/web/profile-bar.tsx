import { useRef, useState } from "preact/hooks";
import { archByName } from "../abi/names.js";
import { loadProfile } from "../analysis/source.js";
import { disassemble } from "../bpf/disassemble.js";
import { formatText } from "./format-text.js";
import type { PanelProps } from "./panel.js";
import { SAMPLES, type SampleId } from "./samples.js";
import { attempt, inputText } from "./session.js";
import type { PageState } from "./state.js";
import { useDrop } from "./use-drop.js";

/** What stands above the editor: samples, files, and the formatter. */
export function ProfileBar({ state, store }: PanelProps) {
  const value = state.profile.kind === "sample" ? state.profile.id : "";
  const picker = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string>();
  const take = async (file: File): Promise<void> => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    setProblem(
      attempt<string | undefined>(
        () => {
          store.set({ profile: readFile(bytes, file.name, store.state) });
          return undefined;
        },
        (error) => error.message,
      ),
    );
  };
  const over = useDrop(take);
  const format = (): void => {
    const text = inputText(state.profile, state.target);
    const formatted = formatText(text);
    if (formatted === undefined || formatted === text) return;
    const file = state.profile.kind === "text" ? state.profile.file : "profile.json";
    store.set({ profile: { kind: "text", text: formatted, file } });
  };
  return (
    <div class="bar">
      <h2>Profile</h2>
      <select
        aria-label="Sample profile"
        value={value}
        onChange={(event) => {
          setProblem(undefined);
          store.set({ profile: { kind: "sample", id: event.currentTarget.value as SampleId } });
        }}
      >
        {value === "" && <option value="">Your text</option>}
        {SAMPLES.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
      <button type="button" onClick={() => picker.current?.click()}>
        Open…
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="Profile or filter"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file) void take(file);
          event.currentTarget.value = "";
        }}
      />
      <button type="button" onClick={format}>
        Format
      </button>
      {over && <div class="drop">Drop a profile or a filter</div>}
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

/** A file as a text of the editor: a raw filter becomes its listing, which is read as that filter. */
function readFile(bytes: Uint8Array, file: string, { target }: PageState): PageState["profile"] {
  const arch = archByName(target.arch)?.name;
  const source = loadProfile(bytes, { file, arch });
  const isRaw = source.kind === "filter" && bytes.includes(0);
  const text = isRaw
    ? `${disassemble(source.instructions).join("\n")}\n`
    : new TextDecoder().decode(bytes);
  return { kind: "text", text, file };
}
