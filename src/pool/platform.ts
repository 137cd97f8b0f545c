/** A built-in module of Node, reached so that browser bundlers see no import of it. */
export function nodeModule<T>(name: string): T | undefined {
  const { process } = globalThis as {
    readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
  };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/**
 * May memory be shared with workers? Pages that are not isolated can often construct shared memory but
 * not send it, so the flag decides, not the constructor.
 */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer !== "function") return false;
  if (nodeModule("node:worker_threads") !== undefined) return true;
  return (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated === true;
}

/** Pages have policies; Node starts every worker. */
export function mayForbidWorkers(): boolean {
  return nodeModule("node:worker_threads") === undefined;
}

/** Is this a view of shared memory? Asked by name, since other realms have constructors of their own. */
export function isShared(view: ArrayBufferView): boolean {
  return Object.prototype.toString.call(view.buffer) === "[object SharedArrayBuffer]";
}

/** More threads than this wait for the memory bus rather than work. */
const MOST_THREADS = 8;

/** One worker for each core; none where there are no workers at all. */
export function defaultWorkers(): number {
  const os = nodeModule<{ availableParallelism(): number }>("node:os");
  if (os === undefined && typeof Worker !== "function") return 0;
  const cores = os?.availableParallelism() ?? navigator.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(MOST_THREADS, cores));
}

/** Lets timers, input and messages have their turn; microtasks alone would not. */
export function nextTurn(): Promise<void> {
  const { setImmediate: soon } = globalThis as {
    readonly setImmediate?: (work: () => void) => unknown;
  };
  return new Promise((resolve) => {
    if (soon) {
      soon(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
