import { expect, test } from "vitest";
import { describeInBrowser, openApp } from "./harness.js";

async function openTab(name: string) {
  const page = await openApp();
  await page.getByRole("tab", { name }).click();
  return page;
}

describeInBrowser("the program panel", () => {
  test("shows the executed path and steps along it by buttons and keys", async () => {
    const page = await openTab("Program");
    const status = page.getByText(/^Step \d+ of \d+/);
    await expect.poll(() => status.textContent()).toMatch(/^Step (\d+) of \1: ERRNO\(EPERM\)$/);
    const chosen = page.locator('[role="option"][aria-selected="true"]');
    expect(await chosen.textContent()).toContain("return ERRNO(EPERM)");
    await page.getByRole("button", { name: "First step" }).click();
    await expect.poll(() => chosen.textContent()).toContain("A = arch");
    expect(await status.textContent()).toMatch(/^Step 1 of /);
    await page.getByRole("button", { name: "Step forward" }).click();
    await expect.poll(() => status.textContent()).toMatch(/^Step 2 of /);
    const registers = page.getByLabel("Registers before this step");
    expect(await registers.textContent()).toContain("0xc000003e");
    await page.getByRole("listbox").focus();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => status.textContent()).toMatch(/^Step 3 of /);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => status.textContent()).toMatch(/^Step 1 of /);
    await page.keyboard.press("End");
    await expect.poll(() => chosen.textContent()).toContain("return ERRNO(EPERM)");
    expect(await page.locator(".jumps .made").count()).toBeGreaterThan(0);
  });

  test("names the profile's entry of an instruction", async () => {
    const page = await openTab("Program");
    await page.getByRole("textbox", { name: "Call" }).or(page.getByLabel("Call")).first().waitFor();
    await page.getByRole("tab", { name: "Matrix" }).click();
    await page
      .getByRole("row", { name: /^getpid / })
      .getByRole("button")
      .click();
    await page.getByRole("tab", { name: "Program" }).click();
    const chosen = page.locator('[role="option"][aria-selected="true"]');
    await expect.poll(() => chosen.textContent()).toContain("return ALLOW");
    await page.getByRole("button", { name: "Step back" }).click();
    await expect.poll(() => chosen.textContent()).toContain("getpid");
    const entry = page.getByRole("button", { name: /^entry 0, line \d+ getpid$/ });
    expect(await entry.isVisible()).toBe(true);
    await entry.click();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.className ?? ""))
      .toContain("cm-content");
    await expect.poll(() => page.locator(".cm-activeLine").first().textContent()).toMatch(/^\s*\{/);
  });
});
