import { githubReporter } from "./github.js";
import { jsonReporter, ndjsonReporter } from "./json.js";
import { junitReporter } from "./junit.js";
import { markdownReporter } from "./markdown.js";
import { prettyReporter } from "./pretty.js";
import type { Reporter, ReportOptions } from "./run.js";
import { sarifReporter } from "./sarif.js";
import { tapReporter } from "./tap.js";

export type ReporterName =
  | "pretty"
  | "json"
  | "ndjson"
  | "tap"
  | "junit"
  | "github"
  | "sarif"
  | "markdown";

/** The formats, by the names that `test --reporter` takes. Each makes a new reporter for one run. */
export const REPORTERS: Readonly<Record<ReporterName, (options: ReportOptions) => Reporter>> = {
  pretty: ({ style }) => prettyReporter(style),
  json: jsonReporter,
  ndjson: ndjsonReporter,
  tap: tapReporter,
  junit: junitReporter,
  github: githubReporter,
  sarif: ({ version }) => sarifReporter(version),
  markdown: markdownReporter,
};

/** Formats that say of every call why it gets its verdict, also where it is as expected. */
export const EXPLAINING: ReadonlySet<ReporterName> = new Set(["json", "ndjson"]);
