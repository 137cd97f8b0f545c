import { formatPlace } from "../errors.js";
import { formatTarget } from "../profile/target-options.js";
import { formatVerdict } from "../seccomp/verdict.js";
import { subjectsName } from "../suite/suite.js";
import { formatBecause } from "./because.js";
import { complaintText } from "./complaint.js";
import { formatNearInFile } from "./nearest.js";
import {
  caseName,
  documentReporter,
  expectText,
  failedCases,
  failuresOf,
  type Reporter,
  type SuiteOutcome,
  shorten,
  totalsOf,
} from "./run.js";
import { printable } from "./style.js";

/** A job summary of GitHub's may have 1 MiB; so many rows of so long cells stay below it. */
const MAX_ROWS = 100;
const MAX_CELL = 200;

/** GitHub's Markdown, for a job's summary: what failed, what could not be run, and all the suites. */
export function markdownReporter(): Reporter {
  return documentReporter((outcomes) => {
    const parts = [head(outcomes), missed(outcomes), broken(outcomes), suites(outcomes)];
    return [parts.filter((part) => part !== "").join("\n")];
  });
}

function head(outcomes: readonly SuiteOutcome[]): string {
  const totals = totalsOf(outcomes);
  const failed = totals.failedCases > 0;
  const lines = [
    ...(failed ? [`❌ ${totals.failedCases} of ${totals.cases} cases not as expected`] : []),
    ...(totals.broken > 0 ? [`❌ ${totals.broken} of ${outcomes.length} suites not run`] : []),
  ];
  if (lines.length === 0) lines.push(`✅ all ${totals.cases} cases as expected`);
  if (totals.skipped > 0) lines.push(`${totals.skipped} skipped`);
  if (totals.todo > 0) lines.push(`${totals.todo} to do`);
  if (totals.partial > 0) lines.push("⚠️ the run was ended early: this report is partial");
  return `## seccomp-sim\n\n${lines.join("\n\n")}\n`;
}

function missed(outcomes: readonly SuiteOutcome[]): string {
  const failures = outcomes.flatMap((outcome) => {
    if (outcome.kind === "broken") return [];
    return [...failedCases(outcome.result)].flatMap((each) =>
      failuresOf(each.one).map((failure) => ({ each, failure })),
    );
  });
  const heads = ["place", "case", "call", "expected", "actual", "because"];
  return section("Not as expected", heads, failures, ({ each, failure }) => [
    code(formatPlace(failure.place)),
    code(caseName(each)),
    code(failure.more > 0 ? `${failure.text} and ${failure.more} more` : failure.text),
    code(expectText(each.one.case)),
    code(failure.answer === undefined ? "unknown" : formatVerdict(failure.answer.verdict)),
    (failure.answer === undefined
      ? [failure.problem ?? ""]
      : [
          formatBecause(failure.answer.because, true),
          ...failure.nearest.map((near) => `nearest ${formatNearInFile(near)}`),
        ]
    )
      .map(code)
      .join("<br>"),
  ]);
}

function broken(outcomes: readonly SuiteOutcome[]): string {
  const suites = outcomes.filter((outcome) => outcome.kind === "broken");
  return section("Not run", ["suite", "error"], suites, ({ file, error }) => [
    code(file),
    code(complaintText(error)),
  ]);
}

function suites(outcomes: readonly SuiteOutcome[]): string {
  const ran = outcomes.filter((outcome) => outcome.kind === "ran");
  const heads = ["suite", "profile", "target", "cases", "failed"];
  const rows = ran.flatMap(({ result }) => result.runs.map((run) => ({ result, run })));
  return section("Suites", heads, rows, ({ result, run }) => {
    const failed = run.cases.filter(({ status }) => status === "failed").length;
    return [
      code(result.suite.file),
      code(subjectsName(result.suite)),
      code(formatTarget(run.target)),
      String(run.cases.length),
      failed === 0 ? "✅ 0" : `❌ ${failed}`,
    ];
  });
}

function section<T>(
  title: string,
  heads: readonly string[],
  items: readonly T[],
  row: (item: T) => readonly string[],
): string {
  if (items.length === 0) return "";
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const more = items.length - MAX_ROWS;
  return [
    `### ${title}`,
    "",
    line(heads),
    line(heads.map(() => "---")),
    ...items.slice(0, MAX_ROWS).map((item) => line(row(item))),
    ...(more > 0 ? ["", `and ${more} more`] : []),
    "",
  ].join("\n");
}

/**
 * Text as code, where GitHub looks for no `@name`, `#1` or `:100:`, with nothing left that Markdown or
 * HTML would read into it.
 */
function code(text: string): string {
  const lines = shorten(text, MAX_CELL).split("\n").map(printable);
  return lines.map((line) => `<code>${line.replace(SPECIAL, entity)}</code>`).join("<br>");
}

/** All but letters, digits and harmless signs; of links, what makes them so. */
const SPECIAL = /[^\p{L}\p{N}…→ ,;()=+/.:-]|:(?=\/)|(?<=www)\./giu;

function entity(character: string): string {
  return `&#${character.codePointAt(0)};`;
}
