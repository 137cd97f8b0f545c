import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CLI, temporaryFolder } from "../cli/run.js";
import { describeInBrowser, openPage } from "./harness.js";

/** Starts the command line's server; gives the address that it prints. */
async function serve(args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(process.execPath, [CLI, "playground", "--no-open", ...args], { cwd });
  onTestFinished(() => void child.kill());
  const [first] = await once(child.stdout, "data");
  return String(first).trim();
}

describeInBrowser("the page that the command line serves", () => {
  test("opens with the profile and the architecture of the command", async () => {
    const folder = temporaryFolder();
    const profile = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}'.replace(
      "[]",
      '[{"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]',
    );
    writeFileSync(join(folder, "my.json"), profile);
    const address = await serve(["my.json", "--arch", "arm64"], folder);
    const { page } = await openPage(address, {
      allow: (url) => url.startsWith("http://localhost"),
    });
    await expect.poll(() => page.locator(".verdict h2").textContent()).toBe("EACCES");
    await expect.poll(() => page.locator(".cm-content").textContent()).toBe(profile);
    expect(await page.getByLabel("Architecture").inputValue()).toBe("aarch64");
    await page.getByRole("combobox", { name: "System call" }).fill("getpid");
    await expect.poll(() => page.locator(".verdict h2").textContent()).toBe("Allowed");
  });

  test("opens with Docker's default where no profile is given, and its workers run", async () => {
    const address = await serve([], temporaryFolder());
    const { page } = await openPage(address, {
      allow: (url) => url.startsWith("http://localhost"),
    });
    await expect.poll(() => page.locator(".verdict h2").textContent()).toBe("EPERM");
    await page.getByRole("tab", { name: "Throughput" }).click();
    await page.getByLabel("Records", { exact: true }).fill("100000");
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.getByText("Done", { exact: true }).waitFor();
    expect(await page.locator(".progress").textContent()).toContain("100,000 of 100,000 records");
  });
});
