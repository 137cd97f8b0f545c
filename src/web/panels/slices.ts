import { useEffect, useState } from "preact/hooks";

/** Lets the page paint and answer before it goes on. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/**
 * What `compute` makes of the inputs, worked out after the paint that follows their change; until then
 * the last result. `undefined` before the first.
 */
export function useAfterPaint<T>(compute: () => T, inputs: readonly unknown[]): T | undefined {
  const [result, setResult] = useState<{ readonly value: T }>();
  useEffect(() => {
    const timer = setTimeout(() => setResult({ value: compute() }), 0);
    return () => clearTimeout(timer);
  }, inputs);
  return result?.value;
}
