import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SuiteOutcome } from "../../src/report/run.js";
import { printable } from "../../src/report/style.js";
import {
  brokenSuite,
  hostile,
  passingSuite,
  ranSuite,
  report,
  unreadableSuite,
} from "./outcomes.js";

interface WorkflowCommand {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/**
 * Reads a line as the runner does (actions/runner, src/Runner.Common/ActionCommand.cs,
 * `TryParseV2`): the command up to the first `::` after the leading one, properties parted by commas at
 * their first `=`, escapes undone last with `%25` at the very end.
 */
function readCommand(line: string): WorkflowCommand {
  const end = line.indexOf("::", 2);
  if (!line.startsWith("::") || end < 0) throw new Error(`no command: ${line}`);
  const info = line.slice(2, end);
  const space = info.indexOf(" ");
  const pairs = info.slice(space + 1).split(",");
  const properties = pairs.map((pair): [string, string] => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw new Error(`no property: ${pair}`);
    const value = pair
      .slice(equals + 1)
      .replaceAll("%3A", ":")
      .replaceAll("%2C", ",");
    return [pair.slice(0, equals), decode(value)];
  });
  return {
    command: info.slice(0, space),
    properties: Object.fromEntries(properties),
    message: decode(line.slice(end + 2)),
  };
}

function decode(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}

function github(...outcomes: SuiteOutcome[]): WorkflowCommand[] {
  const lines = report("github", outcomes).split("\n");
  expect(lines.pop()).toBe("");
  return lines.map(readCommand);
}

describe("github", () => {
  test("an annotation for each failed case, at its first failed call", () => {
    expect(github(passingSuite(), ranSuite())).toEqual([
      {
        command: "error",
        properties: { file: "suites/web.seccomp.yaml", line: "7", col: "9", title: "no files" },
        message:
          "write: expected deny, actual ALLOW, because web.json:4:5 (entry 0)\n" +
          "read: expected deny, actual ALLOW, because web.json:4:5 (entry 0)",
      },
    ]);
  });

  test("nothing, if there is nothing to say", () => {
    expect(report("github", [passingSuite()])).toBe("");
  });

  test("an annotation for each suite that could not be run", () => {
    expect(github(brokenSuite(), unreadableSuite())).toEqual([
      {
        command: "error",
        properties: {
          file: "bad.seccomp.yaml",
          line: "3",
          col: "5",
          title: "bad.seccomp.yaml could not be run",
        },
        message: 'unknown key "cal"\n  hint: did you mean call?',
      },
      {
        command: "error",
        properties: { file: "gone.seccomp.yaml", title: "gone.seccomp.yaml could not be run" },
        message: "gone.seccomp.yaml: no such file",
      },
    ]);
  });

  test.for([
    ["./a/b.seccomp.yaml", "a/b.seccomp.yaml"],
    ["/abs/b.seccomp.yaml", "/abs/b.seccomp.yaml"],
    ["100%, a:b.seccomp.yaml", "100%, a:b.seccomp.yaml"],
    ["<stdin>", undefined],
  ] as const)("the file of %s is %s", ([file, expected]) => {
    expect(github(ranSuite("x", file))[0]?.properties.file).toBe(expected);
  });

  test("the text of a command escapes what the runner's parser would take for its own", () => {
    const text = report("github", [ranSuite("100%: a, b", "a,b:c.seccomp.yaml")]);
    expect(text).toMatch(
      /^::error file=a%2Cb%3Ac.seccomp.yaml,line=7,col=9,title=100%25%3A a%2C b::write: /,
    );
  });

  test("many failures of a case are cut, and their number is said", () => {
    const ran = ranSuite();
    const runs = ran.result.runs.map((run) => ({
      ...run,
      cases: run.cases.map((one) => ({
        ...one,
        results: one.results.flatMap((result) => Array<typeof result>(20).fill(result)),
      })),
    }));
    const [command] = github({ ...ran, result: { ...ran.result, runs } });
    expect(command?.message.split("\n")).toHaveLength(11);
    expect(command?.message).toMatch(/\nand 30 more$/);
  });

  test("no name, file or message becomes a command of its own", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, file, message) => {
        const commands = github(ranSuite(name, `f${file}`), brokenSuite(message, `f${file}`));
        expect(commands).toHaveLength(2);
        expect(commands.map(({ command }) => command)).toEqual(["error", "error"]);
        expect(commands[0]?.properties).toEqual({
          file: printable(`f${file}`),
          line: "7",
          col: "9",
          title: printable(name),
        });
      }),
      { numRuns: 60 },
    );
  });
});
