import { Worker } from "node:worker_threads";
import { SeccompSimError, type Warning } from "../errors.js";
import type { OpenSuite } from "../node/suite-files.js";
import { planSuite, type SuiteResult, type TargetRun } from "../suite/runner.js";
import type { Suite } from "../suite/suite.js";
import type { Order, Report, SentRun, WorkerSettings } from "./serve-tests.js";

/** What became of a target; `run` is missing where it was not begun. */
type Outcome =
  | { readonly run: TargetRun | undefined; readonly partial: boolean }
  | { readonly error: Error };

const NOT_BEGUN: Outcome = { run: undefined, partial: true };

interface Job {
  readonly suite: Suite;
  readonly order: Order;
}

/** A suite on one target of its matrix: the unit of work. */
class Task {
  done = 0;
  readonly outcome: Promise<Outcome>;
  settle!: (outcome: Outcome) => void;

  constructor(
    readonly job: Job,
    readonly index: number,
  ) {
    this.outcome = new Promise((resolve) => {
      this.settle = resolve;
    });
  }
}

class Thread {
  task: Task | undefined;
  /** The suite that it has read last. */
  job: Job | undefined;

  constructor(readonly worker: Worker) {}

  send(order: Order): void {
    this.worker.postMessage(order);
  }
}

/** Runs suites on other threads, each target of a matrix by itself. */
export class SuitePool {
  private readonly threads = new Set<Thread>();
  private readonly queue: Task[] = [];
  private closed = false;
  private done = 0;
  private total = 0;

  /** @param script what the threads run: test-worker.ts, a file beside this */
  constructor(
    private readonly count: number,
    private readonly settings: WorkerSettings,
    private readonly onProgress: (done: number, total: number) => void = () => {},
    private readonly script: URL = new URL("./test-worker.js", import.meta.url),
  ) {}

