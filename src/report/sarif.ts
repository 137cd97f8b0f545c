import type { Place } from "../errors.js";
import { presetNames } from "../profile/presets/index.js";
import { formatBecause } from "./because.js";
import { complaintMessage } from "./complaint.js";
import { formatNearInFile } from "./nearest.js";
import {
  type BrokenSuite,
  caseName,
  documentReporter,
  type Failure,
  failedCases,
  failurePlace,
  failuresOf,
  filePath,
  type Reporter,
  type RunCase,
  type SuiteOutcome,
  shortFailures,
  totalsOf,
} from "./run.js";
import { printable } from "./style.js";

const MISSED = "expectation-missed";
const NOT_RUN = "suite-not-run";

const RULES = [
  {
    id: MISSED,
    shortDescription: { text: "A call does not get the verdict that a suite expects" },
  },
  { id: NOT_RUN, shortDescription: { text: "A suite could not be run" } },
];

/** GitHub refuses a run with more; the number of those left out is a notification. */
const MAX_RESULTS = 25_000;

/**
 * SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): a result for each failed case, at its
 * first failed call, related to the rules that decided; and one for each suite that could not be run.
 */
export function sarifReporter(version: string): Reporter {
  return documentReporter((outcomes) => {
    const { broken, failedCases: failed, partial } = totalsOf(outcomes);
    const more = broken + failed - MAX_RESULTS;
    const text = `${more} more results are left out`;
    const invocation = {
      executionSuccessful: broken === 0 && partial === 0,
      ...(more > 0 ? { toolExecutionNotifications: [{ message: { text } }] } : {}),
    };
    const run = {
      tool: { driver: { name: "seccomp-sim", version, rules: RULES } },
      invocations: [invocation],
      columnKind: "utf16CodeUnits",
      results: resultsOf(outcomes),
    };
    const log = {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [run],
    };
    return [`${JSON.stringify(log, null, 2)}\n`];
  });
}

function resultsOf(outcomes: readonly SuiteOutcome[]): object[] {
  const results: object[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind === "broken") {
      if (results.length < MAX_RESULTS) results.push(brokenSuite(outcome));
      continue;
    }
    for (const failed of failedCases(outcome.result)) {
      if (results.length >= MAX_RESULTS) return results;
      results.push(failedCase(failed));
    }
  }
  return results;
}

function brokenSuite({ file, error }: BrokenSuite): object {
  const text = `${printable(file)} could not be run: ${complaintMessage(error)}`;
  return result(NOT_RUN, text, locations(error.place ?? file));
}

function failedCase(failed: RunCase): object {
  const { one } = failed;
  const text = [caseName(failed), ...shortFailures(one)].join("\n");
  const related = relatedLocations(failuresOf(one));
  return {
    ...result(MISSED, text, locations(failurePlace(one))),
    ...(related.length === 0 ? {} : { relatedLocations: related }),
  };
}

function result(ruleId: string, text: string, where: object[]): object {
  const ruleIndex = RULES.findIndex((rule) => rule.id === ruleId);
  return { ruleId, ruleIndex, level: "error", message: { text }, locations: where };
}

/** The rules that decided, and the nearest that did not, each once; a preset's text is no file of the user's. */
function relatedLocations(failures: readonly Failure[]): object[] {
  const found = new Map<string, object>();
  const add = (where: Pick<Place, "file" | "line">, text: string): void => {
    if (found.has(text) || (presetNames as readonly string[]).includes(where.file)) return;
    for (const location of locations(where)) {
      found.set(text, { id: found.size, ...location, message: { text } });
    }
  };
  for (const { answer, nearest } of failures) {
    const because = answer?.because;
    if (because?.kind === "entry" || because?.kind === "default") {
      add(because, formatBecause(because, true));
    }
    for (const near of nearest) add(near.place, `nearest ${formatNearInFile(near)}`);
  }
  return [...found.values()];
}

function locations(
  where: string | Pick<Place, "file" | "line"> | Place,
): { readonly physicalLocation: object }[] {
  const path = filePath(typeof where === "string" ? where : where.file);
  if (path === undefined) return [];
  const artifactLocation = { uri: uriOf(path) };
  if (typeof where === "string") return [{ physicalLocation: { artifactLocation } }];
  const region = {
    startLine: where.line,
    ...("column" in where ? { startColumn: where.column } : {}),
  };
  return [{ physicalLocation: { artifactLocation, region } }];
}

/** A relative or `file:` reference; characters of a name that mean something else in a URI are escaped. */
function uriOf(path: string): string {
  const uri = path
    .replace(/\p{Cs}/gu, "\ufffd")
    .split("/")
    .map(encodeURIComponent)
    .join("/");
  return path.startsWith("/") ? `file://${uri}` : uri;
}
