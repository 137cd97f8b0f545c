import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { type EditorView, keymap } from "@codemirror/view";
import { type Context, jsonContext, yamlContext } from "./context.js";
import { languageOf } from "./highlight.js";
import { keysAt, resourceKeys, valuesAt, type WordOption } from "./vocabulary.js";

/** Writes a word as JSON does, over what is typed of it, and goes on behind the closing quote. */
function insertJson(option: WordOption, isKey: boolean, { quoted }: Context) {
  return (view: EditorView, _: Completion, from: number, to: number): void => {
    const rest = view.state.sliceDoc(to, Math.min(view.state.doc.length, to + 200));
    const tail = /^[\w.-]*"/.exec(rest)?.[0].length ?? 0;
    const end = quoted === undefined ? to : to + tail;
    const followed = /^\s*:/.test(
      view.state.sliceDoc(end, Math.min(view.state.doc.length, end + 20)),
    );
    const start = quoted === undefined ? from : quoted - 1;
    const word = option.bare ? option.word : JSON.stringify(option.word);
    const insert = isKey && !followed ? `${word}: ` : word;
    view.dispatch({
      changes: { from: start, to: end, insert },
      selection: { anchor: start + insert.length },
      userEvent: "input.complete",
    });
  };
}

function complete(context: CompletionContext): CompletionResult | null {
  const { state, pos, explicit } = context;
  const language = languageOf(state.sliceDoc(0, 2000));
  if (language === "filter") return null;
  const before = state.sliceDoc(0, pos);
  const yaml = language === "yaml";
  const at = yaml ? yamlContext(before) : jsonContext(before);
  const { key, path, quoted, from } = at;
  const isKey = key === undefined;
  if (!explicit && quoted === undefined && from === pos) return null;
  const podman = /"(default)?[eE]rrno"/.test(before);
  const options = isKey
    ? yaml && path.length === 0
      ? resourceKeys()
      : keysAt(path, podman)
    : valuesAt(key);
  if (options.length === 0) return null;
  return {
    from,
    validFor: /^[\w.-]*$/,
    options: options.map((option) => ({
      label: option.word,
      type: isKey ? "property" : "constant",
      ...(option.detail ? { detail: option.detail } : {}),
      ...(option.info ? { info: option.info } : {}),
      apply: yaml ? (isKey ? `${option.word}: ` : option.word) : insertJson(option, isKey, at),
    })),
  };
}

/** Completes keys and values as they are typed, and on Ctrl-Space. */
export const completion: Extension = [
  autocompletion({ override: [complete], icons: false, maxRenderedOptions: 60 }),
  keymap.of(completionKeymap),
];
