import { describe, expect, test } from "vitest";
import { formatPlace, SeccompSimError } from "../../src/errors.js";
import { readSuite } from "../../src/suite/reader.js";
import type { SuiteTarget } from "../../src/suite/suite.js";

function complaint(text: string): string {
  try {
    readSuite(text, "s.yaml");
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    const where = error.place ? formatPlace(error.place) : "nowhere";
    return `${where} ${error.message}${error.hint ? ` | ${error.hint}` : ""}`;
  }
  return "accepted";
}

const CASES = "cases: [{ call: getpid, expect: allow }]\n";

describe("readSuite", () => {
  test("reads cases with their places, and the target as it is written", () => {
    const suite = readSuite(
      [
        "profile: web.json",
        "target: { kernel: 6.10, caps: none, cap: [sys_admin, CAP_CHOWN], libseccomp: 2.5.4 }",
        "cases:",
        "  - name: files",
        "    calls:",
        "      - openat(AT_FDCWD, 0, O_RDONLY|O_CLOEXEC)",
        '      - "#435(0x10, 88)"',
        "    expect: [errno, kill_process]",
      ].join("\n"),
      "s.yaml",
    );
    expect(suite.subjects).toMatchObject([{ kind: "argument", text: "web.json" }]);
    const [target] = suite.targets as [SuiteTarget];
    expect(target.label).toBe("");
    expect(target.target.kernel).toEqual({ major: 6, minor: 10 });
    expect(target.target.caps).toEqual(["CAP_CHOWN", "CAP_SYS_ADMIN"]);
    expect(target.target.libseccomp).toBe("2.5.4");
    const [one] = suite.cases;
    expect(
      one
        ?.callsFor(target)
        .map(({ numbers, place }) => [numbers[0]?.low, place.line, place.column]),
    ).toEqual([
      [257, 6, 9],
      [435, 7, 9],
    ]);
    expect(one?.expect?.text).toBe("errno or kill_process");
  });

  test("reads JSON, and follows anchors", () => {
    expect(
      readSuite(
        `{"profile":"strict",${JSON.stringify({ cases: [{ call: "read", expect: "allow" }] }).slice(1)}`,
        "s.json",
      ).cases,
    ).toHaveLength(1);
    const text = `profile: strict\ncases:\n  - { call: &c getpid, expect: kill }\n  - { call: *c, expect: kill }\n`;
    expect(readSuite(text, "s.yaml").cases).toHaveLength(2);
  });

  test.for<[string, string, RegExp]>([
    ["nothing at all", "", /^s.yaml:1:1 a suite is a map/],
    ["a list", "- 1\n", /^s.yaml:1:1 a suite is a map/],
    ["no profile", CASES, /"profile" is missing/],
    ["no cases", "profile: strict\n", /"cases" is missing/],
    ["an empty suite", "profile: strict\ncases: []\n", /^s.yaml:2:8 "cases" is empty/],
    [
      "a case that is text",
      "profile: strict\ncases:\n  - mount\n",
      /"cases\[0\]" must be a map with call/,
    ],
    ["no value for cases", "profile: strict\ncases:\n", /"cases" must be a list/],
    [
      "an unknown key",
      `profil: strict\n${CASES}`,
      /^s.yaml:1:1 unknown key "profil" \| did you mean profile\?/,
    ],
    [
      "an unknown target key",
      `profile: strict\ntarget: { kernle: "5.1" }\n${CASES}`,
      /^s.yaml:2:11 unknown key "kernle" \| did you mean kernel\?/,
    ],
    [
      "an unknown case key",
      "profile: strict\ncases: [{ call: getpid, expected: allow }]\n",
      /^s.yaml:2:25 unknown key "expected" \| did you mean expect\?/,
    ],
    [
      "call and calls",
      "profile: strict\ncases: [{ call: getpid, calls: [read], expect: allow }]\n",
      /^s.yaml:2:9 .*not both/,
    ],
    [
      "neither call nor calls",
      "profile: strict\ncases: [{ expect: allow }]\n",
      /^s.yaml:2:9 a case needs/,
    ],
    [
      "no expectation",
      "profile: strict\ncases: [{ call: getpid }]\n",
      /"cases\[0\].expect" is missing/,
    ],
    [
      "an empty list of calls",
      "profile: strict\ncases: [{ calls: [], expect: allow }]\n",
      /is empty/,
    ],
    [
      "a call that is a fraction",
      "profile: strict\ncases: [{ call: 3.9, expect: allow }]\n",
      /a call written as text, or a number, not 3.9/,
    ],
    [
      "a call that YAML takes for a comment",
      "profile: strict\ncases:\n  - expect: allow\n    call: #39()\n",
      /must be a call.*quote such a call/,
    ],
    [
      "a call that nobody knows",
      "profile: strict\ncases: [{ call: getpit, expect: allow }]\n",
      /^s.yaml:2:17 .*getpit.*did you mean getp/,
    ],
    [
      "an expectation that is none",
      "profile: strict\ncases: [{ call: getpid, expect: deney }]\n",
      /^s.yaml:2:33 .*did you mean deny/,
    ],
    [
      "capabilities as a list of caps",
      `profile: strict\ntarget: { caps: [CAP_CHOWN] }\n${CASES}`,
      /^s.yaml:2:18 .*none, docker or all, not "CAP_CHOWN" \| .*cap:/,
    ],
    [
      "an unknown capability",
      `profile: strict\ntarget: { cap: SYS_ADMIM }\n${CASES}`,
      /^s.yaml:2:\d+ .*SYS_ADMIM.*SYS_ADMIN/,
    ],
    [
      "a level that does not exist",
      `profile: strict\ntarget: { optimize: 3 }\n${CASES}`,
      /1 or 2, not 3/,
    ],
    ["a key twice", `profile: strict\nprofile: strict\n${CASES}`, /^s.yaml:2:1 /],
    ["broken YAML", "profile: [\n", /^s.yaml:\d+:\d+ /],
    ["a tab for indentation", `profile: strict\ncases:\n\t- call: getpid\n`, /^s.yaml:3:1/],
    ["two documents", `profile: strict\n${CASES}---\nprofile: strict\n`, /^s.yaml:3:1/],
    ["an unknown tag", `profile: !secret strict\n${CASES}`, /^s.yaml:1:10/],
    [
      "an anchor that contains itself",
      `profile: strict\ncases: &a [*a]\n`,
      /nested too deeply|must be/,
    ],
    ["an unknown anchor", `profile: *nobody\n${CASES}`, /^s.yaml:1:10/],
    [
      "deep nesting",
      `profile: ${"[".repeat(20000)}${"]".repeat(20000)}\n${CASES}`,
      /nested too deeply|must be/,
    ],
  ])("%s", ([, text, message]) => {
    expect(complaint(text)).toMatch(message);
  });

  test("aliases of aliases do not blow up", () => {
    const levels = Array.from({ length: 12 }, (_, i) => {
      const items = Array(20).fill(i === 0 ? "getpid" : `*l${i - 1}`);
      return `l${i}: &l${i} [${items.join(", ")}]`;
    });
    expect(complaint(levels.join("\n"))).toMatch(/too many parts/);
  });
});
