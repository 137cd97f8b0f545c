import type { Endpoint } from "comlink";

/** The part of Node's `Worker` and `MessagePort` that messages need. */
export interface NodePort {
  postMessage(message: unknown, transfer?: readonly never[]): void;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** Node's events as comlink expects the platform's. */
export function nodeEndpoint(port: NodePort): Endpoint {
  const forwards = new Map<EventListenerOrEventListenerObject, (data: unknown) => void>();
  return {
    postMessage: (message: unknown, transfer?: Transferable[]) =>
      port.postMessage(message, transfer as never[] | undefined),
    addEventListener(type, listener) {
      const forward = (data: unknown): void => {
        const event = { data } as MessageEvent;
        if (typeof listener === "function") listener(event);
        else listener.handleEvent(event);
      };
      forwards.set(listener, forward);
      port.on(type, forward);
    },
    removeEventListener(type, listener) {
      const forward = forwards.get(listener);
      if (forward) port.off(type, forward);
      forwards.delete(listener);
    },
  };
}
