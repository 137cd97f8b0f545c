import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Browser,
  type BrowserContextOptions,
  type ConsoleMessage,
  chromium,
  type Page,
} from "playwright-core";
import { afterAll, describe, onTestFinished } from "vitest";

/** The page as it is built; `test/setup.ts` sees to it that it is fresh. */
export const APP = pathToFileURL(resolve("dist/web/index.html")).href;

const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The system's Chromium, or the one that CHROMIUM names. In CI it may not be missing. */
function findChromium(): string | undefined {
  const { CHROMIUM: named, CI: inCi } = process.env;
  if (named && !existsSync(named)) throw new Error(`CHROMIUM names ${named}, which is not there`);
  const found = named || USUAL_PLACES.find((path) => existsSync(path));
  if (found) return found;
  const missing = "there is no Chromium; install it, or name it by CHROMIUM=/path/to/chromium";
  if (inCi) throw new Error(`in CI every test must run, but ${missing}`);
  console.warn(`skipped: tests in a browser, because ${missing}`);
  return undefined;
}

const executablePath = findChromium();

/** `describe` for tests in a browser: without one, they are skipped. */
export const describeInBrowser = describe.skipIf(executablePath === undefined);

let launched: Promise<Browser> | undefined;

/** One browser for all tests of a file. */
export function browser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error("there is no Chromium");
  launched ??= chromium.launch({ executablePath, args: FLAGS });
  return launched;
}

afterAll(async () => {
  await (await launched)?.close();
});

export interface PageOptions extends BrowserContextOptions {
  /** What the page may load beside blobs and data of its own; nothing if absent. */
  readonly allow?: (url: string) => boolean;
  /** Complaints that the test is about: they are not counted against the page. */
  readonly expected?: RegExp;
}

export interface Opened {
  readonly page: Page;
  /** Every address that was asked for and refused, every error of the console and of the scripts. */
  readonly problems: readonly string[];
}

/**
 * A fresh page, in a context of its own (storage, permissions), which is closed after the test. The test
 * fails at its end if the page had any problem that is not `expected`.
 */
export async function openPage(
  url: string,
  { allow = () => false, expected, ...options }: PageOptions = {},
): Promise<Opened> {
  const context = await (await browser()).newContext(options);
  const problems: string[] = [];
  const complain = (text: string): void => {
    if (!expected?.test(text)) problems.push(text);
  };
  onTestFinished(async () => {
    await context.close();
    if (problems.length > 0) throw new Error(`the page had problems:\n${problems.join("\n")}`);
  });
  const [document = ""] = url.split("#");
  await context.route("**/*", async (route) => {
    const asked = route.request().url();
    const [address] = asked.split("#");
    if (address === document || /^(?:blob|data):/.test(asked) || allow(asked)) {
      await route.continue();
      return;
    }
    complain(`asked for ${asked}`);
    await route.abort();
  });
  context.on("console", (message: ConsoleMessage) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    complain(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => complain(`uncaught: ${error.error().stack ?? error.error()}`));
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("crash", () => complain("the page crashed"));
  await page.goto(url);
  return { page, problems };
}

/**
 * The built page from its file, without any network.
 *
 * @param fragment what stands behind `#` in the address
 */
export async function openApp(fragment = "", options: PageOptions = {}): Promise<Page> {
  const url = fragment === "" ? APP : `${APP}#${fragment}`;
  const { page } = await openPage(url, { offline: true, ...options });
  // The editor comes after the first verdict: nobody types, or tabs through the page, before it is there.
  await page.locator(".cm-content").waitFor({ state: "attached" });
  return page;
}
