import type { Command } from "commander";
import {
  type Coverage,
  createCoverage,
  percentOf,
  totalShare,
} from "../analysis/coverage/index.js";
import { SeccompSimError } from "../errors.js";
import { formatCoverage } from "../report/coverage.js";
import { formatLcov } from "../report/lcov.js";
import { note, print, styleFor } from "./output.js";
import { writeResult } from "./write-file.js";

/** The exit code where coverage is below the threshold. */
const BELOW_THRESHOLD = 3;

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
  end(style: { readonly color: boolean; readonly quiet?: boolean }): Promise<number>;
}

/** Begins to measure, if any of the options asks for it. Throws SeccompSimError for a bad threshold. */
export function startCoverage(options: CoverageOptions): CoverageRun | undefined {
  const { coverage: shown, coverageLcov: lcov, coverageThreshold } = options;
  const threshold = coverageThreshold === undefined ? undefined : parsePercent(coverageThreshold);
  if (!shown && lcov === undefined && threshold === undefined) return undefined;
  const coverage = createCoverage();
  return {
    observe: (simulator, target, records) => coverage.observe(simulator, target, records),
    async end({ color, quiet = false }) {
      const report = coverage.report();
      coverage.close();
      if (lcov !== undefined) await writeResult(lcov, formatLcov(report));
      if (shown && !quiet) await print(formatCoverage(report, styleFor(process.stdout, color)));
      const percent = percentOf(totalShare(report.profiles));
      if (threshold === undefined || percent >= threshold) return 0;
      note(`coverage of profiles is ${percent} %, below the threshold of ${threshold} %`);
      return BELOW_THRESHOLD;
    },
  };
}

function parsePercent(text: string): number {
  const percent = /^\d{1,3}(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (percent <= 100) return percent;
  throw new SeccompSimError("bad-threshold", `--coverage-threshold ${text} is no percentage`, {
    hint: "a number from 0 to 100",
  });
}
