import { resolveObjectURL } from "node:buffer";
import { Worker as NodeWorker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { SeccompSimError } from "../../src/errors.js";
import { compiledModule } from "../../src/evaluator/module.js";
import { WorkerHost } from "../../src/pool/host.js";
import { createPool } from "../../src/pool/index.js";
import { Pending } from "../../src/pool/pending.js";
import { fromOutcome, type Setup, toOutcome } from "../../src/pool/protocol.js";
import { numbered, ONLY_7, TELLING, told } from "./helpers.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A worker as browsers have them, made of one of Node's: it is started with a Blob's URL. */
class BrowserWorker extends EventTarget {
  static readonly running = new Set<BrowserWorker>();
  static readonly urls: string[] = [];
  #worker: Promise<NodeWorker>;

  constructor(url: string) {
    super();
    BrowserWorker.running.add(this);
    BrowserWorker.urls.push(url);
    this.#worker = this.#start(resolveObjectURL(url)?.text() ?? Promise.resolve("}{"));
  }

  async #start(source: Promise<string>): Promise<NodeWorker> {
    const worker = new NodeWorker(await source, { eval: true });
    worker.on("message", (data) => this.dispatchEvent(new MessageEvent("message", { data })));
    worker.on("error", ({ message }) => {
      this.dispatchEvent(Object.assign(new Event("error", { cancelable: true }), { message }));
    });
    return worker;
  }

  postMessage(message: unknown, transfer: ArrayBuffer[] = []): void {
    void this.#worker.then((worker) => worker.postMessage(message, transfer));
  }

  terminate(): void {
    BrowserWorker.running.delete(this);
    void this.#worker.then((worker) => worker.terminate());
  }
}

/** A page: no Node to be seen, `Worker` as above, memory shared only where it is isolated. */
function pretendToBeAPage({ isolated }: { isolated: boolean }): void {
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
  vi.stubGlobal("Worker", BrowserWorker);
  vi.stubGlobal("crossOriginIsolated", isolated);
}

describe("in a page", () => {
  test.for([true, false])("a batch and a stream are answered; isolated: %s", async (isolated) => {
    pretendToBeAPage({ isolated });
    const pool = createPool({ filters: [TELLING], endian: "little", workers: 2 });
    const records = numbered(30_000);
    expect(await pool.evaluateBatch(records)).toEqual(told(30_000));
    // The caller keeps the records, whatever was handed over.
    expect(records.length).toBe(30_000 * 64);
    // Shared memory that cannot be sent is still read.
    expect(await pool.evaluateBatch(numbered(9000, true))).toEqual(told(9000));
    const words: number[] = [];
    for await (const one of pool.evaluateStream([numbered(20_000), numbered(20_000)])) {
      words.push(...one.words);
    }
    expect(words).toEqual([...told(20_000), ...told(20_000)]);
    await pool.close();
    expect(BrowserWorker.running.size).toBe(0);
    expect(BrowserWorker.urls.filter((url) => resolveObjectURL(url) !== undefined)).toEqual([]);
  });

  test("a worker whose script does not load is an error with a way out", async () => {
    pretendToBeAPage({ isolated: false });
    const createWorker = () => new BrowserWorker("blob:nodedata:gone") as unknown as Worker;
    const pool = createPool({ filters: [TELLING], endian: "little", workers: 1, createWorker });
    await expect(pool.evaluateBatch(numbered(1))).rejects.toMatchObject({
      code: "worker-died",
      hint: expect.stringContaining("createWorker"),
    });
    expect(BrowserWorker.running.size).toBe(0);
  });

  test("without workers everything is done on the calling thread", async () => {
    pretendToBeAPage({ isolated: false });
    vi.stubGlobal("Worker", undefined);
    const pool = createPool({ filters: [ONLY_7], endian: "little" });
    expect(pool.workers).toBe(0);
    expect((await pool.evaluateBatch(numbered(8)))[7]).toBe(0x7fff0000);
    await pool.close();
  });
});

describe("errors across the boundary", () => {
  test("keep code, message, place and hint", () => {
    const place = { file: "web.json", line: 3, column: 5, offset: 40 };
    const error = new SeccompSimError("some-code", "what is wrong", { place, hint: "do this" });
    const outcome = structuredClone(
      toOutcome(() => {
        throw error;
      }),
    );
    expect(() => fromOutcome(outcome)).toThrow(error);
    expect(toOutcome(() => 5)).toEqual({ ok: true, value: 5 });
  });

  test("a refusal in a worker is thrown as the same error here", async () => {
    const setup: Setup = {
      module: compiledModule(),
      filters: [new Uint8Array(8)],
      endian: "little",
      options: {},
      shared: true,
    };
    const error = await new Promise((died) => {
      const host = new WorkerHost({ setup, createWorker: undefined, died });
      host
        .run({ records: new Uint8Array(64), words: new Uint32Array(1) }, false)
        .catch(() => host.close());
    });
    expect(error).toBeInstanceOf(SeccompSimError);
    expect(error).toMatchObject({ code: "filter-rejected" });
  });
});

test("answers that are given up reject once, and those of later too", async () => {
  const counts: number[] = [];
  const pending = new Pending((count) => counts.push(count));
  const answered = pending.wait(Promise.resolve(1));
  const never = pending.wait(new Promise(() => {}));
  expect(await answered).toBe(1);
  pending.giveUp("first");
  pending.giveUp("second");
  await expect(never).rejects.toBe("first");
  await expect(pending.wait(Promise.resolve(2))).rejects.toBe("first");
  await expect(pending.wait(Promise.reject(3))).rejects.toBe("first");
  expect(counts).toEqual([1, 2, 1, 0]);
});
