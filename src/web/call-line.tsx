import { useEffect, useRef, useState } from "preact/hooks";
import { archByName } from "../abi/names.js";
import { type CallHelp, callHelp, namesIn, withConstant } from "./call-completion.js";
import { errorLine } from "./editor/status.js";
import { VerdictMark } from "./mark.js";
import type { PanelProps } from "./panel.js";
import { chosenAnswer, splitCalls } from "./session.js";
import { argumentText, signatureText } from "./signature-text.js";

/** How many of the calls asked before are offered. */
const REMEMBERED = 12;
/** A call is remembered when nobody has typed for so long. */
const SETTLED_MS = 1500;

/** Where calls are typed: one or several, separated by `;`. */
export function CallLine({ state, session, store }: PanelProps) {
  const input = useRef<HTMLInputElement>(null);
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const [active, setActive] = useState(-1);
  const [past, setPast] = useState<readonly string[]>([]);
  const { calls } = state;
  const arch = archByName(state.target.arch)?.name ?? "x86_64";
  const help = cursor === undefined ? undefined : callHelp(calls, cursor, arch);
  const names = help?.kind === "syscall" ? help.names : [];
  const settled = session.answers.every((one) => one.kind === "answer") && calls.trim() !== "";
  useEffect(() => {
    if (!settled) return;
    const timer = setTimeout(
      () => setPast((all) => [calls, ...all.filter((one) => one !== calls)].slice(0, REMEMBERED)),
      SETTLED_MS,
    );
    return () => clearTimeout(timer);
  }, [calls, settled]);

  const put = (text: string, at: number, goBack = true): void => {
    store.set({ calls: text });
    setCursor(at);
    setActive(-1);
    if (!goBack) return;
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(at, at);
    });
  };
  const choose = (name: string): void => {
    if (help?.kind !== "syscall") return;
    const end = cursor ?? calls.length;
    const opens = calls[end] === "(" ? "" : "(";
    const close = opens && !calls.slice(end).startsWith(")") ? ")" : "";
    const text = `${calls.slice(0, help.from)}${name}${opens}${close}${calls.slice(end)}`;
    put(text, help.from + name.length + 1);
  };
  const onKey = (event: KeyboardEvent): void => {
    const { length } = names;
    if (length > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((active + step + length + (active < 0 && step < 0 ? 1 : 0)) % length);
    } else if (names[active] !== undefined && (event.key === "Enter" || event.key === "Tab")) {
      event.preventDefault();
      choose(names[active]);
    } else if (event.key === "Enter") setCursor(undefined);
  };
  const follow = (): void => setCursor(input.current?.selectionStart ?? undefined);
  return (
    <section
      class="call card"
      aria-label="Call"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        setCursor(undefined);
        input.current?.focus();
      }}
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setCursor(undefined);
      }}
    >
      <div class="bar">
        <label for="calls">System call</label>
        {past.length > 1 && (
          <select
            aria-label="Calls asked before"
            value=""
            onChange={(event) => put(event.currentTarget.value, event.currentTarget.value.length)}
          >
            <option value="">History</option>
            {past.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        )}
      </div>
      <input
        id="calls"
        ref={input}
        class="mono"
        value={calls}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        role="combobox"
        aria-expanded={names.length > 0}
        aria-controls="call-names"
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `call-name-${active}` : undefined}
        onInput={(event) => {
          store.set({
            calls: event.currentTarget.value,
            selected: selectedAt(event.currentTarget),
          });
          setActive(-1);
          follow();
        }}
        onKeyUp={(event) => event.key.startsWith("Arrow") && names.length === 0 && follow()}
        onClick={follow}
        onKeyDown={onKey}
      />
      <div class="popup">
        <div id="call-names" role="listbox" aria-label="System calls" hidden={names.length === 0}>
          {names.map((name, i) => (
            <div
              key={name}
              id={`call-name-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === active}
              onMouseDown={(event) => {
                event.preventDefault();
                choose(name);
              }}
            >
              <code>{signatureText(name, arch)}</code>
            </div>
          ))}
        </div>
        {help?.kind === "argument" && (
          <ArgumentHelp
            help={help}
            put={(text, goBack) => {
              const after = calls.slice(help.to);
              put(calls.slice(0, help.from) + text + after, help.from + text.length, goBack);
            }}
          />
        )}
      </div>
      <AnswerRow state={state} session={session} store={store} />
    </section>
  );
}

/** Which of the calls the cursor stands in. */
function selectedAt({ value, selectionStart }: HTMLInputElement): number {
  return Math.max(0, splitCalls(value.slice(0, selectionStart ?? value.length)).length - 1);
}

/** The argument at the cursor: its name and type, and what it may be made of. */
function ArgumentHelp({
  help,
  put,
}: {
  help: CallHelp & { kind: "argument" };
  put: (text: string, goBack: boolean) => void;
}) {
  const chosen = namesIn(help.text);
  return (
    <div class="argument">
      <code>
        {`${help.call}(`}
        {help.args.map((one, i) => (
          <span key={one.name}>
            {i > 0 && ", "}
            {i === help.index ? <b>{argumentText(one)}</b> : argumentText(one)}
          </span>
        ))}
        )
      </code>
      {help.constants.length > 0 && (
        <fieldset class="checks">
          <legend class="unseen">{`Values of ${help.args[help.index]?.name}`}</legend>
          {help.constants.map((one) => (
            <label key={one.name}>
              <input
                type="checkbox"
                checked={chosen.includes(one.name)}
                // By keys, one goes on from box to box; who uses a mouse, types on.
                onClick={({ detail }) =>
                  put(withConstant(help.text, one, help.constants), detail > 0)
                }
              />
              {one.name}
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}

/**
 * A row of fixed height, so that nothing below moves: what is wrong with the chosen call, how calls are
 * written, or all the calls with their verdicts, of which one is explained.
 */
function AnswerRow({ state, session, store }: PanelProps) {
  const { answers } = session;
  const chosen = chosenAnswer(state, answers);
  const problem = chosen?.kind === "error" ? errorLine(chosen.error) : undefined;
  return (
    <div class="answers">
      {answers.length > 1 && (
        <ul>
          {answers.map((one, i) => (
            <li key={`${i} ${one.text}`}>
              <button
                type="button"
                aria-pressed={one === chosen}
                onClick={() => store.set({ selected: i })}
              >
                {one.kind === "answer" ? <VerdictMark verdict={one.explanation.verdict} /> : "✕"}
                <code>{one.text}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
      <p role="status" class={problem === undefined ? "muted" : "problem"} title={problem}>
        {problem ?? (answers.length < 2 && "As strace prints it; several, separated by ;")}
      </p>
    </div>
  );
}
