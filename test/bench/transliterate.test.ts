import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
// @ts-expect-error plain JavaScript, as the benchmark runs without a build
import { transliterate } from "../../bench/transliterate.mjs";
import type { Instruction } from "../../src/bpf/instruction.js";
import { runReference } from "../../src/evaluator/reference.js";
import { verifyFilter } from "../../src/evaluator/verify.js";
import { temporaryFolder } from "../cli/run.js";
import { Random } from "../oracle/random.js";
import { randomProgram } from "../oracle/random-program.js";

const PROGRAMS = 300;
const RECORDS = 50;
const random = new Random(1);

function programs(): Instruction[][] {
  const found: Instruction[][] = [];
  while (found.length < PROGRAMS) {
    const program = randomProgram(random);
    if (verifyFilter(program).ok) found.push(program);
  }
  return found;
}

/** Words that comparisons of random programs like to meet, and others. */
function records(): Uint8Array {
  const words = Uint32Array.from({ length: 16 * RECORDS }, () =>
    random.pick([0, 1, 39, 0x40000000, 0x80000000, 0xc000003e, 0xffffffff, random.word()]),
  );
  return new Uint8Array(words.buffer);
}

/** Answers the records on standard input: all words of the first program, then of the next. */
const main = (count: number) => `
#include <stdio.h>
static uint32_t (*const FILTERS[])(const uint32_t *) = {
  ${Array.from({ length: count }, (_, i) => `filter_${i}`).join(", ")}
};
int main(void) {
  static uint32_t records[${RECORDS}][16];
  if (fread(records, 64, ${RECORDS}, stdin) != ${RECORDS}) return 1;
  for (int f = 0; f < ${count}; f++)
    for (int i = 0; i < ${RECORDS}; i++) {
      uint32_t word = FILTERS[f](records[i]);
      fwrite(&word, 4, 1, stdout);
    }
  return 0;
}`;

const hasCompiler = spawnSync("cc", ["--version"]).status === 0;

test.skipIf(!hasCompiler)("filters as C decide as the reference does", () => {
  const filters = programs();
  const functions = filters.map((program, i) =>
    transliterate(program).replace("run_filter", `filter_${i}`),
  );
  const folder = temporaryFolder();
  const source = join(folder, "filters.c");
  writeFileSync(source, ["#include <stdint.h>", ...functions, main(PROGRAMS)].join("\n"));
  const binary = join(folder, "filters");
  execFileSync("cc", ["-O1", "-o", binary, source]);
  const input = records();
  const output = execFileSync(binary, { input, maxBuffer: 1 << 24 });
  const words = new Uint32Array(new Uint8Array(output).buffer);
  const expected = filters.flatMap((program) =>
    Array.from({ length: RECORDS }, (_, i) =>
      runReference(program, input.subarray(64 * i, 64 * i + 64), "little"),
    ),
  );
  expect([...words]).toEqual(expected);
});

test("what is no opcode of seccomp is refused", () => {
  expect(() => transliterate([{ code: 0x28, jt: 0, jf: 0, k: 0 }])).toThrow("0x28 at 0");
});
