import { formatPlace, type Place } from "../errors.js";
import type { CaseResult } from "../suite/runner.js";
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
    suite: (outcome) => {
      const head = points === 0 ? "TAP version 14\n" : "";
      return head + pointsOf(outcome, () => ++points).join("");
    },
    end: (outcomes) => {
      const { cases, broken } = totalsOf(outcomes);
      return `1..${cases + broken}\n`;
    },
  };
}

function pointsOf(outcome: SuiteOutcome, next: () => number): string[] {
  const { file } = outcome;
  if (outcome.kind === "broken") {
    const { error } = outcome;
    const point = `not ok ${next()} - ${description(`${file}: not run`)}\n`;
    return [point + diagnostics([complaintText(error)], error.place)];
  }
  const points = casesOf(outcome.result).map((each) => {
    const { one } = each;
    const text = description(`${file}: ${caseName(each)}`) + directive(one);
    if (one.status === "passed" || one.status === "skipped") return `ok ${next()} - ${text}\n`;
    return `not ok ${next()} - ${text}\n${diagnostics(failureLines(one), failurePlace(one))}`;
  });
  return outcome.result.partial ? [...points, "# the run was ended early\n"] : points;
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
