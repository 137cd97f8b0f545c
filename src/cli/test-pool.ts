import { Worker } from "node:worker_threads";
import { SeccompSimError, type Warning } from "../errors.js";
import { PlainResults } from "../suite/results.js";
import type { SuiteResult, TargetRun } from "../suite/runner.js";
import { TestServer } from "./serve-tests.js";
import {
  type OpenedSuite,
  type Order,
  type Report,
  type SentRun,
  unpack,
  type WorkerSettings,
} from "./test-wire.js";

/** What became of a target; `run` is missing where it was not begun. */
type Outcome =
  | {
      readonly run: TargetRun | undefined;
      readonly warnings: readonly Warning[];
      readonly partial: boolean;
    }
  | { readonly error: Error };

const NOT_BEGUN: Outcome = { run: undefined, warnings: [], partial: true };

/** A suite that is to be opened; `undefined` where it came to nothing. */
class Opening {
  readonly opened: Promise<OpenedSuite | undefined>;
  settle!: (opened: OpenedSuite | undefined) => void;
  fail!: (error: Error) => void;

  constructor(readonly path: string) {
    this.opened = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
    });
  }
}

/** A suite on one target of its matrix: the unit of work. */
class Task {
  done = 0;
  readonly outcome: Promise<Outcome>;
  settle!: (outcome: Outcome) => void;

  constructor(
    readonly suite: OpenedSuite,
    readonly index: number,
  ) {
    this.outcome = new Promise((resolve) => {
      this.settle = resolve;
    });
  }
}

/** A thread that works: this one, or a worker. */
class Seat {
  /** What it was ordered and has not answered, in order. */
  readonly work: (Opening | Task)[] = [];
  /** The suite that it has read, or that it reads ahead. */
  suite: OpenedSuite | string | undefined;

  constructor(
    readonly send: (order: Order) => void,
    readonly end: () => Promise<unknown>,
  ) {}
}

/** Runs suites on several threads, this one among them, each target of a matrix by itself. */
export class SuitePool {
  private readonly seats: Seat[];
  private readonly openings: Opening[] = [];
  private readonly tasks: Task[] = [];
  private readonly plain = new PlainResults();
  private closed = false;
  private done = 0;
  private total = 0;

  /**
   * @param count threads, this one included
   * @param script what the others run: test-worker.ts, a file beside this
   */
  constructor(
    private readonly count: number,
    private readonly settings: WorkerSettings,
    private readonly onProgress: (done: number, total: number) => void = () => {},
    private readonly script: URL = new URL("./test-worker.js", import.meta.url),
  ) {
    const server = new TestServer(settings, (report) => this.hear(here, report, (run) => run));
    const here = new Seat(
      (order) => server.take(order),
      () => server.stop(),
    );
    this.seats = [here];
  }

  /** Reads a suite; `undefined` when the pool was closed before. Throws what is wrong with it. */
  open(path: string): Promise<OpenedSuite | undefined> {
    const opening = new Opening(path);
    this.openings.push(opening);
    this.next();
    return opening.opened;
  }

  /**
   * The result of a suite, as `runSuite` gives it; `warn` gets what each target has to say, in their order.
   * Throws what the first target that was refused threw.
   */
  async run(
    suite: OpenedSuite,
    warn: (warnings: readonly Warning[]) => void,
    signal: AbortSignal | undefined,
  ): Promise<SuiteResult> {
    const { counts } = suite;
    const tasks = counts.flatMap((cases, i) => (cases > 0 ? [new Task(suite, i)] : []));
    this.total += counts.reduce((n, cases) => n + cases, 0);
    const stop = (): void => this.cancel(tasks);
    signal?.addEventListener("abort", stop);
    try {
      this.tasks.push(...tasks);
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
    for (const one of this.openings.splice(0)) one.settle(undefined);
    for (const one of this.tasks.splice(0)) one.settle(NOT_BEGUN);
    const seats = [...this.seats];
    for (const { work } of seats) for (const one of work.splice(0)) settleNone(one);
    await Promise.all(seats.map((seat) => seat.end()));
  }

  private join(
    { head }: OpenedSuite,
    outcomes: readonly Outcome[],
    warn: (warnings: readonly Warning[]) => void,
  ): SuiteResult {
    const runs: TargetRun[] = [];
    let partial = false;
    for (const [i, outcome] of outcomes.entries()) {
      if ("error" in outcome) throw outcome.error;
      partial ||= outcome.partial;
      const { run } = outcome;
      if (run === undefined) continue;
      warn(outcome.warnings);
      runs.push(run);
      if (!this.ends(outcome)) continue;
      partial ||= i < outcomes.length - 1;
      break;
    }
    return { suite: head, runs, passed: runs.every(({ passed }) => passed), partial };
  }

  private ends(outcome: Outcome): boolean {
    return this.settings.bail && "run" in outcome && outcome.run?.passed === false;
  }

  private cancel(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const at = this.tasks.indexOf(task);
      if (at >= 0) this.tasks.splice(at, 1)[0]?.settle(NOT_BEGUN);
    }
    for (const { work, send } of this.seats) {
      for (const one of work) {
        if (one instanceof Task && tasks.includes(one)) send({ kind: "abort", index: one.index });
      }
    }
  }

