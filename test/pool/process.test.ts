import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";

const LIBRARY = pathToFileURL("dist/index.js").href;

/** Newer releases have the flag without its prefix. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has("--permission")
  ? "--permission"
  : "--experimental-permission";

const BEGIN = `
import { createEvaluator, createPool } from ${JSON.stringify(LIBRARY)};
const line = (code, k) => ({ code, jt: 0, jf: 0, k });
const steps = Array.from({ length: 4000 }, (_, n) => line(n % 2 === 0 ? 0x24 : 0xa4, 77 + n));
const slow = [line(0x20, 16), ...steps, line(0x16, 0)];
const filters = [slow];
const pool = createPool({ filters, endian: "little", workers: 2 });
const records = new Uint8Array(64 * 20_000);
const word = createEvaluator(filters, "little").evaluate({ nr: 0, arch: 0, ip: 0n, args: [] });
`;

/** Runs a module in a process of its own, which has to end by itself. */
function node(code: string, flags: readonly string[] = []) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, "--input-type=module", "--eval", BEGIN + code],
    { encoding: "utf8", timeout: 30_000 },
  );
  return { status, signal, stdout, stderr };
}

const ended = (stdout: string, status = 0) => ({ status, signal: null, stdout, stderr: "" });

describe("a process with a pool", () => {
  test("ends by itself after close", () => {
    const ran = node(
      "console.log((await pool.evaluateBatch(records))[0] === word); await pool.close();",
    );
    expect(ran).toEqual(ended("true\n"));
  });

  test("ends by itself with idle workers that nobody closed", () => {
    expect(node("console.log((await pool.evaluateBatch(records))[9] === word);")).toEqual(
      ended("true\n"),
    );
  });

  test("that never called it ends, too", () => {
    expect(node("console.log('unused');")).toEqual(ended("unused\n"));
  });

  test("does not end while a call is pending", () => {
    const ran = node("pool.evaluateBatch(records).then((words) => console.log(words.length));");
    expect(ran).toEqual(ended("20000\n"));
  });

  test("does not end between the calls of a chain", () => {
    const ran = node(`
      let sum = 0;
      for (let n = 0; n < 5; n++) sum += (await pool.evaluateBatch(records.subarray(0, 64)))[0];
      for await (const { words } of pool.evaluateStream([records])) sum += words.length;
      console.log(sum === 5 * word + 20_000);`);
    expect(ran).toEqual(ended("true\n"));
  });

  test("keeps its own exit code", () => {
    const code = "process.exitCode = 3; await pool.evaluateBatch(records);";
    expect(node(code)).toEqual(ended("", 3));
    expect(node(`${code} await pool.close();`)).toEqual(ended("", 3));
  });

  test("fails for an error that it does not handle", () => {
    const ran = node("const call = pool.evaluateBatch(records); await pool.close(); await call;");
    expect(ran).toMatchObject({ status: 1, signal: null, stdout: "" });
    expect(ran.stderr).toContain("pool-closed");
  });

  test("can end in the middle of the work", () => {
    const ran = node(`
      pool.evaluateBatch(records, undefined, { onProgress: () => process.exit(4) });`);
    expect(ran).toEqual(ended("", 4));
  });

  test("ends after an aborted call, without closing", () => {
    const ran = node(`
      const controller = new AbortController();
      const { signal } = controller;
      const call = pool.evaluateBatch(records, undefined, { signal });
      setTimeout(() => controller.abort(), 20);
      console.log(await call.catch((error) => error.name));`);
    expect(ran).toEqual(ended("AbortError\n"));
  });

  test("where threads are forbidden says so", () => {
    const ran = node(
      "await pool.evaluateBatch(records).catch(({ code, hint }) => console.log(code, hint));",
      [PERMISSION, "--allow-fs-read=*"],
    );
    expect(ran.stdout).toMatch(/^worker-unavailable .*workers: 0/);
    expect(ran.status).toBe(0);
  });
});

test("memory comes back after aborted and closed pools", () => {
  const ran = node(
    `
    const rss = () => process.memoryUsage().rss / 2 ** 20;
    const round = async () => {
      const pool = createPool({ filters, endian: "little", workers: 2 });
      const controller = new AbortController();
      const { signal } = controller;
      const onProgress = () => controller.abort();
      await pool.evaluateBatch(records, undefined, { signal, onProgress }).catch(() => {});
      await pool.close();
      gc();
    };
    await pool.close();
    for (let n = 0; n < 5; n++) await round();
    const before = rss();
    for (let n = 0; n < 25; n++) await round();
    console.log(Math.round(rss() - before));`,
    ["--expose-gc"],
  );
  expect(ran).toMatchObject({ status: 0, stderr: "" });
  // One pool holds some 10 MiB: 25 that leaked would be far above this.
  expect(Number(ran.stdout)).toBeLessThan(60);
});
