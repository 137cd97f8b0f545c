import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describeInBrowser, openApp } from "./harness.js";

const SUITE = `profile: web.json
cases:
  - name: no mounts
    call: mount
    expect: errno(EPERM)
  - name: no pids, which is wrong
    call: getpid
    expect: kill
  - call: ptrace
    skip: later
    expect: errno
`;

async function openSuite(): Promise<Page> {
  const page = await openApp();
  await page.getByRole("tab", { name: "Suite" }).click();
  await page.getByRole("button", { name: "Begin with the calls above" }).click();
  return page;
}

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel("Suite text").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

describeInBrowser("the suite panel", () => {
  test("begins with the calls above, and they pass", async () => {
    const page = await openSuite();
    const status = page.locator(".suite").getByRole("status");
    await expect.poll(() => status.textContent()).toContain("1 of 1 cases as expected");
    expect(await page.locator(".suite-cases tbody tr").count()).toBe(1);
    expect(await page.locator(".suite-editor .case-passed").count()).toBe(1);
    // What the call exercises is shaded in the profile, and what no call does, too.
    await page.getByLabel("Profile text").click();
    expect(await page.locator(".editor .shade-missed").count()).toBeGreaterThan(0);
  });

  test("asks for calls of the page's architecture where the suite names none", async () => {
    const page = await openSuite();
    await page.getByLabel("Architecture").selectOption("aarch64");
    await page.getByRole("tab", { name: "Suite" }).click();
    await write(page, SUITE);
    const status = page.locator(".suite").getByRole("status");
    await expect.poll(() => status.textContent()).toContain("1 failed");
  });

  test("runs live: red and green, by line, and each failure can be tried", async () => {
    const page = await openSuite();
    await write(page, SUITE);
    const status = page.locator(".suite").getByRole("status");
    await expect.poll(() => status.textContent()).toContain("1 failed");
    const rows = await page.locator(".suite-cases tbody tr").allTextContents();
    expect(rows[0]).toMatch(/passed\s*line 3\s*no mounts/);
    expect(rows[1]).toMatch(/failed\s*line 6.*getpid.*gets ALLOW, expected kill/);
    expect(rows[2]).toMatch(/skipped\s*line 9/);
    expect(await page.locator(".suite-editor .case-failed").count()).toBe(1);
    await page.locator(".suite-cases .missed button").click();
    expect(await page.locator(".verdict").textContent()).toContain("Allowed");
    // The suite follows the profile.
    await page.getByRole("tab", { name: "Suite" }).click();
    await page.getByLabel("Profile text").click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText('{"defaultAction": "SCMP_ACT_KILL_PROCESS"}');
    await expect.poll(() => status.textContent()).toContain("1 failed");
    await expect
      .poll(() => page.locator(".suite-cases tbody tr").nth(1).textContent())
      .toMatch(/passed/);
  });

  test("keeps the last result, dimmed, while the text is broken, and says where", async () => {
    const page = await openSuite();
    await page.locator(".suite-cases").waitFor();
    await write(page, SUITE.replace("expect: kill", "expect: kil"));
    const status = page.locator(".suite").getByRole("status");
    await expect.poll(() => status.textContent()).toMatch(/Not run: .*kil/);
    expect(await page.locator(".suite .stale .suite-cases").count()).toBe(1);
    expect(await page.locator(".suite-editor .complaint-error").count()).toBe(1);
  });

  test("is saved as a file", async () => {
    const page = await openSuite();
    await write(page, SUITE);
    const waiting = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as file" }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toMatch(/\.seccomp\.yaml$/);
    expect(readFileSync(await download.path(), "utf8")).toBe(SUITE);
  });
});
