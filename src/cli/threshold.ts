import { SeccompSimError } from "../errors.js";
import { note } from "./output.js";

/** Shows a text beside the reports, for people. */
export type Show = (text: string) => Promise<void>;

/** The exit code where a share is below its threshold. */
const BELOW_THRESHOLD = 3;

/** Throws SeccompSimError for what is no percentage. */
export function parsePercent(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = /^\d{1,3}(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (percent <= 100) return percent;
  throw new SeccompSimError("bad-threshold", `${option} ${text} is no percentage`, {
    hint: "a number from 0 to 100",
  });
}

/** The exit code for a share in percent, or 0; where it is too low, that is said. */
export function exitCodeFor(percent: number, threshold: number | undefined, what: string): number {
  if (threshold === undefined || percent >= threshold) return 0;
  note(`${what}, below the threshold of ${threshold} %`);
  return BELOW_THRESHOLD;
}
