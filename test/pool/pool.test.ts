import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { SeccompSimError } from "../../src/errors.js";
import { createEvaluator } from "../../src/evaluator/index.js";
import { createPool, type Pool, type PoolOptions } from "../../src/pool/index.js";
import { i } from "../evaluator/build.js";
import { bytesOf, numbered, ONLY_7, slow, TELLING, told } from "./helpers.js";

const open: Pool[] = [];
function pool(options: Partial<PoolOptions> = {}): Pool {
  const made = createPool({ filters: [TELLING], endian: "little", workers: 2, ...options });
  open.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** The threads that this process has started and not ended. */
function recordingWorker(): { readonly createWorker: () => Worker; readonly made: Worker[] } {
  const made: Worker[] = [];
  const createWorker = () => {
    const worker = new Worker(new URL("../../dist/worker.js", import.meta.url));
    made.push(worker);
    return worker;
  };
  return { createWorker, made };
}

describe("a batch", () => {
  const word = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 0xffffffff }));

  test("has the words of a single evaluator, whatever the records, workers, filters and memory", async () => {
    const stacks = [[TELLING], [ONLY_7, TELLING], [i("ret", 0x7fff0003)].map((one) => [one]), []];
    const cases = fc.record({
      workers: fc.nat({ max: 3 }),
      filters: fc.constantFrom(...stacks),
      endian: fc.constantFrom("little" as const, "big" as const),
      raw: fc.boolean(),
      mode: fc.constantFrom(
        "auto" as const,
        "interpreter" as const,
        "table" as const,
        "jit" as const,
      ),
      // From none to more than one shard for each worker.
      count: fc.oneof(fc.constantFrom(0, 1, 2048, 2049, 8191), fc.nat({ max: 40_000 })),
      seed: fc.array(word, { minLength: 16, maxLength: 80 }),
      sharedRecords: fc.boolean(),
      sharedWords: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        cases,
        async ({ workers, filters, endian, raw, mode, count, seed, ...memory }) => {
          const records = numbered(count, memory.sharedRecords);
          const words = new Uint32Array(records.buffer);
          for (let n = 0; n < words.length; n += 7) words[n] = seed[n % seed.length] as number;
          const expected = new Uint32Array(count);
          const evaluator = createEvaluator(filters, endian, { mode: "interpreter" });
          evaluator.evaluateBatch(records, expected, { raw });
          evaluator.close();
          const bytes = 4 * count;
          const out = new Uint32Array(
            memory.sharedWords ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes),
          );
          await using pool = createPool({ filters, endian, workers, mode });
          const returned = await pool.evaluateBatch(records, out, { raw });
          expect(returned).toBe(out);
          expect(bytesOf(out).equals(bytesOf(expected))).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("makes room for the words where none is given, and leaves the rest of a longer one alone", async () => {
    const two = pool();
    expect(await two.evaluateBatch(numbered(5000))).toEqual(told(5000));
    const out = new Uint32Array(5002).fill(9);
    await two.evaluateBatch(numbered(5000), out);
    expect([...out.subarray(4998)]).toEqual([0x00050000 | 902, 0x00050000 | 903, 9, 9]);
  });

  test("several at a time get their own words", async () => {
    const two = pool();
    const counts = [40_000, 1, 0, 3000, 12_345, 70_000];
    const all = await Promise.all(
      counts.map((count, n) => two.evaluateBatch(numbered(count, n % 2 === 0))),
    );
    expect(all).toEqual(counts.map(told));
  });

  test.for([false, true])(
    "a short one does not wait for a long one; shared: %s",
    async (shared) => {
      const one = pool({ filters: [slow(4096)], workers: 1 });
      const ended: string[] = [];
      const long = one.evaluateBatch(numbered(60_000, shared)).then(() => ended.push("long"));
      const short = one.evaluateBatch(numbered(10)).then(() => ended.push("short"));
      await Promise.all([long, short]);
      expect(ended).toEqual(["short", "long"]);
    },
  );

  test.for([
    [0, false],
    [1, false],
    [2, false],
    [2, true],
  ] as const)("tells how far it is, with %i workers; shared: %s", async ([workers, shared]) => {
    const seen: number[] = [];
    const long = pool({ workers, filters: [slow(4096)] });
    await long.evaluateBatch(numbered(50_000, shared), undefined, {
      onProgress: (done) => seen.push(done),
    });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(50_000);
  });

  test("an error in onProgress is the caller's, and the pool lives on", async () => {
    const two = pool();
    const onProgress = () => {
      throw new Error("mine");
    };
    await expect(two.evaluateBatch(numbered(9000), undefined, { onProgress })).rejects.toThrow(
      "mine",
    );
    expect(await two.evaluateBatch(numbered(10))).toEqual(told(10));
  });
});

describe("mistakes", () => {
  test.for([0, 2])("reach the caller with %i workers", async (workers) => {
    const one = pool({ workers });
    await expect(one.evaluateBatch(new Uint8Array(65))).rejects.toMatchObject({
      code: "truncated-record",
    });
    await expect(one.evaluateBatch(numbered(3), new Uint32Array(2))).rejects.toThrow(RangeError);
    expect(() => pool({ workers, filters: [[i("ld", 3)]] })).toThrow(/load this program/);
  });

  test.for([-1, 1.5, 257, Number.NaN])("%d workers cannot be", (workers) => {
    expect(() => pool({ workers })).toThrow(RangeError);
  });
});

describe("abort", () => {
  test.for([
    [0, false],
    [1, false],
    [2, false],
    [2, true],
  ] as const)(
    "ends a batch at once with %i workers, and the pool lives on; shared: %s",
    async ([workers, shared]) => {
      const one = pool({ workers, filters: [slow(4096)] });
      const records = numbered(200_000, shared);
      const controller = new AbortController();
      let done = 0;
      const batch = one.evaluateBatch(records, undefined, {
        signal: controller.signal,
        onProgress: (count) => {
          done = count;
          controller.abort(new Error("enough"));
        },
      });
      await expect(batch).rejects.toThrow("enough");
      expect(done).toBeLessThan(100_000);
      expect(await one.evaluateBatch(numbered(2))).toHaveLength(2);
    },
  );

  test("by a timer is heard on the calling thread too", async () => {
    const none = pool({ workers: 0, filters: [slow(4096)] });
    const signal = AbortSignal.timeout(30);
    await expect(
      none.evaluateBatch(numbered(300_000), undefined, { signal }),
    ).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  test("before the call does nothing at all", async () => {
    const { createWorker, made } = recordingWorker();
    const signal = AbortSignal.abort(new Error("never"));
    const one = pool({ createWorker });
    await expect(one.evaluateBatch(numbered(3), undefined, { signal })).rejects.toThrow("never");
    expect(made).toEqual([]);
  });

  test("by the pool's own signal closes it", async () => {
    const controller = new AbortController();
    const two = pool({ signal: controller.signal, filters: [slow(4096)] });
    const batch = two.evaluateBatch(numbered(200_000));
    controller.abort(new Error("all of it"));
    await expect(batch).rejects.toThrow("all of it");
    await expect(two.evaluateBatch(numbered(1))).rejects.toThrow("all of it");
    await expect(pool({ signal: controller.signal }).evaluateBatch(numbered(1))).rejects.toThrow(
      "all of it",
    );
  });
});

describe("workers", () => {
  /** Waits until all have ended; a thread that has ended is -1. */
  const ended = async (workers: readonly Worker[]) => {
    await expect
      .poll(() => workers.map((worker) => worker.threadId))
      .toEqual(workers.map(() => -1));
  };

  test("start when there is work for them, and end with the pool", async () => {
    const { createWorker, made } = recordingWorker();
    const three = pool({ workers: 3, createWorker });
    expect(made).toHaveLength(0);
    await three.evaluateBatch(numbered(10));
    expect(made).toHaveLength(1);
    await three.evaluateBatch(numbered(60_000));
    expect(made).toHaveLength(3);
    await three.close();
    await ended(made);
    await expect(three.evaluateBatch(numbered(1))).rejects.toMatchObject({ code: "pool-closed" });
    await three.close();
  });

  test("end also while they work: the calls reject", async () => {
    const { createWorker, made } = recordingWorker();
    const two = pool({ createWorker, filters: [slow(4096)] });
    const batch = two.evaluateBatch(numbered(100_000));
    const closed = two.close();
    await expect(batch).rejects.toMatchObject({ code: "pool-closed" });
    await closed;
    await ended(made);
  });

  test("one that is killed is told to all callers, and the others end", async () => {
    const { createWorker, made } = recordingWorker();
    const two = pool({ createWorker, filters: [slow(4096)] });
    await two.evaluateBatch(numbered(20_000));
    const calls = [false, true].map((shared) => two.evaluateBatch(numbered(100_000, shared)));
    const settled = Promise.allSettled(calls);
    expect(made).toHaveLength(2);
    await made[0]?.terminate();
    for (const call of await settled) {
      expect(call).toMatchObject({ status: "rejected", reason: { code: "worker-died" } });
      expect((call as PromiseRejectedResult).reason.message).toMatch(/^a worker died: .*ended/);
    }
    await ended(made);
    await expect(two.evaluateBatch(numbered(1))).rejects.toMatchObject({ code: "worker-died" });
  });

  test.for<[string, string, RegExp]>([
    ["throws", "throw new Error('broken')", /before it was ready: broken/],
    ["ends", "process.exit(3)", /ended with status 3/],
    ["is no script", "}{", /before it was ready/],
  ])("one whose script %s", async ([, source, message]) => {
    const two = pool({ createWorker: () => new Worker(source, { eval: true }) });
    const error = await two.evaluateBatch(numbered(1)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SeccompSimError);
    expect(error).toMatchObject({
      code: "worker-died",
      hint: expect.stringContaining("createWorker"),
    });
    expect((error as Error).message).toMatch(message);
  });

  test("that cannot be made are an error of their own, and the pool lives on", async () => {
    const createWorker = () => {
      throw new Error("Refused by the content policy");
    };
    const two = pool({ createWorker });
    await expect(two.evaluateBatch(numbered(1))).rejects.toMatchObject({
      code: "worker-unavailable",
      message: expect.stringContaining("content policy"),
      hint: expect.stringContaining("workers: 0"),
    });
  });
});
