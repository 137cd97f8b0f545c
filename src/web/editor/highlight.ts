import { type Extension, RangeSetBuilder } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";

/** What a profile may be written in, by its first characters. */
export type Language = "json" | "yaml" | "filter";

export function languageOf(text: string): Language {
  const start = text.slice(0, 2000).trimStart();
  // A C array begins with a brace, too, but what follows is no key.
  if (/^\{\s*(["}]|$)/.test(start) || start.startsWith("[")) return "json";
  if (/^(#[^\n]*\n\s*)*(%YAML|---|[A-Za-z][\w-]*:(\s|$))/.test(start)) return "yaml";
  return start === "" ? "json" : "filter";
}

/**
 * One token at a time, from the left; the group that matched names the colour. No token goes over the end of
 * a line, so that lines can be coloured alone.
 */
const TOKENS: Readonly<Record<Language, RegExp>> = {
  json: /(?<key>"(?:\\.|[^"\\])*"(?=\s*:))|(?<action>"SCMP_ACT_\w*")|(?<string>"(?:\\.|[^"\\])*"?)|(?<number>-?\d[\w.+-]*)|(?<word>\b(?:true|false|null)\b)/g,
  yaml: /(?<comment>(?<![^\s])#.*)|(?<key>[A-Za-z_$][\w$.-]*(?=\s*:(?:\s|$)))|(?<action>\bSCMP_ACT_\w*)|(?<string>"(?:\\.|[^"\\])*"?|'(?:''|[^'])*'?)|(?<number>(?<![\w-])-?(?:0x[\da-f]+|\d[\d.]*)\b)|(?<word>\b(?:true|false|null)\b)/gi,
  filter:
    /(?<comment>;.*|\/\/.*|\/\*.*)|(?<action>\b(?:ALLOW|ERRNO|KILL\w*|TRAP|LOG|TRACE|USER_NOTIF)\b)|(?<number>\b(?:0x[\da-f]+|\d+)\b)|(?<word>\b(?:if|else|goto|return|ret|ld|ldx|st|stx|tax|txa|ja|j\w+|BPF_\w+)\b)|(?<key>\b[AX]\b|\b\w+(?=:))/gi,
};

const MARKS: Readonly<Record<string, Decoration>> = Object.fromEntries(
  ["key", "string", "number", "word", "comment", "action"].map((name) => [
    name,
    Decoration.mark({ class: `tok-${name}` }),
  ]),
);

/** The colour of an action is that of its verdict. */
const ACTION_MARKS = new Map<string, Decoration>();
const TONES: readonly (readonly [RegExp, string])[] = [
  [/ALLOW/i, "allow"],
  [/ERRNO/i, "errno"],
  [/KILL/i, "kill"],
  [/TRAP/i, "trap"],
  [/TRACE/i, "trace"],
  [/NOTI/i, "notify"],
  [/LOG/i, "log"],
];

function actionMark(text: string): Decoration | undefined {
  const tone = TONES.find(([pattern]) => pattern.test(text))?.[1];
  if (tone === undefined) return MARKS.string;
  const known = ACTION_MARKS.get(tone);
  if (known) return known;
  const made = Decoration.mark({ class: `tok-action ${tone}` });
  ACTION_MARKS.set(tone, made);
  return made;
}

/** Lines longer than this are left plain: nobody reads them. */
const LONGEST_LINE = 5000;

function colour(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const { doc } = view.state;
  const tokens = TOKENS[languageOf(doc.sliceString(0, 2000))];
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = doc.lineAt(at);
      if (line.length <= LONGEST_LINE) {
        for (const match of line.text.matchAll(tokens)) {
          const name = Object.entries(match.groups ?? {}).find(
            ([, text]) => text !== undefined,
          )?.[0];
          const mark = name === "action" ? actionMark(match[0]) : MARKS[name ?? ""];
          if (mark)
            builder.add(line.from + match.index, line.from + match.index + match[0].length, mark);
        }
      }
      at = line.to + 1;
    }
  }
  return builder.finish();
}

/** Colours for JSON, YAML and filters. Profiles are simple enough to be coloured token by token. */
export const highlighting: Extension = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = colour(view);
    }
    update(update: ViewUpdate): void {
      if (update.docChanged || update.viewportChanged) this.decorations = colour(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
