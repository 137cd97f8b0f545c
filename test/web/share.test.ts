import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLink } from "../../src/web/link.js";
import { encodeState } from "../../src/web/share.js";
import { DEFAULT_STATE } from "../../src/web/state.js";

function link(json: unknown): string {
  return `#v1/${deflateRawSync(JSON.stringify(json)).toString("base64url")}`;
}

describe("a link", () => {
  test("holds the whole state", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 300 });
    const state = fc.record(
      {
        profile: fc.record({ kind: fc.constant("text" as const), text, file: text }),
        calls: text,
        selected: fc.nat(),
        suite: text,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(state, async (change) => {
        const fragment = await encodeState(change);
        expect(fragment).toMatch(/^v1\/[\w-]+$/);
        expect(await readLink(`#${fragment}`)).toEqual({
          state: { ...DEFAULT_STATE, ...change },
          problem: undefined,
        });
      }),
      { numRuns: 50 },
    );
  });

  test("to a sample, or to nothing", async () => {
    expect(await readLink("")).toEqual({ state: DEFAULT_STATE, problem: undefined });
    const { state } = await readLink("#sample/podman-default");
    expect(state.profile).toEqual({ kind: "sample", id: "podman-default" });
  });

  test.for<[string, string, RegExp]>([
    ["of a later version", "#v2/abc", /version 2, newer than this page/],
    ["cut short", link({ calls: "x".repeat(500) }).slice(0, -4), /missing or changed/],
    ["with other letters", "#v1/%%%", /missing or changed/],
    ["with a key of another kind", link({ selected: -1 }), /selected is not what it should be/],
    ["with an unknown key", link({ colour: "red" }), /colour is not what it should be/],
    ["that unpacks to too much", link({ calls: "x".repeat(9_000_000) }), /too large/],
    ["of something else", "#sample/none", /not one of this page/],
  ])("%s is explained, and a sample shown", async ([, hash, problem]) => {
    const read = await readLink(hash);
    expect(read.state).toEqual(DEFAULT_STATE);
    expect(read.problem).toMatch(problem);
  });
});
