/**
 * Answers that are waited for and can be given up together, since a worker that died or a caller that
 * lost interest never settles them. (`Promise.race` with one long-lived promise would do it too, but
 * keeps a piece of memory for every race until that promise settles.)
 */
export class Pending {
  readonly #rejecters = new Set<(reason: unknown) => void>();
  #end: { readonly reason: unknown } | undefined;

  /** @param changed told how many are waited for, whenever that changes */
  constructor(private readonly changed: (count: number) => void = () => {}) {}

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** The answer, or the reason for which all were given up, whichever comes first. */
  wait<T>(answer: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end) {
        reject(this.#end.reason);
        // Nobody hears of it any more, also not the process as an error that nobody handled.
        answer.then(undefined, () => {});
        return;
      }
      this.#rejecters.add(reject);
      this.changed(this.#rejecters.size);
      const settle = <V>(how: (value: V) => void): ((value: V) => void) => {
        return (value) => {
          if (this.#rejecters.delete(reject)) this.changed(this.#rejecters.size);
          how(value);
        };
      };
      answer.then(settle(resolve), settle(reject));
    });
  }

  /** Throws the reason for which all was given up. */
  throwIfEnded(): void {
    if (this.#end) throw this.#end.reason;
  }

  /** Rejects everything that is waited for, now and later. The first reason stays. */
  giveUp(reason: unknown): void {
    if (this.#end) return;
    this.#end = { reason };
    const rejecters = [...this.#rejecters];
    this.#rejecters.clear();
    for (const reject of rejecters) reject(reason);
    if (rejecters.length > 0) this.changed(0);
  }
}
