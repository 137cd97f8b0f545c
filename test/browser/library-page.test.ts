import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../cli/run.js";
import { describeInBrowser, openPage } from "./harness.js";
import { page, shown } from "./pages/library.js";
import { ISOLATED, serve } from "./serve.js";

const RIGHT = { verdict: "ERRNO(EPERM)", answered: 100_000, different: -1 };

/** A folder for a static host, without any bundler; `main` is the page's own module. */
function site(main: string, html = '<script type="module" src="main.js"></script>'): string {
  const folder = temporaryFolder();
  for (const file of ["browser.js", "worker.js"]) copyFileSync(`dist/${file}`, join(folder, file));
  copyFileSync("test/browser/pages/use.js", join(folder, "use-bare.js"));
  const use = readFileSync("test/browser/pages/use.js", "utf8");
  writeFileSync(join(folder, "use.js"), use.replace('"seccomp-sim"', '"./browser.js"'));
  writeFileSync(join(folder, "main.js"), main);
  writeFileSync(join(folder, "index.html"), page(html));
  return folder;
}

async function open(folder: string, policy?: string, expected?: RegExp): Promise<unknown> {
  const headers = policy === undefined ? {} : { "content-security-policy": policy };
  const { origin } = await serve(folder, headers);
  const allow = (url: string): boolean => url.startsWith(origin);
  const opened = await openPage(`${origin}/`, expected ? { allow, expected } : { allow });
  return shown(opened.page);
}

const USE = (options: string) => `import { show, use } from "./use.js";\nshow(use(${options}));\n`;

describeInBrowser("a page without a bundler", () => {
  test("imports the file that has everything in it", async () => {
    const answer = await open(site(USE("{ workers: 2 }")));
    expect(answer).toEqual({ ...RIGHT, workers: [2, 2] });
  });

  test("names the package by an import map", async () => {
    const map = { imports: { "seccomp-sim": "./browser.js" } };
    const html =
      `<script type="importmap">${JSON.stringify(map)}</script>` +
      '<script type="module">import { show, use } from "./use-bare.js"; show(use());</script>';
    expect(await open(site("", html))).toMatchObject(RIGHT);
  });
});

describeInBrowser("a pool in a page", () => {
  const script = readFileSync("test/browser/pages/pool.js", "utf8");
  test.for([{}, ISOLATED])(
    "answers a million records, can be aborted and closed: %o",
    async (headers) => {
      const { origin } = await serve(site(script), headers);
      const allow = (url: string): boolean => url.startsWith(origin);
      const opened = await openPage(`${origin}/`, { allow, expected: /gone/ });
      expect(await shown(opened.page)).toEqual({
        different: -1,
        aborted: "AbortError",
        after: "answered",
        closing: "pool-closed",
        died: "worker-died",
      });
    },
  );
});

describeInBrowser("a page with a strict content security policy", () => {
  const WASM = "default-src 'none'; img-src data:; script-src 'self' 'wasm-unsafe-eval'";

  test("without wasm-unsafe-eval: the error says which header is needed", async () => {
    const answer = await open(
      site(USE("")),
      "default-src 'self'; img-src data:; script-src 'self'",
    );
    expect(answer).toMatchObject({
      name: "SeccompSimError",
      code: "wasm-unavailable",
      message: expect.stringMatching(
        /WebAssembly may not be compiled here: .*Content Security Policy/i,
      ),
      hint: expect.stringContaining("script-src 'self' 'wasm-unsafe-eval'"),
    });
  });

  test("without blob: workers: a pool that was not told otherwise does without any", async () => {
    const answer = await open(site(USE("")), WASM, /blob:.*violates/);
    expect(answer).toMatchObject({ ...RIGHT, workers: [expect.any(Number), 0] });
  });

  test("without blob: workers: those that were asked for are an error with a way out", async () => {
    const answer = await open(site(USE("{ workers: 2 }")), WASM, /blob:.*violates/);
    expect(answer).toMatchObject({
      code: "worker-died",
      message: expect.stringContaining("before it was ready"),
      hint: expect.stringContaining("createWorker"),
    });
  });

  test("the worker's file works where scripts of the page's own origin do", async () => {
    const main = USE('{ workers: 2, createWorker: () => new Worker("worker.js") }');
    const answer = await open(site(main), WASM);
    expect(answer).toEqual({ ...RIGHT, workers: [2, 2] });
  });

  test("blob: workers work where the policy allows them", async () => {
    const answer = await open(site(USE("{ workers: 2 }")), `${WASM}; worker-src blob:`);
    expect(answer).toEqual({ ...RIGHT, workers: [2, 2] });
  });
});
