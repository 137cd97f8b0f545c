import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeParts } from "../../src/cli/write-file.js";
import { temporaryFolder } from "./run.js";

function* broken(error: Error): Generator<string> {
  yield "begun";
  throw error;
}

test("what goes wrong while parts are made is no matter of the file, of which nothing is left", () => {
  const folder = temporaryFolder();
  const error = new RangeError("Invalid string length");
  expect(() => writeParts(join(folder, "out.json"), broken(error))).toThrow(error);
  expect(readdirSync(folder)).toEqual([]);
  expect(() => writeParts(join(folder, "no", "out.json"), ["a"])).toThrow(/out\.json: no such/);
});
