import { formatTarget } from "../profile/target-options.js";
import type { CaseResult } from "../suite/results.js";
import { subjectsName } from "../suite/suite.js";
import { complaintText } from "./complaint.js";
import {
  type BrokenSuite,
  caseName,
  casesOf,
  documentReporter,
  expectText,
  failureLines,
  type Reporter,
  remarkOf,
  type SuiteOutcome,
  totalsOf,
} from "./run.js";
import { printable } from "./style.js";

/**
 * JUnit's XML, valid by Ant's schema and by Jenkins' (both called junit.xsd; Ant's wants the more): a
 * testsuite for each suite, a testcase for each case, an `error` for a suite that could not be run.
 */
export function junitReporter(): Reporter {
  return documentReporter(function* (outcomes) {
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n';
    for (const [id, outcome] of outcomes.entries()) {
      for (const line of suiteLines(outcome, id)) yield `${line}\n`;
    }
    yield "</testsuites>\n";
  });
}

function* suiteLines(outcome: SuiteOutcome, id: number): Generator<string, void, undefined> {
  const { cases, broken, failedCases: failed } = totalsOf([outcome]);
  const properties: (readonly [string, string])[] =
    outcome.kind === "ran"
      ? [
          ["profile", subjectsName(outcome.result.suite)],
          ...outcome.result.runs.map(({ label, target }): [string, string] => [
            label === "" ? "target" : `target ${label}`,
            formatTarget(target),
          ]),
          ...(outcome.result.partial ? [["partial", "the run was ended early"] as const] : []),
        ]
      : [];
  const head = attributes({
    name: outcome.file,
    package: "seccomp-sim",
    id: String(id),
    tests: String(cases + broken),
    failures: String(failed),
    errors: String(broken),
    // The schema wants the time without its zone.
    timestamp: outcome.started.toISOString().slice(0, 19),
    hostname: "localhost",
    time: (outcome.milliseconds / 1000).toFixed(3),
  });
  yield `  <testsuite${head}>`;
  yield "    <properties>";
  for (const [name, value] of properties) yield `      <property${attributes({ name, value })}/>`;
  yield "    </properties>";
  if (outcome.kind === "broken") yield errorOf(outcome);
  else {
    for (const each of casesOf(outcome.result)) {
      yield testcase(outcome.file, caseName(each), problemOf(each.one));
    }
  }
  yield "    <system-out/>";
  yield "    <system-err/>";
  yield "  </testsuite>";
}

/** A case that is still to do has failed as it may: the format's only word for that is skipped. */
function problemOf(one: CaseResult): Problem | undefined {
  switch (one.status) {
    case "passed":
      return undefined;
    case "failed": {
      const message = `expected ${expectText(one.case)}`;
      return ["failure", { message, type: "expectation" }, failureLines(one).join("\n")];
    }
    case "skipped":
    case "todo":
      return ["skipped", { message: remarkOf(one) ?? "" }, ""];
  }
}

function errorOf({ file, error }: BrokenSuite): string {
  const { message, code } = error;
  const problem = ["error", { message, type: code }, complaintText(error)] as const;
  return testcase(file, "the suite can be run", problem);
}

type Problem = readonly [tag: string, values: Record<string, string>, text: string];

/** The time of a single case is not measured: it is far below a millisecond. */
function testcase(classname: string, name: string, problem: Problem | undefined): string {
  const head = `    <testcase${attributes({ name, classname, time: "0" })}`;
  if (problem === undefined) return `${head}/>`;
  const [tag, values, text] = problem;
  const inner = text === "" ? "/>" : `>${escapeXml(text)}</${tag}>`;
  return `${head}><${tag}${attributes(values)}${inner}</testcase>`;
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(printable(value))}"`)
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** `text` is printable: XML has no way to write the other characters. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
