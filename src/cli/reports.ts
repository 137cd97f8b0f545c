import { resolve } from "node:path";
import { suggest } from "../abi/suggest.js";
import type { CoverageReport } from "../analysis/coverage/index.js";
import { SeccompSimError } from "../errors.js";
import { EXPLAINING, REPORTERS, type ReporterName } from "../report/reporters.js";
import type { Reporter, SuiteOutcome } from "../report/run.js";
import { PLAIN } from "../report/style.js";
import { chunked, print, styleFor } from "./output.js";
import { writeParts } from "./write-file.js";

declare const SECCOMP_SIM_VERSION: string;

interface Request {
  readonly name: ReporterName;
  /** `undefined`: standard output. */
  readonly file: string | undefined;
}

interface Report {
  suite(outcome: SuiteOutcome): Promise<void>;
  end(outcomes: readonly SuiteOutcome[], coverage: CoverageReport | undefined): Promise<void>;
}

/** The reports of a run: those on standard output are printed as it goes, files written at its end. */
export interface Reports extends Report {
  /** Whether what is printed is for people, so that more may follow. */
  readonly forPeople: boolean;
  /** Whether any of them says why calls are as expected. */
  readonly explaining: boolean;
}

/** Opens what `--reporter NAME[=FILE]` asks for; a mistake is said before anything is run. */
export function openReports(texts: readonly string[], color: boolean): Reports {
  const requests = texts.map(parseReporter);
  refuseClashes(requests);
  const open = requests.map(({ name, file }) => openReport(create(name, file, color), file));
  return {
    forPeople: requests.every(({ name, file }) => name === "pretty" || file !== undefined),
    explaining: requests.some(({ name }) => EXPLAINING.has(name)),
    async suite(outcome) {
      for (const report of open) await report.suite(outcome);
    },
    async end(outcomes, coverage) {
      const ends = await Promise.allSettled(open.map((report) => report.end(outcomes, coverage)));
      // One that cannot be written does not take the others with it.
      for (const end of ends) if (end.status === "rejected") throw end.reason;
    },
  };
}

function openReport(reporter: Reporter, file: string | undefined): Report {
  if (file !== undefined) {
    return {
      suite: async () => {},
      end: async (...run) => writeParts(file, chunked(textOf(reporter, ...run))),
    };
  }
  const printAll = async (parts: Iterable<string>): Promise<void> => {
    for (const some of chunked(parts)) await print(some);
  };
  return {
    suite: (outcome) => printAll(reporter.suite(outcome)),
    end: (...run) => printAll(reporter.end(...run)),
  };
}

function* textOf(reporter: Reporter, ...run: Parameters<Reporter["end"]>): Iterable<string> {
  for (const outcome of run[0]) yield* reporter.suite(outcome);
  yield* reporter.end(...run);
}

function create(name: ReporterName, file: string | undefined, color: boolean): Reporter {
  const style = file === undefined ? styleFor(process.stdout, color) : PLAIN;
  return REPORTERS[name]({ style, version: SECCOMP_SIM_VERSION });
}

function parseReporter(text: string): Request {
  const [, name = "", file] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (file === "") throw bad(`--reporter ${text} names no file`);
  if (isReporter(name)) return { name, file: file === "-" ? undefined : file };
  const names = Object.keys(REPORTERS);
  const near = suggest(name, names);
  throw bad(
    `unknown reporter "${name}"`,
    near === undefined ? `one of ${names.join(", ")}` : `did you mean ${near}?`,
  );
}

function isReporter(name: string): name is ReporterName {
  return Object.hasOwn(REPORTERS, name);
}

/** Two reports in one place would be neither; only annotations are read out of other output. */
function refuseClashes(requests: readonly Request[]): void {
  const printed = requests.filter(({ file }) => file === undefined).map(({ name }) => name);
  const together = new Set<ReporterName>(["pretty", "github"]);
  const mixes =
    printed.every((name) => together.has(name)) && new Set(printed).size === printed.length;
  if (printed.length > 1 && !mixes) {
    throw bad(
      `standard output can hold one report, not ${printed.join(" and ")}`,
      "write one of them to a file: --reporter NAME=FILE; pretty and github go together",
    );
  }
  const files = requests.flatMap(({ file }) => (file === undefined ? [] : [resolve(file)]));
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw bad(`two reports cannot be written to ${twice}`);
}

function bad(message: string, hint?: string): SeccompSimError {
  return new SeccompSimError("bad-reporter", message, { hint });
}
