import * as v from "valibot";
import { SeccompSimError } from "../errors.js";
import { SAMPLES } from "./samples.js";
import { DEFAULT_STATE, type PageState } from "./state.js";

/** What a link may unpack to: a profile has 4 MiB at most, and hardly one has a hundredth of that. */
const MOST_BYTES = 8 * 1024 * 1024;

const profile = v.variant("kind", [
  v.strictObject({ kind: v.literal("sample"), id: v.picklist(SAMPLES.map(({ id }) => id)) }),
  v.strictObject({ kind: v.literal("text"), text: v.string(), file: v.string() }),
]);

const target = v.strictObject({
  arch: v.string(),
  caps: v.array(v.string()),
  kernel: v.string(),
  engine: v.optional(v.string()),
  runtime: v.string(),
  libseccomp: v.string(),
});

const state = v.strictObject({
  profile: v.optional(profile),
  target: v.optional(target),
  calls: v.optional(v.string()),
  selected: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  panel: v.optional(v.picklist(["why", "program", "matrix", "compare", "suite", "throughput"])),
  compare: v.optional(v.strictObject({ profile: v.optional(profile), target: v.optional(target) })),
  suite: v.optional(v.string()),
});

/**
 * The fragment of an address that opens the page with this state: `v1/` and what differs from the page's
 * beginning, as JSON, deflated, in the base64 of addresses.
 */
export async function encodeState(change: Partial<PageState>): Promise<string> {
  const begin: Readonly<Record<string, unknown>> = { ...DEFAULT_STATE };
  const differing = Object.entries(change).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(begin[key]),
  );
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(differing)));
  const packed = await collect(pipe(json, new CompressionStream("deflate-raw")));
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return `v1/${btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

/** The state of a fragment's `v1/…`. Throws `bad-link` with the reason. */
export async function decodeState(fragment: string): Promise<PageState> {
  const [, version, data = ""] = /^v(\d+)\/(.*)$/s.exec(fragment) ?? [];
  if (version !== "1") {
    const newer = version !== undefined;
    throw badLink(
      newer ? `it is of version ${version}, newer than this page` : "it has no version",
    );
  }
  let json: unknown;
  try {
    const binary = atob(data.replace(/-/g, "+").replace(/_/g, "/"));
    const packed = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const bytes = await collect(pipe(packed, new DecompressionStream("deflate-raw")));
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    if (cause instanceof SeccompSimError) throw cause;
    throw badLink("a part of it is missing or changed", cause);
  }
  const read = v.safeParse(state, json);
  if (!read.success) {
    const [issue] = read.issues;
    throw badLink(`${v.getDotPath(issue) ?? "its content"} is not what it should be`);
  }
  return { ...DEFAULT_STATE, ...(read.output as Partial<PageState>) };
}

function badLink(why: string, cause?: unknown): SeccompSimError {
  return new SeccompSimError("bad-link", `this link cannot be read: ${why}`, { cause });
}

function pipe(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream().pipeThrough(through);
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    total += value.length;
    if (total > MOST_BYTES) {
      await reader.cancel();
      throw badLink("it is too large");
    }
    chunks.push(value);
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