  /**
   * The result of a suite, as `runSuite` gives it; `warn` gets what each target has to say, in their order.
   * Throws what the first target that was refused threw.
   */
  async run(
    { suite, text }: OpenSuite,
    path: string,
    warn: (warnings: readonly Warning[]) => void,
    signal: AbortSignal | undefined,
  ): Promise<SuiteResult> {
    const order: Order = { kind: "suite", path, name: suite.file, text };
    const job: Job = { suite, order };
    const plan = planSuite(suite, this.settings.run);
    const tasks = plan.flatMap(({ cases }, i) => (cases.length > 0 ? [new Task(job, i)] : []));
    this.total += plan.reduce((n, { cases }) => n + cases.length, 0);
    const stop = (): void => this.cancel(tasks);
    signal?.addEventListener("abort", stop);
    try {
      this.queue.push(...tasks);
      if (signal?.aborted) stop();
      this.next();
      const outcomes = await Promise.all(
        tasks.map(async (task, i) => {
          const outcome = await task.outcome;
          // What comes after it would not have been run by one thread.
          if ("error" in outcome || this.ends(outcome)) this.cancel(tasks.slice(i + 1));
          return outcome;
        }),
      );
      return this.join(suite, outcomes, warn);
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Ends all threads; what is under way counts as not begun. */
  async close(): Promise<void> {
    this.closed = true;
    for (const task of this.queue.splice(0)) task.settle(NOT_BEGUN);
    await Promise.all([...this.threads].map(({ worker }) => worker.terminate()));
  }

  private join(
    suite: Suite,
    outcomes: readonly Outcome[],
    warn: (warnings: readonly Warning[]) => void,
  ): SuiteResult {
    const runs: TargetRun[] = [];
    const said = new Set<string>();
    let partial = false;
    for (const [i, outcome] of outcomes.entries()) {
      if ("error" in outcome) throw outcome.error;
      partial ||= outcome.partial;
      const { run } = outcome;
      if (run === undefined) continue;
      warn(run.warnings.filter(({ message }) => !said.has(message)));
      for (const { message } of run.warnings) said.add(message);
      runs.push(run);
      if (!this.ends(outcome)) continue;
      partial ||= i < outcomes.length - 1;
      break;
    }
    return { suite, runs, passed: runs.every(({ passed }) => passed), partial };
  }

  private ends(outcome: Outcome): boolean {
    return this.settings.bail && "run" in outcome && outcome.run?.passed === false;
  }

  private cancel(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const at = this.queue.indexOf(task);
      if (at >= 0) this.queue.splice(at, 1)[0]?.settle(NOT_BEGUN);
    }
    for (const thread of this.threads) {
      if (thread.task && tasks.includes(thread.task)) thread.send({ kind: "abort" });
    }
  }

  /** Gives waiting tasks to threads without work, and to new ones while there may be more. */
  private next(): void {
    while (this.queue.length > 0 && !this.closed) {
      const idle = [...this.threads].filter(({ task }) => task === undefined);
      const thread =
        idle.find(({ job }) => job === this.queue[0]?.job) ??
        idle[0] ??
        (this.threads.size < this.count ? this.start() : undefined);
      const task = thread && this.queue.shift();
      if (thread === undefined || task === undefined) return;
      if (thread.job !== task.job) thread.send(task.job.order);
      thread.job = task.job;
      thread.task = task;
      thread.send({ kind: "target", index: task.index });
    }
  }

  private start(): Thread {
    const worker = new Worker(this.script, { workerData: this.settings });
    const thread = new Thread(worker);
    this.threads.add(thread);
    let reason = "";
    worker.on("message", (report: Report) => this.hear(thread, report));
    worker.on("messageerror", (error) => this.settle(thread, { error }));
    worker.on("error", (error: unknown) => {
      reason = `: ${error instanceof Error ? error.message : String(error)}`;
    });
    worker.on("exit", () => {
      this.threads.delete(thread);
      const text = `a worker ended before its work was done${reason}`;
      const error = new SeccompSimError("worker-ended", text, { hint: "try fewer --workers" });
      this.settle(thread, this.closed ? NOT_BEGUN : { error });
    });
    return thread;
  }

  private hear(thread: Thread, report: Report): void {
    const { task } = thread;
    if (task === undefined) return;
    if (report.kind === "progress") {
      this.done += report.done - task.done;
      task.done = report.done;
      if (!this.closed) this.onProgress(this.done, this.total);
    } else if (report.kind === "ran") {
      this.settle(thread, outcomeOf(report, task));
    } else if (report.kind === "refused") {
      const { code, message, place, hint } = report.error;
      this.settle(thread, { error: new SeccompSimError(code, message, { place, hint }) });
    } else {
      const { name, message } = report;
      this.settle(thread, { error: Object.assign(new Error(message), { name }) });
    }
  }

  private settle(thread: Thread, outcome: Outcome): void {
    const { task } = thread;
    thread.task = undefined;
    task?.settle(outcome);
    this.next();
  }
}

function outcomeOf({ run, partial }: Extract<Report, { kind: "ran" }>, task: Task): Outcome {
  try {
    return { run: run && received(run, task), partial };
  } catch (error) {
    return { error: error as Error };
  }
}

/** Puts our own cases and patterns back. */
function received(run: SentRun, { job: { suite }, index }: Task): TargetRun {
  const target = suite.targets[index];
  return {
    ...run,
    cases: run.cases.map((sent) => {
      const one = suite.cases[sent.case];
      if (one === undefined || target === undefined) throw new Error("a worker ran another suite");
      const patterns = sent.results.length === 0 ? [] : one.callsFor(target);
      return {
        ...sent,
        case: one,
        results: sent.results.map((result, i) => {
          const pattern = patterns[i];
          if (pattern === undefined) throw new Error("a worker ran another case");
          return { ...result, pattern };
        }),
      };
    }),
  };
}
