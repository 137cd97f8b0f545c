import { createSimulator, type Simulator } from "../../src/analysis/simulator.js";
import { loadProfile, presetSource, type Source } from "../../src/analysis/source.js";
import { formatPlace, SeccompSimError } from "../../src/errors.js";
import { presetNames } from "../../src/profile/presets/index.js";
import { readSuite } from "../../src/suite/reader.js";
import { type RunOptions, runSuiteSync, type SuiteResult } from "../../src/suite/runner.js";
import type { SuiteSubject } from "../../src/suite/suite.js";

/** Runs a suite whose subjects are presets, inline, or among `files`. */
export function runText(
  text: string,
  files: Readonly<Record<string, string>> = {},
  options: RunOptions = {},
): SuiteResult {
  const suite = readSuite(text, "s.yaml");
  const open: Simulator[] = [];
  const sourceOf = (subject: SuiteSubject): Source => {
    if (subject.kind === "inline") return subject.source;
    const { text: name } = subject;
    return (presetNames as readonly string[]).includes(name)
      ? presetSource(name)
      : loadProfile(files[name] ?? "", { file: name });
  };
  try {
    return runSuiteSync(
      suite,
      ({ target }) => {
        const [first, ...more] = suite.subjects.map(sourceOf);
        const simulator = createSimulator(first as Source, target, more);
        open.push(simulator);
        return simulator;
      },
      options,
    );
  } finally {
    for (const simulator of open) simulator.close();
  }
}

/** The first mistake of a suite: `s.yaml:1:2 message | hint`. */
export function complaint(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    const where = error.place ? formatPlace(error.place) : "nowhere";
    return `${where} ${error.message}${error.hint ? ` | ${error.hint}` : ""}`;
  }
  return "accepted";
}
