import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEvaluator } from "../../src/evaluator/evaluator.js";
import { combine } from "../../src/seccomp/stack.js";
import { record } from "../evaluator/build.js";

const KILL_PROCESS = 0x80000000;
const KILL_THREAD = 0;
const TRAP = 0x00030000;
const ERRNO = 0x00050000;
const USER_NOTIF = 0x7fc00000;
const TRACE = 0x7ff00000;
const LOG = 0x7ffc0000;
const ALLOW = 0x7fff0000;
/** From strongest to weakest. */
const ORDER = [KILL_PROCESS, KILL_THREAD, TRAP, ERRNO, USER_NOTIF, TRACE, LOG, ALLOW];
const pairs = ORDER.flatMap((strong, n) =>
  ORDER.slice(n + 1).map((weak): [number, number] => [strong, weak]),
);

/** What the machine makes of filters that return these words, newest first. */
function byMachine(words: readonly number[]) {
  const filters = [...words].reverse().map((k) => [{ code: 0x06, jt: 0, jf: 0, k }]);
  const evaluator = createEvaluator(filters, "little");
  const ret = evaluator.evaluate(record());
  const { match } = evaluator.decide(record());
  evaluator.close();
  return { ret, match: match === undefined ? undefined : words.length - 1 - match };
}

describe("the stronger action wins wherever it stands", () => {
  test.for(pairs)("0x%x over 0x%x", ([strong, weak]) => {
    for (const words of [
      [strong, weak],
      [weak, strong],
      [weak, strong, weak],
    ]) {
      const expected = { ret: strong, match: words.indexOf(strong) };
      expect(combine(words)).toEqual(expected);
      expect(byMachine(words)).toEqual(expected);
    }
  });
});

// Words newest first, what the kernel acts on, and which of them decided.
const CASES: [what: string, words: number[], ret: number, match: number | undefined][] = [
  ["no filter in filter mode", [], KILL_PROCESS, undefined],
  ["equal actions: the newest, with its data", [ERRNO + 7, ERRNO + 5], ERRNO + 7, 0],
  ["data does not count", [ERRNO + 0xffff, ERRNO], ERRNO + 0xffff, 0],
  ["ALLOW everywhere", [ALLOW, ALLOW], ALLOW, undefined],
  ["data of ALLOW is dropped", [ALLOW + 0x1234], ALLOW, undefined],
  ["ALLOW with data changes nothing", [ALLOW + 1, LOG, ALLOW + 2], LOG, 1],
  ["an unknown action beats ALLOW", [ALLOW, 0x7ffe0000], 0x7ffe0000, 1],
  ["an unknown action sorts by its number", [0x00040000, ERRNO], 0x00040000, 0],
  ["an unknown action weaker than ERRNO", [0x12340000, ERRNO + 1], ERRNO + 1, 1],
  ["unknown and negative beats KILL_THREAD", [KILL_THREAD, 0xffff0000], 0xffff0000, 1],
  ["KILL_PROCESS is below every other", [0xffff0000, KILL_PROCESS], KILL_PROCESS, 1],
];

test.for(CASES)("%s", ([, words, ret, match]) => {
  expect(combine(words)).toEqual({ ret, match });
  expect(byMachine(words)).toEqual({ ret, match });
});

test("the machine's stack and `combine` agree", () => {
  const words = fc.array(
    fc.oneof(
      fc.constantFrom(...ORDER).chain((action) => fc.nat({ max: 3 }).map((data) => action + data)),
      fc.nat({ max: 0xffffffff }),
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(words, (returned) => {
      expect(byMachine(returned)).toEqual(combine(returned));
    }),
    { numRuns: 500 },
  );
});
