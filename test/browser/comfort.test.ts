import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describeInBrowser, openApp } from "./harness.js";

const PANELS = ["Why", "Program", "Matrix", "Compare", "Suite", "Throughput"];

/** The parts that must stay where they are while somebody types. */
const PARTS = [".profile", ".status", ".target", ".call", ".verdict", ".tabs", ".panels"];

const boxes = (page: Page) =>
  page.evaluate(
    (all) =>
      all.map((one) => {
        const { x, y, width } = (document.querySelector(one) as Element).getBoundingClientRect();
        return `${one} ${x} ${y + scrollY} ${width}`;
      }),
    PARTS,
  );

/** Texts that get longer move what stands behind them in the same box, and nothing else. */
const INSIDE = ".cm-editor, .answers, .popup, .verdict div, .panel";

/** What the browser itself calls a shift of the layout, also such as follows on a key. */
const watchShifts = (page: Page) =>
  page.evaluate((inside) => {
    const all: string[] = [];
    Object.assign(globalThis, { shifts: all });
    new PerformanceObserver((list) => {
      for (const one of list.getEntries()) {
        for (const { node } of (one as unknown as { sources: { node: Node | null }[] }).sources) {
          const element = node instanceof Element ? node : node?.parentElement;
          if (element && !element.closest(inside)) all.push(element.outerHTML.slice(0, 80));
        }
      }
    }).observe({ type: "layout-shift" });
  }, INSIDE);

describeInBrowser("nothing jumps while somebody types", () => {
  test.for([
    [1280, 900],
    [390, 844],
    [3840, 2160],
  ] as const)("%i wide, in the editor and in the call line", async ([width, height]) => {
    const page = await openApp("", { viewport: { width, height } });
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+Home");
    const before = await boxes(page);
    await watchShifts(page);
    const typed: string[][] = [];
    // Broken at the first key, whole again after the last.
    for (const key of ["x", "Backspace", "Enter", "{", "Delete", "Backspace", "Control+z"]) {
      await page.keyboard.press(key);
      await page.waitForTimeout(100);
      typed.push(await boxes(page));
    }
    const line = page.getByRole("combobox", { name: "System call" });
    await line.focus();
    await page.keyboard.press("Control+a");
    for (const key of "openat(AT_FDCWD, 0, O_RDWR); getpid; nonesuch; x") {
      await page.keyboard.press(key === " " ? "Space" : key);
      typed.push(await boxes(page));
    }
    for (const now of typed) expect(now).toEqual(before);
    expect(await page.evaluate("shifts")).toEqual([]);
  });
});

describeInBrowser("nothing jumps while the page opens", () => {
  test.for([390, 1280])("%i wide: the editor takes the place of the plain text", async (width) => {
    const page = await openApp("", { viewport: { width, height: 900 } });
    await page.locator(".cm-content").waitFor();
    await page.getByText("CAP_SYS_ADMIN").waitFor();
    const shifts = page.evaluate(
      () =>
        new Promise((resolve) => {
          const all: number[] = [];
          new PerformanceObserver((list) => {
            for (const one of list.getEntries())
              all.push((one as unknown as { value: number }).value);
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(all), 300);
        }),
    );
    expect(await shifts).toEqual([]);
  });
});

describeInBrowser("the last good result stays, dimmed", () => {
  test("in every panel while the profile is broken", async () => {
    const page = await openApp();
    for (const name of PANELS) {
      await page.getByRole("tab", { name }).click();
      if (name === "Suite") {
        await page.getByRole("button", { name: "Begin with the calls above" }).click();
        await page.locator(".suite-cases").waitFor();
      }
      await page.locator(".cm-content").first().click();
      await page.keyboard.press("Control+Home");
      await page.keyboard.type("x");
      await expect.poll(() => page.locator(".panel.stale").count()).toBe(1);
      expect(await page.locator(".verdict.stale h2").textContent()).toBe("EPERM");
      expect(await page.locator(".panel").textContent()).not.toContain("No profile has compiled");
      await page.keyboard.press("Backspace");
      await expect.poll(() => page.locator(".stale").count()).toBe(0);
    }
  });

  test("while a call is half typed, and names the call that it is about", async () => {
    const page = await openApp();
    const line = page.getByRole("combobox", { name: "System call" });
    await line.fill("mount(");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator(".verdict.stale").count()).toBe(1);
    const verdict = page.locator(".verdict");
    expect(await verdict.textContent()).toMatch(/^EPERM mount\("none".*The call fails/);
    expect(await page.locator(".panel.stale .reasons").count()).toBe(1);
    expect(await page.locator(".answers [role=status]").textContent()).toMatch(/\S/);
    // A change of the target is answered for that call, too.
    await page.getByText("Capabilities").first().click();
    await page.getByLabel("SYS_ADMIN", { exact: true }).check();
    await expect.poll(() => verdict.locator("h2").textContent()).toMatch(/^Allowed /);
    await line.fill("getpid");
    await expect.poll(() => page.locator(".stale").count()).toBe(0);
  });

  test("and what the suite exercises stays shaded where it was", async () => {
    const page = await openApp("sample/mypolicy");
    await page.getByRole("tab", { name: "Suite" }).click();
    await page.getByRole("button", { name: "Begin with the calls above" }).click();
    const shaded = () =>
      page.locator(".editor .cm-line", { has: page.locator(".shade-hit") }).allTextContents();
    const expected = ["    {", '      "name": "mount",'];
    await expect.poll(shaded).toEqual(expected);
    await page.locator(".editor .cm-content").click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.insertText("broken\n");
    await page.getByLabel("Suite text").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.insertText("  - call: chown\n    expect: allow\n");
    await page.locator(".suite").getByText("1 failed").waitFor();
    expect(await shaded()).toEqual(expected);
  });
});
