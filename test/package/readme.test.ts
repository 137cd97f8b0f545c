import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error a plain script without declarations
import { commandsOf, render } from "../../scripts/readme.mjs";

const text = readFileSync("README.md", "utf8");

test("README.md shows what its commands print", () => {
  expect(commandsOf(text).length).toBeGreaterThan(4);
  expect(render(text)).toBe(text);
});

test("README.md begins with one sentence and the two commands", () => {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]?.trim());
  expect(blocks.slice(0, 2)).toEqual([
    "npm ci && npx seccomp-sim test examples",
    "npm ci && npm test",
  ]);
});
