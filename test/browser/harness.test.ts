import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../cli/run.js";
import { describeInBrowser, openPage } from "./harness.js";
import { ISOLATED, serve } from "./serve.js";

function pageWith(script: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "index.html"), `<!doctype html><script>${script}</script>`);
  return folder;
}

describeInBrowser("a page under test", () => {
  const cases: [string, string, RegExp][] = [
    ["a file of its own", 'fetch("other.json").catch(() => {})', /asked for file:.*other/],
    ["another host", 'new Image().src = "http://example.com/x.png"', /example\.com/],
    ["an error", "throw new Error('mine')", /uncaught: Error: mine/],
    ["a rejection", "Promise.reject(new Error('mine'))", /uncaught: Error: mine/],
    ["a complaint", "console.error('mine')", /console: mine/],
  ];
  test.for(cases)("%s is noticed", async ([, script, found]) => {
    const seen: string[] = [];
    // Takes note of every problem, and expects it.
    const expecting = { test: (text: string) => seen.push(text) > 0 } as RegExp;
    const url = pathToFileURL(join(pageWith(script), "index.html")).href;
    const { problems } = await openPage(url, { expected: expecting });
    await expect.poll(() => seen.join("\n")).toMatch(found);
    expect(problems).toEqual([]);
  });

  test("a folder is served with the headers asked for, and nothing else", async () => {
    const folder = pageWith("window.isolated = crossOriginIsolated");
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "deep", "x.json"), "{}");
    const { origin, asked } = await serve(folder, ISOLATED);
    const { page } = await openPage(`${origin}/`, { allow: (url) => url.startsWith(origin) });
    expect(await page.evaluate("isolated")).toBe(true);
    expect(await page.evaluate("fetch('deep/x.json').then((r) => r.json())")).toEqual({});
    expect((await fetch(`${origin}/missing`)).status).toBe(404);
    expect((await fetch(`${origin}/%2e%2e/${"..%2f"}etc/passwd`)).status).toBe(404);
    expect(asked.slice(0, 2)).toEqual(["/", "/deep/x.json"]);
  });
});
