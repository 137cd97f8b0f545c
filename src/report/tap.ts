import { formatPlace, type Place } from "../errors.js";
import { complaintText } from "./complaint.js";
import {
  caseName,
  failureLines,
  failuresOf,
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
  return outcome.result.cases.map((one) => {
    const text = description(`${file}: ${caseName(one)}`);
    if (one.passed) return `ok ${next()} - ${text}\n`;
    const place = failuresOf(one)[0]?.place ?? one.case.place;
    return `not ok ${next()} - ${text}\n${diagnostics(failureLines(one), place)}`;
  });
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
