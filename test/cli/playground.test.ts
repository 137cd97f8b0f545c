import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { readLink } from "../../src/web/link.js";
import { CLI, run, temporaryFolder } from "./run.js";

interface Playground {
  readonly address: string;
  /** Ends it as Ctrl-C does: its status. */
  interrupt(): Promise<unknown>;
}

async function start(args: readonly string[], path = process.env.PATH ?? ""): Promise<Playground> {
  const child = spawn(process.execPath, [CLI, "playground", ...args], { env: { PATH: path } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const [first] = await once(child.stdout, "data");
  return {
    address: String(first).trim(),
    async interrupt() {
      child.kill("SIGINT");
      const [status] = await ended;
      return status;
    },
  };
}

/** `fetch` would not send another host's name. */
function ask(address: string, options: { method?: string; host?: string } = {}) {
  const { method = "GET", host } = options;
  return new Promise<{ status: number | undefined; headers: object; text: string }>(
    (resolve, no) => {
      const headers = host === undefined ? {} : { host };
      request(address, { method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => {
          const { statusCode: status, headers } = response;
          resolve({ status, headers, text: Buffer.concat(chunks).toString() });
        });
      })
        .on("error", no)
        .end();
    },
  );
}

describe("playground", () => {
  test("serves the page on localhost, safely, until it is interrupted", async () => {
    const { address, interrupt } = await start(["--no-open"]);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const got = await ask(address);
    expect(got).toMatchObject({
      status: 200,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": expect.stringMatching(
          /default-src 'none'; script-src 'sha256-.*'wasm-unsafe-eval'.*frame-ancestors 'none'/,
        ),
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      },
    });
    expect(got.text).toBe(readFileSync("dist/web/index.html", "utf8"));
    expect(await ask(address, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    expect(await ask(address, { host: new URL(address).host })).toMatchObject({ status: 200 });
    expect(await interrupt()).toBe(0);
  });

  test.for<[string, { path?: string; method?: string; host?: string }, number]>([
    ["other files", { path: "cli.js" }, 404],
    ["a way out of the folder", { path: "%2e%2e/package.json" }, 404],
    ["changes", { method: "POST" }, 405],
    ["another site's name that leads here", { host: "evil.example" }, 421],
  ])("gives nothing for %s", async ([, { path = "", ...options }, status]) => {
    const { address } = await start(["--no-open"]);
    expect((await ask(address + path, options)).status).toBe(status);
  });

  test.for<[string, string[], object]>([
    [
      "a file",
      ["examples/mypolicy.json"],
      {
        kind: "text",
        text: readFileSync("examples/mypolicy.json", "utf8"),
        file: "examples/mypolicy.json",
      },
    ],
    ["a preset", ["strict"], { kind: "sample", id: "strict" }],
  ])("begins with %s", async ([, args, profile]) => {
    const { address } = await start([...args, "--no-open", "--arch", "aarch64"]);
    const { status, headers } = await ask(address);
    expect(status).toBe(302);
    const { location } = headers as { location: string };
    const [page, fragment = ""] = location.split("#");
    const { state, problem } = await readLink(`#${fragment}`);
    expect(problem).toBeUndefined();
    expect(state).toMatchObject({ profile, target: { arch: "aarch64" } });
    expect((await ask(new URL(page ?? "", address).href)).status).toBe(200);
  });

  test("a raw filter becomes its listing", async () => {
    const file = join(temporaryFolder(), "x.bpf");
    writeFileSync(file, Buffer.from("060000000000ff7f", "hex"));
    const { headers } = await ask((await start([file, "--no-open"])).address);
    const { location } = headers as { location: string };
    const { profile } = (await readLink(location.replace("/page", ""))).state;
    expect(profile).toMatchObject({ kind: "text", text: expect.stringContaining("return ALLOW") });
  });

  test.skipIf(process.platform !== "linux")("opens the browser with the address", async () => {
    const folder = temporaryFolder();
    const opener = join(folder, "xdg-open");
    writeFileSync(opener, `#!/bin/sh\necho "$1" > ${folder}/opened\n`);
    chmodSync(opener, 0o755);
    const { address } = await start([], `${folder}:${process.env.PATH}`);
    await expect.poll(() => readFileSync(join(folder, "opened"), "utf8")).toBe(`${address}\n`);
  });

  test.for<[string[], RegExp]>([
    [["no-such-file.json"], /no-such-file\.json: no such file/],
    [["--port", "70000"], /must be a number from 1 to 65535/],
    [["--arch", "z80"], /z80/],
  ])("%j is refused", ([args, message]) => {
    const ran = run(["playground", "--no-open", ...args]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(message);
  });

  test("a port that is taken is said", async () => {
    const { address } = await start(["--no-open"]);
    const ran = run(["playground", "--no-open", "--port", new URL(address).port]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toContain("another program uses it");
  });
});
