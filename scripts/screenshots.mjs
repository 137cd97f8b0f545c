// Pictures of the built page: `node scripts/screenshots.mjs` takes those of the README into docs/,
// `node scripts/screenshots.mjs FOLDER` one of every panel in light, dark and narrow.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [, , folder = "docs"] = process.argv;
/** What the repository keeps; all others are only for looking at. */
const KEPT = ["why-light", "why-dark", "suite-narrow", "matrix-light"];
const executablePath =
  process.env.CHROMIUM ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (!executablePath) throw new Error("there is no Chromium; name it by CHROMIUM");
const address = pathToFileURL(resolve("dist/web/index.html")).href;

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
const LOOKS = [
  ["light", "light", WIDE],
  ["dark", "dark", WIDE],
  ["narrow", "light", NARROW],
];
const PANELS = ["Why", "Program", "Matrix", "Compare", "Suite", "Throughput"];

/** WebP, the smallest that Chromium writes. */
async function picture(browser, name, colorScheme, viewport, panel) {
  const context = await browser.newContext({ colorScheme, viewport, offline: true });
  const page = await context.newPage();
  await page.goto(address);
  await page.getByRole("tab", { name: panel }).click();
  if (panel === "Suite") {
    await page.getByRole("button", { name: "Begin with the calls above" }).click();
    await page.locator(".suite-cases").waitFor();
  }
  if (panel === "Compare") await page.locator(".compare select").first().selectOption({ index: 3 });
  // Warnings and reasons come when nothing has changed for a while.
  await page.waitForTimeout(1200);
  // In one column, the panels come last.
  if (viewport === NARROW) await page.locator(".panels").evaluate((one) => one.scrollIntoView());
  const session = await context.newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 60 });
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, "base64"));
  await context.close();
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const panel of PANELS) {
    for (const [look, scheme, viewport] of LOOKS) {
      const name = `${panel.toLowerCase()}-${look}`;
      if (process.argv.length > 2 || KEPT.includes(name)) {
        await picture(browser, `page-${name}`, scheme, viewport, panel);
      }
    }
  }
} finally {
  await browser.close();
}
