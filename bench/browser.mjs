// How fast the built page answers in a real Chromium, from its file: `node bench/browser.mjs [ROUNDS]`.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const rounds = Number(process.argv[2] ?? 5);
const executablePath =
  process.env.CHROMIUM ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (!executablePath) throw new Error("there is no Chromium; name it by CHROMIUM");
const address = pathToFileURL(resolve("dist/web/index.html")).href;

/** Runs in the page before its scripts: notes when a verdict stands there, and how long frames last. */
function instrument() {
  const bench = { first: undefined, painted: undefined, answers: [], frames: [] };
  globalThis.bench = bench;
  const title = () => document.querySelector(".verdict h2")?.textContent;
  const afterPaint = (work) => requestAnimationFrame(() => setTimeout(work));
  let before;
  let pressed;
  addEventListener("keydown", ({ timeStamp }) => (pressed = timeStamp), true);
  new MutationObserver(() => {
    const now = title();
    if (now === undefined || now === before) return;
    if (before === undefined) {
      bench.first = performance.now();
      afterPaint(() => (bench.painted = performance.now()));
    } else {
      const since = pressed;
      afterPaint(() => bench.answers.push(performance.now() - since));
    }
    before = now;
  }).observe(document, { childList: true, subtree: true, characterData: true });
  bench.watchFrames = () => {
    let last = performance.now();
    bench.running = true;
    const tick = (now) => {
      bench.frames.push(now - last);
      last = now;
      if (bench.running) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  };
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
const say = (what, list, limit) =>
  console.log(
    `${what.padEnd(44)} median ${median(list).toFixed(0).padStart(4)} ms, longest ${Math.max(
      ...list,
    )
      .toFixed(0)
      .padStart(4)} ms (limit ${limit})`,
  );

async function openPage(browser) {
  const context = await browser.newContext({
    offline: true,
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  await page.addInitScript(instrument);
  await page.goto(address);
  await page.waitForFunction("bench.painted !== undefined");
  return page;
}

/** Types a key that changes the verdict, takes it back, and so on: milliseconds from key to painted verdict. */
async function toAndFro(page, key) {
  await page.evaluate("bench.answers.length = 0");
  for (let done = 0; done < 2 * rounds; done++) {
    await page.keyboard.press(done % 2 === 0 ? key : "Backspace");
    await page.waitForFunction((count) => globalThis.bench.answers.length > count, done);
    // As somebody types; what waits for a pause begins in between.
    await page.waitForTimeout(150);
  }
  return page.evaluate("bench.answers");
}

const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
try {
  const first = [];
  const painted = [];
  for (let round = 0; round < rounds; round++) {
    const page = await openPage(browser);
    first.push(await page.evaluate("bench.first"));
    painted.push(await page.evaluate("bench.painted"));
    await page.context().close();
  }
  say("first verdict after opening, in the document", first, 500);
  say("first verdict after opening, painted", painted, 500);

  const page = await openPage(browser);
  const line = page.getByRole("combobox", { name: "System call" });
  // ioctl is allowed, and 165 is mount.
  await line.fill("#16");
  await page.locator(".verdict h2", { hasText: "Allowed" }).waitFor();
  say("keystroke in the call line", await toAndFro(page, "5"), 50);
  await line.fill("mount");
  await page.keyboard.press("Escape");
  await page.locator(".verdict h2", { hasText: "EPERM" }).waitFor();
  for (const panel of ["Why", "Program", "Matrix", "Compare"]) {
    await page.getByRole("tab", { name: panel }).click();
    await page.waitForTimeout(1000);
    await page.locator(".cm-content").click();
    // Docker's third line is `"defaultErrnoRet": 1,`: 13 is EACCES.
    for (const press of ["Control+Home", "ArrowDown", "ArrowDown", "End", "ArrowLeft"]) {
      await page.keyboard.press(press);
    }
    say(`keystroke in Docker's default, ${panel} open`, await toAndFro(page, "3"), 50);
  }
  await page.getByRole("tab", { name: "Throughput" }).click();
  await page.getByLabel("Records", { exact: true }).fill("10000000");
  await page.evaluate("bench.watchFrames()");
  const began = performance.now();
  await page.getByRole("button", { name: "Evaluate" }).click();
  await page.getByText("Done", { exact: true }).waitFor({ timeout: 120_000 });
  const took = performance.now() - began;
  await page.evaluate("bench.running = false");
  say(
    `frames of 10 million records (${(took / 1000).toFixed(1)} s)`,
    await page.evaluate("bench.frames"),
    100,
  );
} finally {
  await browser.close();
}
