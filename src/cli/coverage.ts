import type { Command } from "commander";
import {
  type Coverage,
  type CoverageReport,
  createCoverage,
  percentOf,
  totalShare,
} from "../analysis/coverage/index.js";
import { formatCoverage } from "../report/coverage.js";
import { formatLcov } from "../report/lcov.js";
import type { Style } from "../report/style.js";
import { exitCodeFor, parsePercent, type Show } from "./threshold.js";
import { writeResult } from "./write-file.js";

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
      "end with exit code 3 where less of the profiles was exercised, or of raw filters",
    );
}

/** What `test` needs of coverage: `observe` for the runner, and what to do at the end. */
export interface CoverageRun {
  readonly observe: Coverage["observe"];
  /** What was exercised. Nothing can be observed any more. */
  end(): CoverageReport;
  /** Prints and writes what was asked for; gives the exit code that follows from the threshold, or 0. */
  tell(report: CoverageReport, style: Style, show: Show): Promise<number>;
}

/** Begins to measure, if any of the options asks for it. Throws SeccompSimError for a bad threshold. */
export function startCoverage(options: CoverageOptions): CoverageRun | undefined {
  const { coverage: shown, coverageLcov: lcov, coverageThreshold } = options;
  const threshold = parsePercent("--coverage-threshold", coverageThreshold);
  if (!shown && lcov === undefined && threshold === undefined) return undefined;
  const coverage = createCoverage();
  return {
    observe: (simulator, target, records) => coverage.observe(simulator, target, records),
    end() {
      const report = coverage.report();
      coverage.close();
      return report;
    },
    async tell(report, style, show) {
      if (lcov !== undefined) await writeResult(lcov, formatLcov(report));
      if (shown) await show(formatCoverage(report, style));
      // Raw filters have no profile to measure, and must not pass for that.
      const isRaw = report.profiles.length === 0;
      const shares = isRaw ? report.filters.map((one) => one.instructions) : report.profiles;
      const percent = percentOf(totalShare(shares));
      const what = isRaw ? "the filters' instructions" : "profiles";
      return exitCodeFor(percent, threshold, `coverage of ${what} is ${percent} %`);
    },
  };
}
