import { useRef, useState } from "preact/hooks";
import { encodeFilter } from "../bpf/encode.js";
import { writeLink } from "./link.js";
import type { PanelProps } from "./panel.js";
import { copyText, saveFile } from "./save.js";
import { commandLine, suiteText } from "./to-tool.js";

/** Ways out of the page: a link to it, the same question for the command line, files. */
export function ShareMenu({ state, session }: PanelProps) {
  const menu = useRef<HTMLDetailsElement>(null);
  const [copied, setCopied] = useState<{ what: string; text: string; done: boolean }>();
  const copy = async (what: string, text: string): Promise<void> => {
    setCopied({ what, text, done: await copyText(text) });
  };
  const share = async (): Promise<void> => {
    const hash = await writeLink(state);
    history.replaceState(null, "", hash);
    await copy("Link", location.href.replace(/#.*$/, "") + hash);
  };
  const filters = session.loaded?.simulator.filters ?? [];
  const [filter] = filters;
  const saveFilter = (): void => {
    if (!filter || !session.loaded) return;
    const bytes = encodeFilter(filter.instructions, session.loaded.simulator.endian);
    saveFile("filter.bpf", new Uint8Array(bytes));
  };
  return (
    <details
      class="share"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current) return;
        menu.current.open = false;
        menu.current.querySelector("summary")?.focus();
      }}
    >
      <summary>Share</summary>
      <div class="menu card">
        <button type="button" onClick={() => void share()}>
          Copy link
        </button>
        <button type="button" onClick={() => void copy("Command", commandLine(state))}>
          Copy as command line
        </button>
        <button
          type="button"
          onClick={() => saveFile("page.seccomp.yaml", suiteText(state, session))}
        >
          Save as suite
        </button>
        <button type="button" disabled={!filter} onClick={saveFilter}>
          Save compiled filter
        </button>
        {copied && (
          <label class="copied">
            <span role="status">
              {copied.done ? `${copied.what} copied.` : `${copied.what}, to be copied by hand:`}
            </span>
            <input
              class="mono"
              readOnly
              value={copied.text}
              onFocus={(event) => event.currentTarget.select()}
            />
          </label>
        )}
      </div>
    </details>
  );
}
