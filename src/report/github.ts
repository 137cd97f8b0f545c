import type { Place } from "../errors.js";
import { complaintMessage } from "./complaint.js";
import {
  caseName,
  failedCases,
  failurePlace,
  filePath,
  type Reporter,
  type SuiteOutcome,
  shorten,
  shortFailures,
} from "./run.js";
import { printable } from "./style.js";

/**
 * Workflow commands of GitHub Actions, one annotation for each failed case (at its first failed call) and
 * each suite that could not be run; nothing else. They must be printed, not only saved to a file.
 */
export function githubReporter(): Reporter {
  return { suite: annotations, end: () => [] };
}

function* annotations(outcome: SuiteOutcome): Generator<string, void, undefined> {
  if (outcome.kind === "broken") {
    const { error, file } = outcome;
    const title = `${printable(file)} could not be run`;
    yield annotation(error.place ?? file, title, complaintMessage(error));
    return;
  }
  for (const failed of failedCases(outcome.result)) {
    const message = shortFailures(failed.one).join("\n");
    yield annotation(failurePlace(failed.one), caseName(failed), message);
  }
}

/** Titles are cut by GitHub after 255 characters. */
const MAX_TITLE = 200;

function annotation(where: Place | string, title: string, message: string): string {
  const file = filePath(typeof where === "string" ? where : where.file);
  const properties = [
    ...(file === undefined ? [] : [`file=${property(printable(file))}`]),
    ...(file === undefined || typeof where === "string"
      ? []
      : [`line=${where.line}`, `col=${where.column}`]),
    `title=${property(shorten(title, MAX_TITLE))}`,
  ];
  return `::error ${properties.join(",")}::${data(message)}\n`;
}

/** The escapes of actions/toolkit, packages/core/src/command.ts: `escapeData` and `escapeProperty`. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
