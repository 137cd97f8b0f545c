import type { Host } from "./host.js";

/**
 * The hosts of a pool, made when there is work for them. Whoever wants a shard answered acquires a host
 * first and releases it afterwards; those who wait are served in turn, so that a long batch and a short
 * one make progress side by side.
 */
export class Crew {
  /** Each host, and how many shards it has. */
  readonly #loads = new Map<Host, number>();
  readonly #waiting: ((host: Host) => void)[] = [];
  #ended = false;

  constructor(
    readonly size: number,
    private readonly make: () => Host,
  ) {}

  /** A host with room for a shard. Rejects where a worker is needed and cannot be had. */
  async acquire(): Promise<Host> {
    const host = this.#free();
    if (host) return this.#take(host);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(host: Host): void {
    this.#loads.set(host, (this.#loads.get(host) ?? 1) - 1);
    const next = this.#waiting.shift();
    if (next) next(this.#take(host));
  }

  async close(): Promise<void> {
    this.#ended = true;
    const hosts = [...this.#loads.keys()];
    this.#loads.clear();
    this.#waiting.length = 0;
    await Promise.all(hosts.map((host) => host.close()));
  }

  #take(host: Host): Host {
    this.#loads.set(host, (this.#loads.get(host) ?? 0) + 1);
    return host;
  }

  /** The least busy one; a new one before any gets a second shard. */
  #free(): Host | undefined {
    let best: Host | undefined;
    let load = Number.POSITIVE_INFINITY;
    for (const [host, count] of this.#loads) {
      if (count < load && count < host.depth) [best, load] = [host, count];
    }
    if (load > 0 && this.#loads.size < this.size && !this.#ended) return this.make();
    return best;
  }
}
