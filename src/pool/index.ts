export type { NodeWorkerLike, WebWorkerLike, WorkerLike } from "./channel.js";
export { createPool, Pool, type PoolCallOptions, type PoolOptions } from "./pool.js";
export type { Shard } from "./protocol.js";
export type { Chunks } from "./stream.js";
