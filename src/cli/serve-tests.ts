import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { SeccompSimError, type Warning } from "../errors.js";
import { filesOf, openSuite, readsStdin, SuiteSimulators, suiteOf } from "../node/suite-files.js";
import { CaseWriter } from "../report/json.js";
import { AlikeTargets } from "../suite/alike.js";
import { planSuite, runSuite, type SuiteResult, type TargetRun } from "../suite/runner.js";
import type { CaseHead, Suite } from "../suite/suite.js";
import {
  headOf,
  type OpenedSuite,
  type Order,
  pack,
  type Report,
  type SentRun,
  type SuiteText,
  type WorkerSettings,
} from "./test-wire.js";

/** Serves orders until the main thread ends this one. */
export function serveTests(): void {
  const port = parentPort;
  if (port === null) return;
  const settings = workerData as WorkerSettings;
  let known: { readonly suite: Suite; readonly indices: ReadonlyMap<CaseHead, number> } | undefined;
  const post = (report: Report<SentRun>): void => port.postMessage(report);
  const server = new TestServer(settings, (report, suite) => {
    if (suite === undefined || (report.kind !== "opened" && report.kind !== "ran")) {
      post(report as Report<never>);
    } else if (report.kind === "opened") {
      post({ kind: "opened", opened: { ...report.opened, head: headOf(suite) } });
    } else {
      if (known?.suite !== suite) {
        known = { suite, indices: new Map(suite.cases.map((one, i) => [one, i])) };
      }
      const { run } = report;
      post({ ...report, run: run && pack(run, known.indices) });
    }
  });
  port.on("message", (order: Order) => server.take(order));
}

interface ReadSuite extends SuiteText {
  readonly suite: Suite;
  readonly alike: AlikeTargets;
}

/** Reads suites and runs their targets, one order after another, on the thread that it lives on. */
export class TestServer {
  private read: ReadSuite | undefined;
  private readonly running = new Map<number, AbortController>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly settings: WorkerSettings,
    /** @param suite the suite that has been opened or run */
    private readonly post: (report: Report<TargetRun>, suite: Suite | undefined) => void,
  ) {}

  take(order: Order): void {
    if (order.kind === "abort") {
      this.running.get(order.index)?.abort();
      return;
    }
    if (order.kind === "target") this.running.set(order.index, new AbortController());
    this.last = this.last
      .then(() => new Promise((turn) => setImmediate(turn)))
      .then(() => this.serve(order))
      .catch((error) => {
        if (order.kind === "open" || order.kind === "target") this.fail(error);
      });
  }

  /** Ends the work that is under way. */
  async stop(): Promise<void> {
    for (const one of this.running.values()) one.abort();
    await this.last;
  }

  private async serve(order: Exclude<Order, { readonly kind: "abort" }>): Promise<void> {
    if (order.kind === "target") {
      await this.run(order.index);
    } else if (order.kind === "suite") {
      const { path, name, text } = order;
      if (this.read?.path === path && this.read.text === text) return;
      // Another thread has read it already: it has no mistake.
      this.read = { path, name, text, suite: suiteOf(text, name), alike: new AlikeTargets() };
    } else {
      const { path } = order;
      this.read = undefined;
      if (order.kind === "ahead" && !mayHaveTargets(path)) return;
      const { suite, text } = openSuite(path);
      this.read = { path, name: suite.file, text, suite, alike: new AlikeTargets() };
      if (order.kind === "open") {
        this.post({ kind: "opened", opened: this.opened(this.read) }, suite);
      }
    }
  }

  private opened({ path, name, text, suite }: ReadSuite): OpenedSuite {
    return {
      path,
      name,
      text,
      head: suite,
      warnings: suite.warnings,
      counts: planSuite(suite, this.settings.run).map(({ cases }) => cases.length),
      files: filesOf(suite, path),
      stdin: readsStdin(suite, path),
    };
  }

  private async run(index: number): Promise<void> {
    const target = this.read?.suite.targets[index];
    const signal = this.running.get(index)?.signal;
    if (this.read === undefined || target === undefined) throw new Error("no such target");
    const { suite, path, alike } = this.read;
    const { run, bail, explain } = this.settings;
    const warnings: Warning[] = [];
    const simulators = new SuiteSimulators(suite, path, (some) => warnings.push(...some));
    const onProgress = (done: number) => this.post({ kind: "progress", done }, suite);
    let result: SuiteResult;
    try {
      result = await runSuite({ ...suite, targets: [target] }, (one) => simulators.next(one), {
        run,
        bail,
        explain,
        signal,
        alike,
        keeper: explain ? new CaseWriter() : undefined,
        onProgress,
      });
    } finally {
      this.running.delete(index);
      simulators.close();
    }
    // Last, since the answer may bring the next order, even of a target with the same index.
    this.post({ kind: "ran", run: result.runs[0], warnings, partial: result.partial }, suite);
  }

  private fail(error: unknown): void {
    this.post(failure(error), this.read?.suite);
  }
}

/** Whether there is a list before the cases, which may make a matrix of targets: a guess that saves work. */
function mayHaveTargets(path: string): boolean {
  const text = readFileSync(path, "utf8");
  const head = text.slice(0, text.search(/(?:^|[\s"{,])cases"?\s*:/));
  return /\[|^\s*- /m.test(head);
}

function failure(error: unknown): Report<never> {
  if (error instanceof SeccompSimError) {
    const { code, message, place, hint } = error;
    return { kind: "refused", error: { code, message, place, hint } };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: "defect", name, message };
}
