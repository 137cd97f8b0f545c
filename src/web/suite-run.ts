import { type Coverage, createCoverage, type ProfileCoverage } from "../analysis/coverage/index.js";
import { createSimulator, type Simulator } from "../analysis/simulator.js";
import { presetSource, type Source } from "../analysis/source.js";
import { placed, SeccompSimError } from "../errors.js";
import { readDocument } from "../suite/document.js";
import { readSuite } from "../suite/reader.js";
import { runSuite, type SuiteResult } from "../suite/runner.js";
import type { Suite, SuiteSubject, SuiteTarget } from "../suite/suite.js";
import type { Loaded } from "./session.js";

/** What a suite's text is called in messages. */
export const SUITE_FILE = "suite";

export interface SuiteRun {
  readonly result: SuiteResult;
  /** What its calls exercise of the page's profile; none where that is no profile. */
  readonly coverage: ProfileCoverage | undefined;
}

/**
 * Runs a suite against the page's profile, whatever file `profile` names (with `stack`, what comes on top of it is
 * presets), and for the page's target where the suite has none of its own. Throws SeccompSimError.
 */
export async function runOnPage(
  text: string,
  loaded: Loaded,
  signal: AbortSignal,
): Promise<SuiteRun> {
  const suite = forPage(text, loaded);
  const coverage = createCoverage();
  const open: Simulator[] = [];
  try {
    const simulatorFor = ({ target }: SuiteTarget): Simulator => {
      const [first, ...more] = suite.subjects.map((one, i) => sourceOf(one, i, loaded));
      const simulator = placed(suite.subjects[0].place, () =>
        createSimulator(first as Source, target, more),
      );
      open.push(simulator);
      return simulator;
    };
    const result = await runSuite(suite, simulatorFor, {
      signal,
      observe: coverage.observe.bind(coverage),
    });
    return { result, coverage: profileCoverage(coverage, loaded) };
  } finally {
    coverage.close();
    for (const simulator of open) simulator.close();
  }
}

function forPage(text: string, { target }: Loaded): Suite {
  const { data } = readDocument(text, SUITE_FILE);
  if (Object.hasOwn(Object(data), "target")) return readSuite(text, SUITE_FILE);
  const suite = readSuite(text, SUITE_FILE, undefined, target.arch);
  return { ...suite, targets: [{ label: "", target, options: {} }] };
}

function sourceOf(subject: SuiteSubject, index: number, { source }: Loaded): Source {
  if (subject.kind === "inline") return subject.source;
  if (index === 0) return source;
  return placed(subject.place, () => {
    try {
      return presetSource(subject.text);
    } catch (cause) {
      throw new SeccompSimError("no-file", `the page has no file ${subject.text}`, {
        cause,
        hint: "beside the page's own profile it has presets only",
      });
    }
  });
}

function profileCoverage(coverage: Coverage, { file }: Loaded): ProfileCoverage | undefined {
  const { profiles } = coverage.report();
  return profiles.find((one) => one.file === file) ?? profiles[0];
}
