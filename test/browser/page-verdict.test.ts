import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { run } from "../cli/run.js";
import { describeInBrowser, openApp } from "./harness.js";

const title = (page: Page) => page.locator(".verdict h2").textContent();
const why = (page: Page) => page.locator(".reasons").textContent();

async function ask(page: Page, call: string): Promise<void> {
  await page.getByRole("combobox", { name: "System call" }).fill(call);
  await page.keyboard.press("Escape");
}

describeInBrowser("the page's answer", () => {
  test("says in words what becomes of a call, as soon as the page is open", async () => {
    const page = await openApp();
    await expect.poll(() => title(page)).toBe("EPERM");
    expect(await page.locator(".verdict [role=status]").textContent()).toContain(
      "The call fails with “Operation not permitted”; nothing is executed, nothing is logged.",
    );
  });

  test("names what decided and what was lacking, and the editor jumps there", async () => {
    const page = await openApp();
    await expect.poll(() => why(page)).toContain("would allow with CAP_SYS_ADMIN");
    await page.getByRole("button", { name: /The default action/ }).click();
    await expect
      .poll(() => page.locator(".cm-activeLine").textContent())
      .toContain("defaultAction");
    await page.getByRole("button", { name: /CAP_SYS_ADMIN/ }).click();
    await expect.poll(() => page.locator(".cm-editor .flash").allTextContents()).not.toEqual([]);
    expect(await why(page)).toMatch(/\d+ instructions executed/);
  });

  test("changes with every part of the target at once", async () => {
    const page = await openApp();
    await page.getByText("Capabilities").first().click();
    await page.getByLabel("SYS_ADMIN", { exact: true }).check();
    await expect.poll(() => title(page)).toBe("Allowed");
    await page.getByRole("button", { name: "none", exact: true }).click();
    await expect.poll(() => title(page)).toBe("EPERM");
    await page.getByRole("button", { name: "all", exact: true }).click();
    await expect.poll(() => title(page)).toBe("Allowed");
    await ask(page, "open");
    await page.getByLabel("Architecture").selectOption("aarch64");
    await expect.poll(() => page.locator(".verdict").textContent()).toContain("aarch64 has no");
    await page.getByLabel("Architecture").selectOption("x86_64");
    await page.getByRole("button", { name: "docker", exact: true }).click();
    await ask(page, "ptrace");
    await expect.poll(() => title(page)).toBe("Allowed");
    await page.getByLabel("Kernel").selectOption("4.4");
    await expect.poll(() => title(page)).toBe("EPERM");
  });

  test("is given for several calls, of which one is explained", async () => {
    const page = await openApp();
    await ask(page, "getpid; mount; #1000");
    const answers = page.locator(".answers button");
    await expect.poll(() => answers.count()).toBe(3);
    await answers.nth(0).click();
    await expect.poll(() => title(page)).toBe("Allowed");
    await answers.nth(2).click();
    await expect.poll(() => title(page)).toBe("ENOSYS");
  });

  test("stays, dimmed, while the text is broken", async () => {
    const page = await openApp("sample/mypolicy");
    await expect.poll(() => title(page)).toBe("EPERM");
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("x");
    await expect.poll(() => page.locator(".verdict.stale").count()).toBe(1);
    expect(await title(page)).toBe("EPERM");
    await expect.poll(() => page.locator(".status").textContent()).toContain("line 1, column 1");
    await page.keyboard.press("Backspace");
    await expect.poll(() => page.locator(".stale").count()).toBe(0);
  });
});

describeInBrowser("the call line", () => {
  test("completes names, and shows an argument's flags as a set", async () => {
    const page = await openApp();
    const line = page.getByRole("combobox", { name: "System call" });
    await line.fill("");
    await page.keyboard.type("opena");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await line.inputValue()).toBe("openat()");
    await page.keyboard.type('AT_FDCWD, "x", ');
    expect(await page.locator(".argument b").textContent()).toBe("int flags");
    await page.getByLabel("O_CLOEXEC").check();
    await page.getByLabel("O_RDWR").check();
    await expect.poll(() => line.inputValue()).toBe('openat(AT_FDCWD, "x", O_CLOEXEC|O_RDWR)');
    await expect.poll(() => title(page)).toBe("Allowed");
    await page.getByLabel("O_CLOEXEC").uncheck();
    await expect.poll(() => line.inputValue()).toBe('openat(AT_FDCWD, "x", O_RDWR)');
  });
});

describeInBrowser("sharing", () => {
  test("a link holds everything, and a bad one is explained", async () => {
    const page = await openApp("sample/mypolicy");
    await ask(page, "chown");
    await page.getByLabel("Architecture").selectOption("s390x");
    await page.getByText("Share").click();
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect.poll(() => page.evaluate("location.hash")).toMatch(/^#v1\/[\w-]+$/);
    const hash = String(await page.evaluate("location.hash")).slice(1);
    const other = await openApp(hash);
    await expect.poll(() => other.locator("#calls").inputValue()).toBe("chown");
    expect(await other.getByLabel("Architecture").inputValue()).toBe("s390x");
    const bad = await openApp(hash.slice(0, -20));
    await expect.poll(() => bad.getByRole("alert").textContent()).toContain("damaged");
    await expect.poll(() => title(bad)).toBe("EPERM");
  });

  test("takes libseccomp's table and its optimisation along", async () => {
    const page = await openApp();
    await ask(page, "cachestat");
    await page.getByLabel(/^libseccomp/).selectOption("2.5.4");
    await page.getByLabel("Its table").selectOption("2.6.1");
    await page.getByLabel("Optimize").selectOption("1");
    await page.getByText("Share").click();
    await page.getByRole("button", { name: "Copy as command line" }).click();
    const command = await page.locator(".copied input").inputValue();
    expect(command).toBe(
      "npx seccomp-sim check docker-default cachestat --libseccomp 2.5.4 --table 2.6.1 --optimize 1",
    );
    const ran = run(command.split(" ").slice(2));
    expect(ran.stdout).toContain("libseccomp 2.5.4 with the table of 2.6.1, optimize 1");
    expect(ran.stdout).toContain("ALLOW");
    await expect.poll(() => title(page)).toBe("Allowed");
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect.poll(() => page.evaluate("location.hash")).toMatch(/^#v1/);
    const other = await openApp(String(await page.evaluate("location.hash")).slice(1));
    expect(await other.getByLabel("Optimize").inputValue()).toBe("1");
    await page.getByRole("tab", { name: "Suite" }).click();
    await page.getByRole("button", { name: "Begin with the calls above" }).click();
    await expect
      .poll(() => page.locator(".suite").getByRole("status").textContent())
      .toContain("1 of 1 cases as expected");
  });

  test("leads to the command line, a suite and the filter", async () => {
    const page = await openApp();
    await ask(page, 'mount("none", "/mnt", "tmpfs", 0, NULL)');
    await page.getByLabel("Runtime").selectOption("crun");
    await page.getByText("Share").click();
    await page.getByRole("button", { name: "Copy as command line" }).click();
    await expect
      .poll(() => page.locator(".copied input").inputValue())
      .toBe(
        `npx seccomp-sim check docker-default 'mount("none", "/mnt", "tmpfs", 0, NULL)' --runtime crun`,
      );
    const [suite] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as suite" }).click(),
    ]);
    expect(readFileSync((await suite.path()) ?? "", "utf8")).toContain("expect: errno(EPERM)");
    const [filter] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save compiled filter" }).click(),
    ]);
    expect(readFileSync((await filter.path()) ?? "").length % 8).toBe(0);
  });
});
