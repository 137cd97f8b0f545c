import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createPool, type Pool, type PoolOptions } from "../../src/pool/index.js";
import { bytesOf, numbered, slow, TELLING, told } from "./helpers.js";

const open: Pool[] = [];
function pool(options: Partial<PoolOptions> = {}): Pool {
  const made = createPool({ filters: [TELLING], endian: "little", workers: 2, ...options });
  open.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** Pieces of `bytes` of the given sizes, in turn; the array that is handed out is used again. */
async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(1, ...sizes));
  let at = 0;
  for (let n = 0; at < bytes.length; n++) {
    const piece = bytes.subarray(at, at + Math.max(1, sizes[n % sizes.length] as number));
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    buffer.fill(0xff);
    at += piece.length;
  }
}

/** Everything that a stream yields, joined. */
async function all(stream: AsyncIterable<{ records: Uint8Array; words: Uint32Array }>) {
  const records: Uint8Array[] = [];
  const words: number[] = [];
  for await (const one of stream) {
    expect(one.records.length).toBe(64 * one.words.length);
    records.push(one.records.slice());
    words.push(...one.words);
  }
  return { records: Buffer.concat(records), words };
}

describe("a stream", () => {
  test("has every record with its word in order, however it is cut", async () => {
    const cases = fc.record({
      workers: fc.nat({ max: 3 }),
      count: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 60_000 })),
      sizes: fc.array(fc.oneof(fc.nat({ max: 3_000_000 }), fc.integer({ min: 5000, max: 9000 })), {
        minLength: 1,
        maxLength: 4,
      }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ workers, count, sizes }) => {
        // One byte at a time would only test patience.
        if (Math.max(...sizes) < 1000) sizes.push(1000);
        const bytes = numbered(count);
        await using pool = createPool({ filters: [TELLING], endian: "little", workers });
        const { records, words } = await all(pool.evaluateStream(pieces(bytes, sizes)));
        expect(records.equals(bytes)).toBe(true);
        expect(bytesOf(Uint32Array.from(words)).equals(bytesOf(told(count)))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("takes a plain list, and tells how far it is", async () => {
    const seen: number[] = [];
    const chunks = [numbered(10), numbered(20)];
    const onProgress = (done: number) => seen.push(done);
    const { words } = await all(pool().evaluateStream(chunks, { onProgress }));
    expect(words).toEqual([...told(10), ...told(20)]);
    expect(seen.at(-1)).toBe(30);
  });

  test.for([0, 2])("yields what came before a fault, with %i workers", async (workers) => {
    const cut = async (chunks: AsyncIterable<Uint8Array>) => {
      let count = 0;
      const stream = pool({ workers }).evaluateStream(chunks);
      const error = await (async () => {
        for await (const { words } of stream) count += words.length;
      })().catch((reason: unknown) => reason);
      return { count, error };
    };
    const partial = await cut(pieces(numbered(40_000).subarray(0, 64 * 39_999 + 7), [100_001]));
    expect(partial).toMatchObject({ count: 39_999, error: { code: "truncated-record" } });
    async function* failing() {
      yield numbered(30_000);
      throw new Error("the disk is gone");
    }
    expect(await cut(failing())).toEqual({ count: 30_000, error: new Error("the disk is gone") });
  });

  test("answers what has arrived while the source is silent", async () => {
    let more = (_: Uint8Array | undefined) => {};
    async function* silent() {
      yield numbered(3);
      const last = await new Promise<Uint8Array | undefined>((resolve) => {
        more = resolve;
      });
      if (last) yield last;
    }
    const stream = pool().evaluateStream(silent());
    expect([...((await stream.next()).value?.words ?? [])]).toEqual([...told(3)]);
    const next = stream.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    more(numbered(2));
    expect([...((await next).value?.words ?? [])]).toEqual([...told(2)]);
    expect((await stream.next()).done).toBe(true);
  });

  test("does not run ahead of its reader", async () => {
    let pulled = 0;
    const large = numbered(40_000);
    function* endless() {
      for (;;) {
        pulled++;
        yield large;
      }
    }
    let taken = 0;
    for await (const _ of pool().evaluateStream(endless())) {
      taken++;
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(pulled - taken).toBeLessThan(8);
      if (taken === 20) break;
    }
  });

  test("lets its source clean up when its reader leaves, and the pool lives on", async () => {
    let cleaned = false;
    async function* source() {
      try {
        for (;;) yield numbered(5000);
      } finally {
        cleaned = true;
      }
    }
    const two = pool();
    for await (const _ of two.evaluateStream(source())) break;
    expect(cleaned).toBe(true);
    expect(await two.evaluateBatch(numbered(3))).toEqual(told(3));
  });

  test("can be interrupted by other calls of the same pool", async () => {
    const two = pool();
    for await (const { words } of two.evaluateStream(pieces(numbered(100_000), [64 * 9000]))) {
      expect(await two.evaluateBatch(numbered(words.length))).toEqual(told(words.length));
    }
  });

  test("ends at once when it is aborted, also while the source is silent", async () => {
    const controller = new AbortController();
    async function* silent() {
      yield numbered(3);
      await new Promise(() => {});
    }
    const two = pool();
    const stream = two.evaluateStream(silent(), { signal: controller.signal });
    await stream.next();
    const next = stream.next();
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    expect(await two.evaluateBatch(numbered(3))).toEqual(told(3));
  });

  test("ends with its pool", async () => {
    const two = pool({ filters: [slow(4096)] });
    const stream = two.evaluateStream(pieces(numbered(100_000), [1_000_000]));
    await stream.next();
    await two.close();
    await expect(stream.next()).rejects.toMatchObject({ code: "pool-closed" });
  });
});
