import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
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

/** What a block says that it prints: comments behind `console.log`, and those right after a loop. */
function promised(code: string): string[] {
  const lines = code.split("\n");
  return lines.flatMap((line, i) => {
    const behind = /console\.log\(.*\); \/\/ (.*)$/.exec(line)?.[1];
    if (behind !== undefined) return [behind];
    const after = /^\/\/ (.*)$/.exec(line)?.[1];
    const before = lines.slice(0, i).findLast((one) => !one.startsWith("//"));
    return after !== undefined && before === "}" ? [after] : [];
  });
}

const examples = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

test.for(examples.map((code, i): [number, string] => [i + 1, code]))(
  "example %i prints what it says",
  ([, code]) => {
    const ran = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      encoding: "utf8",
      cwd: resolve("."),
    });
    expect(ran.stderr).toBe("");
    expect(ran.stdout.trimEnd().split("\n")).toEqual(promised(code));
    expect(promised(code).length).toBeGreaterThan(1);
  },
);
