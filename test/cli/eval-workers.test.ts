import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { CLI, run, runBytes } from "./run.js";

const EVAL = ["eval", "docker-default", "--records", "-"];
const TWO = [...EVAL, "--workers", "2"];

/** Raw little-endian records of x86_64 with numbers that go round. */
function raw(count: number): Uint8Array {
  const bytes = new Uint8Array(count * 64);
  const view = new DataView(bytes.buffer);
  for (let n = 0; n < count; n++) {
    view.setInt32(n * 64, (n * 7) % 480, true);
    view.setUint32(n * 64 + 4, 0xc000003e, true);
  }
  return bytes;
}

const closed = (child: { once(event: string, listener: (...args: unknown[]) => void): unknown }) =>
  new Promise<unknown[]>((resolve) => child.once("close", (...how) => resolve(how)));

describe("eval --workers", () => {
  test.for(["raw", "ndjson", "tally"])("writes what one thread writes: %s", (output) => {
    const args = ["--input", "raw", "--output", output, "--kernel", "6.14"];
    const input = raw(100_000);
    const one = runBytes([...EVAL, ...args], { input });
    const two = runBytes([...TWO, ...args], { input });
    expect(two.status).toBe(0);
    expect(one.stdout.length).toBeGreaterThan(10);
    expect(Buffer.compare(two.stdout, one.stdout)).toBe(0);
    expect(two.stderr).toBe(one.stderr);
  });

  test.for(["docker-default", "unconfined", "strict"])("answers lines for %s", (profile) => {
    const input = [335, 39, 165, 1].map((nr) => `{"nr":${nr}}\n`).join("");
    const args = ["eval", profile, "--records", "-", "--kernel", "6.14"];
    expect(run([...args, "--workers", "2"], { input })).toEqual(run(args, { input }));
  });

  test.for([
    [["--input", "raw"], raw(5000).subarray(0, 300_010), 4687],
    [[], '{"nr":39}\n{"nr":1}\n{"nr":3', 2],
  ] as const)("a bad record is an error after those before it: %j", ([args, input, lines]) => {
    const two = run([...TWO, ...args], { input });
    expect(two.status).toBe(2);
    expect(two.stdout.trim().split("\n")).toHaveLength(lines);
    expect(two.stderr).toBe(run([...EVAL, ...args], { input }).stderr);
  });

  test.for(["-1", "two", "100"])("refuses %s workers", (count) => {
    const ran = run([...EVAL, "--workers", count]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toContain("from 0 to 99");
  });

  test("answers what has arrived before the input ends, and ends with it", async () => {
    const child = spawn(process.execPath, [CLI, ...TWO]);
    const first = new Promise<string>((resolve) => {
      child.stdout.once("data", (data) => resolve(String(data)));
    });
    child.stdin.write('{"nr":39}\n');
    expect(await first).toContain('"verdict":"ALLOW"');
    child.stdin.end();
    expect(await closed(child)).toEqual([0, null]);
  });

  test.for(["SIGINT", "SIGTERM"] as const)("ends by %s", async (signal) => {
    const child = spawn(process.execPath, [CLI, ...TWO, "--input", "raw", "--output", "tally"]);
    const ended = closed(child);
    child.stdin.on("error", () => {});
    let stderr = "";
    const begun = new Promise<void>((resolve) => {
      child.stderr.on("data", (data) => {
        stderr += data;
        resolve();
      });
    });
    const block = raw(8192);
    const feed = setInterval(() => child.stdin.write(block), 1);
    await begun;
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    clearInterval(feed);
    expect(stderr).toMatch(/^target: .*\n$/);
  });

  test("ends quietly when its reader goes away", async () => {
    const child = spawn(process.execPath, [CLI, ...TWO]);
    const ended = closed(child);
    child.stdin.on("error", () => {});
    child.stdout.once("data", () => child.stdout.destroy());
    const feed = setInterval(() => child.stdin.write('{"nr":39}\n'.repeat(5000)), 1);
    expect(await ended).toEqual([0, null]);
    clearInterval(feed);
  });

  test("memory stays flat over many records", async () => {
    const child = spawn(process.execPath, [
      "--max-old-space-size=64",
      CLI,
      ...TWO,
      ...["--input", "raw", "--output", "tally"],
    ]);
    const ended = closed(child);
    let out = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    const block = raw(16_384);
    for (let n = 0; n < 100; n++) {
      if (!child.stdin.write(block)) await new Promise((next) => child.stdin.once("drain", next));
    }
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    const total = [...out.matchAll(/^\s*(\d+) /gm)].reduce((sum, m) => sum + Number(m[1]), 0);
    expect(total).toBe(100 * 16_384);
  });
});
