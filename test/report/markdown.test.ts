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

interface Section {
  readonly title: string;
  readonly text: readonly string[];
  /** The table's rows, the head first. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * Reads the summary by the rules of GitHub's Markdown for headings and tables
 * (https://github.github.com/gfm/#tables-extension-). A cell may hold plain words, or code in which no
 * character has a meaning but for entities; anything else throws.
 */
function readSummary(text: string): Section[] {
  const sections: { title: string; text: string[]; rows: string[][] }[] = [];
  for (const line of text.split("\n")) {
    const heading = /^##+ (.*)$/.exec(line);
    if (heading) sections.push({ title: heading[1] ?? "", text: [], rows: [] });
    else if (line.startsWith("|")) {
      const cells = line.split("|").slice(1);
      if (cells.pop() !== "") throw new Error(`something behind the last cell: ${line}`);
      sections.at(-1)?.rows.push(cells.map((cell) => readCell(cell.trim())));
    } else if (line !== "") sections.at(-1)?.text.push(line);
  }
  return sections.map(({ rows: [head = [], rule = [], ...rows], ...section }) => {
    for (const cells of rows) if (cells.length !== head.length) throw new Error("a ragged table");
    if (rule.some((cell) => cell !== "---")) throw new Error("the rule under the head is missing");
    return { ...section, rows: head.length === 0 ? [] : [head, ...rows] };
  });
}

function readCell(cell: string): string {
  if (/^(✅ |❌ )?[a-z0-9]+$|^---$/.test(cell)) return cell;
  return cell
    .split("<br>")
    .map((part) => {
      const code = /^<code>((?:[^<>|`*_~[\]\\@#!&"'$^{}\p{C}]|&#\d+;)*)<\/code>$/u.exec(part)?.[1];
      if (code === undefined) throw new Error(`neither a word nor code: ${part}`);
      if (/:\/|www\./i.test(code)) throw new Error(`a link: ${code}`);
      return code.replace(/&#(\d+);/g, (_, digits) => String.fromCodePoint(Number(digits)));
    })
    .join("\n");
}

const markdown = (...outcomes: SuiteOutcome[]) => readSummary(report("markdown", outcomes));

describe("markdown", () => {
  test("what was missed, what was not run, and the suites", () => {
    const because = "web.json:4:5 (entry 0)";
    const file = "suites/web.seccomp.yaml";
    const target = "arch x86_64, kernel 6.1, caps docker, docker, runc, libseccomp 2.6.1".split(
      ", ",
    );
    const [head, missed, broken, suites] = markdown(ranSuite(), brokenSuite(), unreadableSuite());
    expect(head?.title).toBe("seccomp-sim");
    expect(head?.text).toEqual(["❌ 1 of 3 cases not as expected", "❌ 2 of 3 suites not run"]);
    expect(missed).toMatchObject({
      title: "Not as expected",
      rows: [
        ["place", "case", "call", "expected", "actual", "because"],
        [`${file}:7:9`, "no files", "write", "deny", "ALLOW", because],
        [`${file}:9:9`, "no files", "read", "deny", "ALLOW", because],
      ],
    });
    expect(broken).toMatchObject({
      title: "Not run",
      rows: [
        ["suite", "error"],
        ["bad.seccomp.yaml", 'bad.seccomp.yaml:3:5: unknown key "cal"\n  hint: did you mean call?'],
        ["gone.seccomp.yaml", "gone.seccomp.yaml: no such file"],
      ],
    });
    expect(suites?.rows[1]).toEqual([file, "web.json", expect.any(String), "3", "❌ 1"]);
    expect(suites?.rows[1]?.[2]).toContain(target.at(-1));
  });

  test("a run as expected", () => {
    const [head, suites, ...more] = markdown(passingSuite());
    expect(head?.text).toEqual(["✅ all 2 cases as expected"]);
    expect(suites).toMatchObject({ title: "Suites" });
    expect(suites?.rows[1]?.slice(3)).toEqual(["2", "✅ 0"]);
    expect(more).toEqual([]);
  });

  test("a long table is cut, which is said; the whole stays below a job summary's 1 MiB", () => {
    const name = "😀<&".repeat(200);
    const missed = markdown(...Array<SuiteOutcome>(80).fill(ranSuite(name)))[1];
    expect(missed?.rows).toHaveLength(101);
    expect(missed?.text).toEqual(["and 60 more"]);
    const text = report("markdown", Array<SuiteOutcome>(200).fill(ranSuite(name, name, name)));
    expect(new TextEncoder().encode(text).length).toBeLessThan(1024 * 1024);
  });

  test("no name, file or message is more than text", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, file, message) => {
        const [, missed, broken] = markdown(ranSuite(name, file), brokenSuite(message, file));
        const shown = printable(name);
        const cell = missed?.rows[1]?.[1];
        expect(cell).toBe(shown.length > 200 ? `${shown.slice(0, 200)}…` : shown);
        expect(broken?.rows).toHaveLength(2);
      }),
      { numRuns: 60 },
    );
  });
});
