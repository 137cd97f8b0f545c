import { CAPABILITIES } from "../abi/capabilities.js";
import { isSampleId } from "./samples.js";
import {
  type CompareInput,
  DEFAULT_STATE,
  type PageState,
  type PageTarget,
  type PanelId,
  type ProfileInput,
} from "./state.js";

/** What a link means; `problem` says why it could not be read, and the state is a sample then. */
export interface Link {
  readonly state: PageState;
  readonly problem: string | undefined;
}

/** Links that unfold to more than this are no pages of ours. */
const MOST_BYTES = 8 * 1024 * 1024;

const INSTEAD = "Docker’s default is shown instead.";

/** Reads an address's fragment: `#v1/…`, `#sample/<id>`, or nothing. Never fails. */
export async function readLink(hash: string): Promise<Link> {
  const [, kind = "", rest = ""] = /^#?([^/]*)\/?(.*)$/s.exec(hash) ?? [];
  if (kind === "") return { state: DEFAULT_STATE, problem: undefined };
  if (kind === "sample") {
    if (!isSampleId(rest)) return broken(`There is no sample “${rest.slice(0, 40)}”.`);
    return {
      state: { ...DEFAULT_STATE, profile: { kind: "sample", id: rest } },
      problem: undefined,
    };
  }
  if (/^v\d+$/.test(kind) && kind !== "v1") {
    return broken("This link was made by a newer version of this page.");
  }
  if (kind !== "v1") return broken("This link is not one of this page’s.");
  try {
    return { state: checkState(JSON.parse(await unfold(rest))), problem: undefined };
  } catch {
    return broken("This link is damaged: perhaps it was cut off on its way.");
  }
}

function broken(why: string): Link {
  return { state: DEFAULT_STATE, problem: `${why} ${INSTEAD}` };
}

/** The fragment that holds a state: JSON, deflated, in the alphabet of addresses. */
export async function writeLink(state: PageState): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of packed) text += String.fromCharCode(byte);
  return `#v1/${btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

async function unfold(text: string): Promise<string> {
  const packed = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = Uint8Array.from(packed, (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const parts: string[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = stream.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parts.join("") + decoder.decode();
    length += value.length;
    if (length > MOST_BYTES) throw new RangeError("too large");
    parts.push(decoder.decode(value, { stream: true }));
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** A link's data is a stranger's: only what has the right shape is taken. */
function checkState(data: unknown): PageState {
  const state = object(data);
  const { panel, selected, suite, compare } = state;
  return {
    profile: checkProfile(state.profile),
    target: checkTarget(state.target),
    calls: text(state.calls),
    selected: typeof selected === "number" && selected >= 0 ? Math.floor(selected) : 0,
    panel: (PANEL_IDS as readonly unknown[]).includes(panel) ? (panel as PanelId) : "why",
    compare: compare === undefined ? undefined : checkCompare(object(compare)),
    suite: suite === undefined ? undefined : text(suite),
  };
}

const PANEL_IDS: readonly PanelId[] = [
  "why",
  "program",
  "matrix",
  "compare",
  "suite",
  "throughput",
];

function checkCompare({ profile, target }: Fields): CompareInput {
  return {
    profile: profile === undefined ? undefined : checkProfile(profile),
    target: target === undefined ? undefined : checkTarget(target),
  };
}

function checkProfile(data: unknown): ProfileInput {
  const { kind, id, text: content, file } = object(data);
  if (kind === "sample" && isSampleId(id)) return { kind, id };
  return { kind: "text", text: text(content), file: text(file).slice(0, 200) };
}

function checkTarget(data: unknown): PageTarget {
  const fields = object(data);
  const word = (key: keyof PageTarget): string => text(fields[key]).slice(0, 40);
  const choice = (key: "engine" | "table" | "optimize"): string | undefined =>
    fields[key] === undefined ? undefined : word(key);
  const { caps } = fields;
  if (!Array.isArray(caps)) throw new TypeError("caps");
  return {
    arch: word("arch"),
    kernel: word("kernel"),
    runtime: word("runtime"),
    libseccomp: word("libseccomp"),
    engine: choice("engine"),
    table: choice("table"),
    optimize: choice("optimize"),
    caps: CAPABILITIES.filter((name) => caps.includes(name)),
  };
}

function object(data: unknown): Fields {
  if (typeof data !== "object" || data === null) throw new TypeError("no object");
  return data as Fields;
}

function text(data: unknown): string {
  if (typeof data !== "string") throw new TypeError("no text");
  return data;
}
