import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
// @ts-expect-error a plain script without declarations
import { isFresh, listFiles, writeAtomic } from "../../scripts/lib/files.mjs";
import { temporaryFolder } from "../cli/run.js";

function fileAt(path: string, seconds: number): string {
  writeFileSync(path, path);
  utimesSync(path, seconds, seconds);
  return path;
}

describe("is a build fresh?", () => {
  test.for<[string, number[], number[], boolean]>([
    ["outputs newer than inputs", [10, 20], [30, 40], true],
    ["as old as the newest input", [10, 20], [20], true],
    ["one output older than one input", [10, 35], [30, 40], false],
    ["no output", [10], [], false],
  ])("%s", ([, inputs, outputs, fresh]) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "in"));
    mkdirSync(join(folder, "out"));
    for (const time of inputs) fileAt(join(folder, "in", `${time}`), time);
    for (const time of outputs) fileAt(join(folder, "out", `${time}`), time);
    expect(isFresh([join(folder, "in")], [join(folder, "out")])).toBe(fresh);
  });

  test("a missing output is stale, whatever else is there", () => {
    const folder = temporaryFolder();
    const input = fileAt(join(folder, "in"), 10);
    const output = fileAt(join(folder, "out"), 20);
    expect(isFresh([input], [output, join(folder, "gone")])).toBe(false);
  });
});

test("a file is written in one step and leaves nothing beside it", () => {
  const folder = temporaryFolder();
  writeAtomic(join(folder, "deep", "file"), "content");
  expect(listFiles(folder)).toEqual([join(folder, "deep", "file")]);
});
