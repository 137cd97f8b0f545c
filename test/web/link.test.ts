import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLink, writeLink } from "../../src/web/link.js";
import { DEFAULT_STATE } from "../../src/web/state.js";

function link(json: unknown): string {
  return `#v1/${deflateRawSync(JSON.stringify(json)).toString("base64url")}`;
}

describe("a link", () => {
  test("holds the whole state", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 300 });
    const name = fc.string({ unit: "grapheme", maxLength: 20 });
    const state = fc.record({
      profile: fc.record({ kind: fc.constant("text" as const), text, file: name }),
      calls: text,
      selected: fc.nat(),
      suite: text,
    });
    await fc.assert(
      fc.asyncProperty(state, async (change) => {
        const fragment = await writeLink({ ...DEFAULT_STATE, ...change });
        expect(fragment).toMatch(/^#v1\/[\w-]+$/);
        const read = await readLink(fragment);
        expect(read).toEqual({ state: { ...DEFAULT_STATE, ...change }, problem: undefined });
      }),
      { numRuns: 50 },
    );
  });

  test("to a sample, or to nothing", async () => {
    expect(await readLink("")).toEqual({ state: DEFAULT_STATE, problem: undefined });
    const { state } = await readLink("#sample/podman-default");
    expect(state.profile).toEqual({ kind: "sample", id: "podman-default" });
  });

  const { target } = DEFAULT_STATE;
  const profile = { kind: "text", file: "x", text: "{}" };
  test.for<[string, string, RegExp]>([
    ["of a later version", "#v2/abc", /newer version/],
    ["cut short", link({ ...DEFAULT_STATE, calls: "x".repeat(500) }).slice(0, -4), /damaged/],
    ["with other letters", "#v1/%%%", /damaged/],
    ["without a part", link({ profile, target }), /damaged/],
    ["with a part of another kind", link({ ...DEFAULT_STATE, target: [] }), /damaged/],
    ["that unpacks to too much", link({ calls: "x".repeat(9_000_000) }), /damaged/],
    ["to no sample", "#sample/none", /no sample/],
    ["of something else", "#other", /not one of this page/],
  ])("%s is explained, and a sample shown", async ([, hash, problem]) => {
    const read = await readLink(hash);
    expect(read.state).toEqual(DEFAULT_STATE);
    expect(read.problem).toMatch(problem);
  });
});
