import { describe, expect, test } from "vitest";
import { decodeVerdict, formatVerdict, STRICT_KILL } from "../../src/seccomp/verdict.js";
import { parseExpectation } from "../../src/suite/expectation.js";

const verdicts = {
  allow: decodeVerdict(0x7fff0000),
  log: decodeVerdict(0x7ffc0000),
  trace: decodeVerdict(0x7ff00001),
  notify: decodeVerdict(0x7fc00000),
  eperm: decodeVerdict(0x00050001),
  enosys: decodeVerdict(0x00050026),
  success: decodeVerdict(0x00050000),
  trap: decodeVerdict(0x00030005),
  thread: decodeVerdict(0x00000000),
  process: decodeVerdict(0x80000000),
  strict: STRICT_KILL,
  unknown: decodeVerdict(0x12340000),
};
type Name = keyof typeof verdicts;
const KILLS: Name[] = ["thread", "process", "strict", "unknown"];
const ERRNOS: Name[] = ["eperm", "enosys", "success"];

test.for<[string | string[], Name[]]>([
  ["allow", ["allow"]],
  ["Allow", ["allow"]],
  ["log", ["log"]],
  ["errno", ERRNOS],
  ["errno(EPERM)", ["eperm"]],
  ["ERRNO(eperm)", ["eperm"]],
  ["errno(1)", ["eperm"]],
  ["errno(0)", ["success"]],
  ["errno(38)", ["enosys"]],
  ["trap", ["trap"]],
  ["trap(5)", ["trap"]],
  ["trap(6)", []],
  ["trace", ["trace"]],
  ["trace(1)", ["trace"]],
  ["notify", ["notify"]],
  ["kill_thread", ["thread"]],
  ["kill_process", ["process"]],
  ["KILL", KILLS],
  ["deny", ["trace", "notify", ...ERRNOS, "trap", ...KILLS]],
  [
    ["errno(ENOSYS)", "kill_process"],
    ["enosys", "process"],
  ],
  [
    ["allow", "log"],
    ["allow", "log"],
  ],
])("%j accepts %j and nothing else", ([words, accepted]) => {
  const expectation = parseExpectation(words);
  const matched = Object.entries(verdicts).filter(([, verdict]) => expectation.matches(verdict));
  expect(matched.map(([name]) => name).sort()).toEqual([...accepted].sort());
});

test.for<[string, string]>([
  ["errno(1)", "errno(EPERM)"],
  ["errno(34)", "errno(ERANGE)"],
  ["errno(38)", "errno(38)"],
  ["errno(enosys)", "errno(ENOSYS)"],
])("%s is shown as %s: a name only where it is the same on every architecture", ([word, text]) => {
  expect(parseExpectation(word).text).toBe(text);
});

test("what is printed for a verdict of one action can be expected", () => {
  const printed = Object.values(verdicts).filter((v) => v.action !== "UNKNOWN");
  for (const verdict of printed) {
    expect(parseExpectation(formatVerdict(verdict)).matches(verdict)).toBe(true);
  }
});

describe("refused", () => {
  test.for<[string | string[], RegExp]>([
    ["", /no expectation/],
    ["deney", /did you mean deny/],
    ["errno(EPREM)", /did you mean EPERM/],
    ["EPERM", /did you mean errno\(EPERM\)/],
    ["errno(4096)", /up to 4095/],
    ["errno()", /no expectation/],
    ["errno(-1)", /no errno/],
    ["allow(1)", /takes no value/],
    ["trap(65536)", /0 to 65535/],
    ["constructor", /no expectation/],
    [[], /at least one/],
  ])("%j", ([words, message]) => {
    let complaint = "";
    try {
      parseExpectation(words);
    } catch (error) {
      const { message: sentence, hint } = error as { message: string; hint?: string };
      complaint = `${sentence} ${hint}`;
    }
    expect(complaint).toMatch(message);
  });
});