  /** Gives what waits to seats without work, and to new ones while there may be more. */
  private next(): void {
    if (this.closed) return;
    for (const seat of this.seats) this.fill(seat);
    while (this.seats.length < this.count && this.isWorkForAnother()) this.fill(this.start());
    // A worker goes on at once while this thread, which gives the work, is busy.
    const [here, ...workers] = this.seats;
    for (const seat of workers) {
      if (here === undefined || this.tasks.length <= this.count || seat.work.length !== 1) continue;
      const own = this.tasks.find(({ suite }) => suite === seat.suite && !suite.stdin);
      if (own !== undefined) this.give(seat, own);
    }
  }

  private isWorkForAnother(): boolean {
    return (
      this.openings.some(isForAll) ||
      this.tasks.some(({ suite }) => !suite.stdin) ||
      this.aheadFor(undefined) !== undefined
    );
  }

  private fill(seat: Seat): void {
    if (seat.work.length > 0) return;
    const task = this.taskFor(seat);
    const isOwn = task !== undefined && task.suite === seat.suite;
    const opening = isOwn
      ? undefined
      : this.openings.find((one) => isForAll(one) || seat === this.seats[0]);
    if (opening !== undefined) {
      this.openings.splice(this.openings.indexOf(opening), 1);
      seat.work.push(opening);
      seat.suite = undefined;
      seat.send({ kind: "open", path: opening.path });
    } else if (task !== undefined) {
      this.give(seat, task);
    } else {
      // This thread rather listens to what others have done.
      const path = seat === this.seats[0] ? undefined : this.aheadFor(seat);
      if (path === undefined) return;
      seat.suite = path;
      seat.send({ kind: "ahead", path });
    }
  }

  private give(seat: Seat, task: Task): void {
    const { suite, index } = task;
    this.tasks.splice(this.tasks.indexOf(task), 1);
    const { path, name, text } = suite;
    if (seat.suite !== suite) seat.send({ kind: "suite", path, name, text });
    seat.suite = suite;
    seat.work.push(task);
    seat.send({ kind: "target", index });
  }

  /**
   * Rather one of the suite that the seat has read; else one of a suite whose readers have others, or may
   * not run it.
   */
  private taskFor(seat: Seat): Task | undefined {
    const tasks = this.tasks.filter(({ suite }) => !suite.stdin || seat === this.seats[0]);
    const { suite: known } = seat;
    return (
      tasks.find(({ suite }) => suite === known || suite.path === known) ??
      tasks.find(
        ({ suite }, i) =>
          suite.stdin ||
          tasks.slice(i + 1).some((other) => other.suite === suite) ||
          !this.seats.some((one) => one.suite === suite),
      )
    );
  }

  /** A suite that another seat is opening. */
  private aheadFor(seat: Seat | undefined): string | undefined {
    const opening = this.seats
      .flatMap(({ work }) => work)
      .find((one) => one instanceof Opening && isForAll(one) && one.path !== seat?.suite);
    return opening instanceof Opening ? opening.path : undefined;
  }

  private start(): Seat {
    const worker = new Worker(this.script, { workerData: this.settings });
    const seat = new Seat(
      (order) => worker.postMessage(order),
      () => worker.terminate(),
    );
    this.seats.push(seat);
    let reason = "";
    worker.on("message", (report: Report<SentRun>) =>
      this.hear(seat, report, (run, { head }) => unpack(run, head.cases, this.plain)),
    );
    worker.on("messageerror", (error) => this.fail(seat, error));
    worker.on("error", (error: unknown) => {
      reason = `: ${error instanceof Error ? error.message : String(error)}`;
    });
    worker.on("exit", () => {
      this.seats.splice(this.seats.indexOf(seat), 1);
      const text = `a worker ended before its work was done${reason}`;
      const error = new SeccompSimError("worker-ended", text, { hint: "try fewer --workers" });
      while (seat.work.length > 0) this.fail(seat, error);
    });
    return seat;
  }

  private hear<Run>(
    seat: Seat,
    report: Report<Run>,
    read: (run: Run, suite: OpenedSuite) => TargetRun,
  ): void {
    const [one] = seat.work;
    if (one === undefined) return;
    if (report.kind === "refused") {
      const { code, message, place, hint } = report.error;
      this.fail(seat, new SeccompSimError(code, message, { place, hint }));
    } else if (report.kind === "defect") {
      const { name, message } = report;
      this.fail(seat, Object.assign(new Error(message), { name }));
    } else if (one instanceof Opening) {
      if (report.kind !== "opened") return;
      seat.suite = report.opened;
      seat.work.shift();
      one.settle(report.opened);
    } else if (report.kind === "progress") {
      this.done += report.done - one.done;
      one.done = report.done;
      if (!this.closed) this.onProgress(this.done, this.total);
    } else if (report.kind === "ran") {
      const { run, warnings, partial } = report;
      seat.work.shift();
      one.settle({ run: run && read(run, one.suite), warnings, partial });
      this.next();
    }
  }

  private fail(seat: Seat, error: Error): void {
    const one = seat.work.shift();
    if (one instanceof Opening) one.fail(error);
    else one?.settle({ error });
    this.next();
  }
}

/** Standard input is read here. */
function isForAll({ path }: Opening): boolean {
  return path !== "-";
}

function settleNone(one: Opening | Task): void {
  if (one instanceof Task) one.settle(NOT_BEGUN);
  else one.settle(undefined);
}
