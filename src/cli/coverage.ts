import type { Command } from "commander";
import {
  type Coverage,
  createCoverage,
  percentOf,
  totalShare,
} from "../analysis/coverage/index.js";
import { formatCoverage } from "../report/coverage.js";
import { formatLcov } from "../report/lcov.js";
import type { Style } from "../report/style.js";
import { parsePercent } from "./options.js";
import { note } from "./output.js";
import { writeResult } from "./write-file.js";

/** The exit code where coverage is below the threshold. */
export const BELOW_THRESHOLD = 3;

export interface CoverageOptions {
  readonly coverage?: boolean;
  readonly coverageLcov?: string;
  readonly coverageThreshold?: string;
}

/** Adds the options of `test` that measure what the suites exercise of their profiles. */
export function coverageOptions(command: Command): Command {
  return command
    .option("--coverage", "print what of the profiles and their filters no case exercised")
    .option("--coverage-lcov <FILE>", "write it as lcov tracefile, by lines of the profiles")
    .option(
      "--coverage-threshold <PERCENT>",
      "end with exit code 3 where less of the profiles was exercised",
    );
}

/** What `test` needs of coverage: `observe` for the runner, and what to do at the end. */
export interface CoverageRun {
  readonly observe: Coverage["observe"];
  /** Prints and writes what was asked for; gives the exit code that follows from the threshold, or 0. */
  end(style: Style, show: (text: string) => Promise<void>): Promise<number>;
}

/** Begins to measure, if any of the options asks for it. Throws SeccompSimError for a bad threshold. */
export function startCoverage(options: CoverageOptions): CoverageRun | undefined {
  const { coverage: shown, coverageLcov: lcov, coverageThreshold } = options;
  const threshold = parsePercent("--coverage-threshold", coverageThreshold);
  if (!shown && lcov === undefined && threshold === undefined) return undefined;
  const coverage = createCoverage();
  return {
    observe: (simulator, target, records) => coverage.observe(simulator, target, records),
    async end(style, show) {
      const report = coverage.report();
      coverage.close();
      if (lcov !== undefined) await writeResult(lcov, formatLcov(report));
      if (shown) await show(formatCoverage(report, style));
      const percent = percentOf(totalShare(report.profiles));
      if (threshold === undefined || percent >= threshold) return 0;
      note(`coverage of profiles is ${percent} %, below the threshold of ${threshold} %`);
      return BELOW_THRESHOLD;
    },
  };
}
