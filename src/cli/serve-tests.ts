import { parentPort, workerData } from "node:worker_threads";
import { type Place, SeccompSimError, type Warning } from "../errors.js";
import { SuiteSimulators } from "../node/suite-files.js";
import { readSuite } from "../suite/reader.js";
import { type CallResult, type CaseResult, runSuite, type TargetRun } from "../suite/runner.js";
import type { Suite } from "../suite/suite.js";

/** What all work of a worker has in common: its `workerData`. */
export interface WorkerSettings {
  readonly run: RegExp | undefined;
  readonly bail: boolean;
}

/** To a worker. A suite is sent once, before its targets. */
export type Order =
  | {
      readonly kind: "suite";
      readonly path: string;
      readonly name: string;
      readonly text: string;
    }
  /** Run the suite on one target of its matrix. */
  | { readonly kind: "target"; readonly index: number }
  | { readonly kind: "abort" };

/** From a worker; each target is answered by one that is not "progress". */
export type Report =
  | { readonly kind: "progress"; readonly done: number }
  | { readonly kind: "ran"; readonly run: SentRun | undefined; readonly partial: boolean }
  | { readonly kind: "refused"; readonly error: SentError }
  | { readonly kind: "defect"; readonly name: string; readonly message: string };

/** A SeccompSimError without what would not survive. */
export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
}

/** A run without what the reader of the same suite has: cases go as indices, patterns not at all. */
export interface SentRun extends Omit<TargetRun, "cases"> {
  readonly warnings: readonly Warning[];
  readonly cases: readonly SentCase[];
}

export interface SentCase extends Omit<CaseResult, "case" | "results"> {
  readonly case: number;
  readonly results: readonly Omit<CallResult, "pattern">[];
}

/** Serves orders until the main thread ends this one. */
export function serveTests(): void {
  const port = parentPort;
  if (port === null) return;
  const { run, bail } = workerData as WorkerSettings;
  let opened: { readonly suite: Suite; readonly path: string } | undefined;
  let abort = new AbortController();

  async function runTarget(index: number): Promise<Report> {
    const target = opened?.suite.targets[index];
    if (opened === undefined || target === undefined) throw new Error("no such target");
    const { suite, path } = opened;
    const simulators = new SuiteSimulators(suite, path);
    abort = new AbortController();
    try {
      const result = await runSuite(
        { ...suite, targets: [target] },
        (one) => simulators.next(one),
        {
          run,
          bail,
          signal: abort.signal,
          onProgress: (done) => port?.postMessage({ kind: "progress", done } satisfies Report),
        },
      );
      const [one] = result.runs;
      return { kind: "ran", run: one && sent(one, suite), partial: result.partial };
    } finally {
      simulators.close();
    }
  }

  port.on("message", (order: Order) => {
    if (order.kind === "abort") {
      abort.abort();
    } else if (order.kind === "suite") {
      // The main thread has read it already: it has no mistake.
      opened = { suite: readSuite(order.text, order.name), path: order.path };
    } else {
      runTarget(order.index)
        .catch(failure)
        .then((report) => port.postMessage(report));
    }
  });
}

function sent({ label, target, warnings, cases, passed }: TargetRun, suite: Suite): SentRun {
  const indices = new Map(suite.cases.map((one, i) => [one, i]));
  return {
    label,
    target,
    warnings,
    passed,
    cases: cases.map((one) => ({
      ...one,
      case: indices.get(one.case) ?? -1,
      results: one.results.map(({ pattern, ...result }) => result),
    })),
  };
}

function failure(error: unknown): Report {
  if (error instanceof SeccompSimError) {
    const { code, message, place, hint } = error;
    return { kind: "refused", error: { code, message, place, hint } };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: "defect", name, message };
}
