/**
 * What a worker does: an evaluator of its own behind comlink.
 */
import { type Endpoint, expose, transfer } from "comlink";
import { decodeFilter } from "../bpf/encode.js";
import { createEvaluator, type Evaluator } from "../evaluator/index.js";
import { adoptModule } from "../evaluator/module.js";
import { RECORD_SIZE } from "../seccomp/record.js";
import { type NodePort, nodeEndpoint } from "./endpoint.js";
import { nodeModule } from "./platform.js";
import { toOutcome, type WorkerApi } from "./protocol.js";

/** For so many milliseconds it helps, before it looks at other messages: other calls may wait. */
const SLICE = 20;

let evaluator: Evaluator | undefined;
let shared = false;

const api: WorkerApi = {
  load: (setup) =>
    toOutcome(() => {
      adoptModule(setup.module);
      const filters = setup.filters.map((bytes) => decodeFilter(bytes, "little"));
      evaluator = createEvaluator(filters, setup.endian, setup.options);
      shared = setup.shared;
      return undefined;
    }),
  evaluate(shard, raw) {
    const outcome = toOutcome(() => {
      loaded().evaluateBatch(shard.records, shard.words, { raw });
      return shared ? undefined : shard;
    });
    if (!outcome.ok || !outcome.value) return outcome;
    const { records, words } = outcome.value;
    return transfer(outcome, [records.buffer as ArrayBuffer, words.buffer as ArrayBuffer]);
  },
  help: ({ records, words }, { next, size }, raw) =>
    toOutcome(() => {
      const until = performance.now() + SLICE;
      let done = 0;
      do {
        const from = Atomics.add(next, 0, size);
        if (from >= words.length) break;
        const to = Math.min(words.length, from + size);
        const part = records.subarray(from * RECORD_SIZE, to * RECORD_SIZE);
        loaded().evaluateBatch(part, words.subarray(from, to), { raw });
        done += to - from;
      } while (performance.now() < until);
      return done;
    }),
};

function loaded(): Evaluator {
  if (!evaluator) throw new Error("no filter was loaded");
  return evaluator;
}

/** Answers the pool that started this thread. */
export function serve(): void {
  const threads = nodeModule<{ readonly parentPort: NodePort | null }>("node:worker_threads");
  const port = threads?.parentPort;
  expose(api, port ? nodeEndpoint(port) : (globalThis as unknown as Endpoint));
}
