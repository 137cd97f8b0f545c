import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describeInBrowser, openApp } from "./harness.js";

/** Marks every control that can be used now by a number, and says what they are. */
const controlsOf = (page: Page, part: string): Promise<string[]> =>
  page.evaluate((selector) => {
    const all = document.querySelectorAll<HTMLElement>(
      `:is(${selector}) :is(button, input, select, textarea, summary, [contenteditable="true"], [role="listbox"])`,
    );
    const usable = [...all].filter(
      (one) => one.checkVisibility() && !one.matches(":disabled, [role='table'] *"),
    );
    return usable.map((one, i) => {
      one.dataset.control = String(i);
      return `${i} ${one.tagName} ${one.getAttribute("aria-label") ?? one.textContent?.trim().slice(0, 30)}`;
    });
  }, part);

/** What has the focus, and whether it can be seen there. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    if (!(element instanceof HTMLElement)) return undefined;
    const editor = element.closest(".cm-editor");
    const { outlineStyle, outlineWidth } = editor
      ? getComputedStyle(editor, "::after")
      : getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const seen = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
    return {
      control: element.dataset.control,
      inside: element.closest("#panel") !== null,
      visible: seen && box.width > 0 && box.height > 0,
      what: element.outerHTML.slice(0, 100),
    };
  });

/** Presses Tab through a part of the page, from the control before it; gives what was not reached. */
async function tabThrough(page: Page, controls: readonly string[]): Promise<string[]> {
  const left = new Set(controls);
  for (let n = 0; n < controls.length + 10 && left.size > 0; n++) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    if (now?.control === undefined) continue;
    await expect.poll(async () => (await focused(page))?.visible, { message: now.what }).toBe(true);
    left.delete(controls[Number(now.control)] ?? "");
  }
  return [...left];
}

/** Goes to a panel as somebody without a mouse does. */
async function choosePanel(page: Page, name: string): Promise<void> {
  await page.getByRole("tab", { selected: true }).focus();
  for (let n = 0; n < 6; n++) {
    if ((await page.getByRole("tab", { selected: true }).textContent()) === name) return;
    await page.keyboard.press("ArrowRight");
  }
  throw new Error(`there is no panel ${name}`);
}

const SUITE_TEXT = ".suite-editor .cm-content";

