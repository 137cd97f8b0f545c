import type { Endpoint } from "comlink";
import { SeccompSimError } from "../errors.js";
import { type NodePort, nodeEndpoint } from "./endpoint.js";
import { nodeModule } from "./platform.js";
import { WORKER_SOURCE } from "./worker.gen.js";

/** The part of the platform's `Worker` that is used; browsers' workers are of this kind. */
export interface WebWorkerLike {
  postMessage(message: unknown, transfer?: never): void;
  addEventListener(type: string, listener: (event: object) => void): void;
  removeEventListener(type: string, listener: (event: object) => void): void;
  terminate(): void;
}

/** The part of `Worker` of Node's `worker_threads` that is used. */
export interface NodeWorkerLike extends NodePort {
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

export type WorkerLike = WebWorkerLike | NodeWorkerLike;

/** A line to a running worker. */
export interface Channel {
  readonly endpoint: Endpoint;
  /** While `busy`, the process stays alive for the worker's answer; otherwise it may end. */
  keepAlive(busy: boolean): void;
  terminate(): Promise<void>;
}

type Died = (how: string, cause?: unknown) => void;

/**
 * Starts a worker: `create`'s, or one from the text that the library carries.
 *
 * @param died told at most a few times why the worker answers no more; not after `terminate`
 */
export function openChannel(create: (() => WorkerLike) | undefined, died: Died): Channel {
  let worker: WorkerLike;
  try {
    worker = create ? create() : startWorker();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SeccompSimError("worker-unavailable", `a worker could not be started: ${why}`, {
      cause,
      hint: NO_WORKERS_HINT,
    });
  }
  return "on" in worker ? nodeChannel(worker, died) : webChannel(worker, died);
}

export const NO_WORKERS_HINT =
  "where workers from a Blob are forbidden, give createWorker; workers: 0 does without any";

function startWorker(): WorkerLike {
  const threads = nodeModule<{
    readonly Worker: new (source: string, options: object) => NodeWorkerLike;
  }>("node:worker_threads");
  // The flags of this process (loaders, --eval, the type of its input) mean nothing to the worker.
  if (threads) return new threads.Worker(WORKER_SOURCE, { eval: true, execArgv: [] });
  return blobWorker(WORKER_SOURCE);
}

/** A classic script: module workers from a Blob fail on pages that were opened from disk. */
function blobWorker(source: string): Worker {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const revoke = (): void => URL.revokeObjectURL(url);
  try {
    const worker = new Worker(url);
    worker.addEventListener("message", revoke, { once: true });
    worker.addEventListener("error", revoke, { once: true });
    return worker;
  } catch (error) {
    revoke();
    throw error;
  }
}

let startable: Promise<boolean> | undefined;

/** Does this page allow workers from a Blob? Tried once: a page keeps its policy. */
export function blobWorkersStart(): Promise<boolean> {
  startable ??= new Promise<boolean>((resolve) => {
    // A throw rejects; elsewhere the refusal is an event.
    const worker = blobWorker("postMessage(0)");
    const settle = (allowed: boolean): void => {
      worker.terminate();
      resolve(allowed);
    };
    worker.addEventListener("message", () => settle(true));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      settle(false);
    });
  }).catch(() => false);
  return startable;
}

function nodeChannel(worker: NodeWorkerLike, died: Died): Channel {
  let ended = false;
  const report: Died = (how, cause) => {
    if (!ended) died(how, cause);
  };
  worker.on("error", (error: unknown) => {
    report(error instanceof Error ? error.message : String(error), error);
  });
  worker.on("exit", (code: unknown) => report(`it ended with status ${code}`));
  worker.on("messageerror", (error: unknown) => report("a message could not be read", error));
  // Left as it is, an idle worker would keep the process from ending.
  worker.unref();
  return {
    endpoint: nodeEndpoint(worker),
    keepAlive(busy) {
      if (busy) worker.ref();
      else worker.unref();
    },
    async terminate() {
      ended = true;
      await worker.terminate();
    },
  };
}

function webChannel(worker: WebWorkerLike, died: Died): Channel {
  worker.addEventListener("error", (event: Partial<ErrorEvent>) => {
    event.preventDefault?.();
    died(event.message || "its script could not be loaded", event.error);
  });
  worker.addEventListener("messageerror", () => died("a message could not be read"));
  return {
    endpoint: worker as unknown as Endpoint,
    keepAlive() {},
    async terminate() {
      worker.terminate();
    },
  };
}
