import { formatPlace, type Place } from "../errors.js";
import type { CaseResult } from "../suite/results.js";
import { complaintText } from "./complaint.js";
import {
  caseName,
  casesOf,
  failureLines,
  failurePlace,
  type Reporter,
  type SuiteOutcome,
  totalsOf,
} from "./run.js";
import { printable } from "./style.js";

/**
 * TAP 14 (https://testanything.org/tap-version-14-specification.html): a test point for each case, and
 * one for a suite that could not be run. The plan stands at the end, so that points can be read as they
 * come; there are no subtests, which readers of TAP 13 do not count.
 */
export function tapReporter(): Reporter {
  let points = 0;
  return {
    *suite(outcome) {
      if (points === 0) yield "TAP version 14\n";
      for (const point of pointsOf(outcome)) yield numbered(point, ++points);
      if (outcome.kind === "ran" && outcome.result.partial) yield "# the run was ended early\n";
    },
    end: (outcomes) => {
      const { cases, broken } = totalsOf(outcomes);
      return [`1..${cases + broken}\n`];
    },
  };
}

/** A test point without its number: what stands before it, and after it. */
type Point = readonly [result: "ok" | "not ok", text: string, block: string];

function numbered([result, text, block]: Point, number: number): string {
  return `${result} ${number} - ${text}\n${block}`;
}

function* pointsOf(outcome: SuiteOutcome): Generator<Point, void, undefined> {
  const { file } = outcome;
  if (outcome.kind === "broken") {
    const { error } = outcome;
    const text = description(`${file}: not run`);
    yield ["not ok", text, diagnostics([complaintText(error)], error.place)];
    return;
  }
  for (const each of casesOf(outcome.result)) {
    const { one } = each;
    const text = description(`${file}: ${caseName(each)}`) + directive(one);
    if (one.status === "passed" || one.status === "skipped") yield ["ok", text, ""];
    else yield ["not ok", text, diagnostics(failureLines(one), failurePlace(one))];
  }
}

/** ` # SKIP reason` and ` # TODO reason`, which readers know. */
function directive({ case: { skip, todo } }: CaseResult): string {
  const because = (word: string, reason: string): string =>
    ` # ${word}${reason === "" ? "" : ` ${description(reason)}`}`;
  if (skip !== undefined) return because("SKIP", skip);
  return todo === undefined ? "" : because("TODO", todo);
}

/** `\` and `#` have a meaning in descriptions. */
function description(text: string): string {
  return printable(text).replace(/[\\#]/g, "\\$&");
}

/** A block of YAML, in the part of it that is JSON. */
function diagnostics(messages: readonly string[], place: Place | undefined): string {
  const lines = [
    "---",
    `message: ${JSON.stringify(messages.join("\n"))}`,
    "severity: fail",
    ...(place === undefined ? [] : [`at: ${JSON.stringify(printable(formatPlace(place)))}`]),
    "...",
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}