describeInBrowser("with the keyboard alone", () => {
  test.for([
    ["Why", ".reasons"],
    ["Program", ".listing"],
    ["Matrix", ".map"],
    ["Compare", ".choices"],
    ["Suite", ".suite-cases"],
    ["Throughput", ".throughput"],
  ] as const)("every control of %s is reached, and seen there", async ([name, ready]) => {
    const page = await openApp();
    await choosePanel(page, name);
    if (name === "Suite") {
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
    }
    await page.locator(`${ready} >> visible=true`).first().waitFor();
    if (name === "Why") await page.getByText("CAP_SYS_ADMIN").waitFor();
    await choosePanel(page, name);
    const controls = await controlsOf(page, "#panel");
    expect(controls.length).toBeGreaterThan(1);
    expect(await tabThrough(page, controls)).toEqual([]);
  });

  test("every control above the panels is reached, and menus open and close", async () => {
    const page = await openApp();
    await page.locator(".cm-content").waitFor();
    await page.locator("body").press("Home");
    await page.locator(".share summary").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Copy link" }).waitFor();
    await page.keyboard.press("Escape");
    await expect
      .poll(() => page.getByRole("button", { name: "Copy link" }).isVisible())
      .toBe(false);
    await page.getByText("Capabilities").first().focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("SYS_ADMIN", { exact: true }).waitFor();
    await page.locator(".share summary").focus();
    const controls = await controlsOf(page, ".profile, .ask");
    expect(await tabThrough(page, controls)).toEqual([]);
    await page.getByLabel("SYS_ADMIN", { exact: true }).focus();
    await page.keyboard.press("Space");
    await expect.poll(() => page.locator(".verdict h2").textContent()).toBe("Allowed");
  });

  test("the matrix is one stop, and arrow keys go about in it and try calls", async () => {
    const page = await openApp();
    await choosePanel(page, "Matrix");
    await page.locator(".map .call-row").first().waitFor();
    const inTable = "document.activeElement?.closest('[role=table]') !== null";
    for (let n = 0; n < 20 && !(await page.evaluate(inTable)); n++) {
      await page.keyboard.press("Tab");
    }
    const name = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await name()).toBe("read");
    await page.keyboard.press("ArrowRight");
    expect(await name()).toBe("write");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowDown");
    const below = await name();
    const position = (text: string) =>
      page.getByRole("button", { name: text, exact: true }).last().boundingBox();
    const [first, next] = [await position("read"), await position(below ?? "")];
    expect(next?.x).toBe(first?.x);
    expect(next?.y).toBeGreaterThan(first?.y ?? 0);
    await page.keyboard.press("ArrowUp");
    expect(await name()).toBe("read");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("#calls").inputValue()).toMatch(/^read\(/);
    // The next Tab leaves the table, and the way back leads to the same call.
    await page.keyboard.press("Tab");
    expect(await page.evaluate(inTable)).toBe(false);
    await page.keyboard.press("Shift+Tab");
    expect(await name()).toBe("read");
  });

  test("a suite is written and left again", async () => {
    const page = await openApp();
    await choosePanel(page, "Suite");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(SUITE_TEXT).waitFor();
    await choosePanel(page, "Suite");
    const inText = "document.activeElement?.getAttribute('aria-label') === 'Suite text'";
    for (let n = 0; n < 6 && !(await page.evaluate(inText)); n++) await page.keyboard.press("Tab");
    await page.keyboard.press("Control+End");
    // As fast as a keyboard can: no letter may be lost.
    await page.keyboard.type("  - call: getpid\n  expect: kill");
    await page.locator(".suite").getByText("1 failed").waitFor();
    await page.keyboard.press("Tab");
    expect((await focused(page))?.inside).toBe(true);
    expect(await page.evaluate(inText)).toBe(false);
  });

  test("flags of an argument are checked, one after the other", async () => {
    const page = await openApp();
    const line = page.getByRole("combobox", { name: "System call" });
    await line.focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.type('openat(AT_FDCWD, "x", ');
    await page.getByLabel("O_CLOEXEC").waitFor();
    const name = () => page.evaluate(() => document.activeElement?.parentElement?.textContent);
    for (let n = 0; n < 30 && (await name()) !== "O_APPEND"; n++) await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await expect.poll(() => line.inputValue()).toBe('openat(AT_FDCWD, "x", O_APPEND');
    await page.keyboard.press("Tab");
    expect(await name()).toBe("O_CLOEXEC");
    await page.keyboard.press("Space");
    await expect.poll(() => line.inputValue()).toBe('openat(AT_FDCWD, "x", O_APPEND|O_CLOEXEC');
    await page.keyboard.press("Space");
    await expect.poll(() => line.inputValue()).toBe('openat(AT_FDCWD, "x", O_APPEND');
    expect(await name()).toBe("O_CLOEXEC");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator(".argument").count()).toBe(0);
    expect(await page.evaluate("document.activeElement.id")).toBe("calls");
  });

  test("complaints are gone to, one after the other", async () => {
    const page = await openApp("sample/mypolicy");
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(
      '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["moutn", "opne"], "action": "SCMP_ACT_ERRNO"}]}',
    );
    await expect.poll(() => page.locator(".complaint-warning").count()).toBe(2);
    const chosen = () => page.evaluate(() => String(getSelection()));
    await page.keyboard.press("F8");
    await expect.poll(chosen).toBe('"moutn"');
    await page.keyboard.press("F8");
    await expect.poll(chosen).toBe('"opne"');
    await page.keyboard.press("F8");
    await expect.poll(chosen).toBe('"moutn"');
  });
});
