import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { recordExpectations } from "../../src/suite/update.js";

const FIRST = ["cases", 0];

describe("recording what a case gets", () => {
  test.for([
    {
      what: "replaces a word and leaves the comment",
      before: "cases:\n  - call: mount # why\n    record: true\n    expect: allow   # note\n",
      words: ["errno(EPERM)"],
      after: "cases:\n  - call: mount # why\n    record: true\n    expect: errno(EPERM)   # note\n",
    },
    {
      what: "puts the key where it is missing",
      before: "cases:\n  - record: true # first\n    call: mount\n",
      words: ["allow"],
      after: "cases:\n  - expect: allow\n    record: true # first\n    call: mount\n",
    },
    {
      what: "puts the key between others at their depth",
      before: "cases:\n- call: mount\n  record: true\n- call: x\n",
      words: ["allow"],
      after: "cases:\n- call: mount\n  expect: allow\n  record: true\n- call: x\n",
    },
    {
      what: "replaces a list in lines",
      before: "cases:\n  - record: true\n    expect:\n      - allow\n      - log\n    call: a\n",
      words: ["trap"],
      after: "cases:\n  - record: true\n    expect:\n      trap\n    call: a\n",
    },
    {
      what: "writes several words as a list",
      before: "cases:\n  - { call: a, record: true }\n",
      words: ["allow", "log"],
      after: "cases:\n  - { call: a, expect: [allow, log], record: true }\n",
    },
    {
      what: "quotes as JSON does",
      before: '{"cases": [{"call": "a", "record": true}]}',
      words: ["errno(EPERM)"],
      after: '{"cases": [{"call": "a", "expect": "errno(EPERM)", "record": true}]}',
    },
    {
      what: "fills an empty expectation",
      before: "cases:\n  - record: true\n    expect:\n    call: a\n",
      words: ["allow"],
      after: "cases:\n  - record: true\n    expect: allow\n    call: a\n",
    },
    {
      what: "replaces a list in brackets",
      before: '{"cases": [{"record": true, "expect": ["allow", "log"]}]}',
      words: ["deny"],
      after: '{"cases": [{"record": true, "expect": "deny"}]}',
    },
  ])("$what", ({ before, words, after }) => {
    const text = recordExpectations(before, [{ path: FIRST, words }]);
    expect(text).toBe(after);
    expect(parse(text).cases[0].expect).toEqual(words.length === 1 ? words[0] : words);
  });

  test("several cases at once keep their places", () => {
    const before =
      "cases:\n  - call: a\n    record: true\n  - call: b\n    record: true\n    expect: allow\n";
    const text = recordExpectations(before, [
      { path: ["cases", 0], words: ["errno(ENOSYS)"] },
      { path: ["cases", 1], words: ["log"] },
    ]);
    expect(parse(text).cases.map((one: { expect: string }) => one.expect)).toEqual([
      "errno(ENOSYS)",
      "log",
    ]);
  });

  test.for([
    [
      "expectation",
      "cases:\n  - record: true\n    expect: &e allow\n  - expect: *e\n",
      "others use its expectation by *e",
    ],
    [
      "record",
      "x: &x { record: true }\ncases:\n  - <<: *x\n    call: a\n",
      "the case takes its keys from another one",
    ],
    ["case", "x: &x { record: true }\ncases:\n  - *x\n", "the case is another one's, by *x"],
  ] as const)("a shared %s is not changed for others", ([, text, message]) => {
    const place = { file: "a.yaml", line: 3, column: 5 };
    const record = () => recordExpectations(text, [{ path: FIRST, place, words: ["log"] }]);
    expect(record).toThrow(
      expect.objectContaining({ message: `cannot record a verdict here: ${message}`, place }),
    );
  });
});
