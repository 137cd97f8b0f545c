import { Pending } from "./pending.js";

/** One call of a pool: whatever it waits for is given up when its signal aborts, or the pool ends. */
export class Call extends Pending {
  readonly #unlisten: () => void;

  /** Throws the signal's reason where it has aborted already. */
  constructor(signal: AbortSignal | undefined) {
    super();
    signal?.throwIfAborted();
    this.#unlisten = onAbort(signal, (reason) => this.giveUp(reason));
  }

  /** Lets go of the signal, which may live longer than the call. */
  end(): void {
    this.#unlisten();
  }
}

/** Calls `work` when the signal aborts, or has aborted; what is returned takes that back. */
export function onAbort(
  signal: AbortSignal | undefined,
  work: (reason: unknown) => void,
): () => void {
  if (!signal) return () => {};
  const listener = (): void => work(signal.reason);
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
