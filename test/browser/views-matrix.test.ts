import { expect, test } from "vitest";
import { servedArchs } from "../../src/abi/compat.js";
import { createMatrix } from "../../src/analysis/matrix.js";
import { createSimulator } from "../../src/analysis/simulator.js";
import { presetSource } from "../../src/analysis/source.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { formatVerdict } from "../../src/seccomp/verdict.js";
import { describeInBrowser, openApp } from "./harness.js";

async function openTab(name: string, fragment = "", options = {}) {
  const page = await openApp(fragment, options);
  await page.getByRole("tab", { name }).click();
  return page;
}

describeInBrowser("the matrix panel", () => {
  test("is a table of all calls with the verdicts that the library gives", async () => {
    const simulator = createSimulator(presetSource("docker-default"), parseTarget({}));
    const expected = createMatrix(simulator, [servedArchs("x86_64")[0] ?? "x86_64"]).map((row) => [
      row.name,
      `${row.nr}`,
      row.parts.map(({ verdict }) => formatVerdict(verdict)).join(),
    ]);
    simulator.close();
    const page = await openTab("Matrix");
    await page.getByText("385 of 385 system calls of x86_64").waitFor();
    const table = page.getByRole("table", { name: "System calls and their verdicts" });
    expect(await table.getByRole("row").count()).toBe(386);
    const shown = await table
      .locator("tbody tr")
      .evaluateAll((rows) =>
        rows.map((row) => [
          row.querySelector("th button")?.textContent,
          row.querySelector("td.nr")?.textContent,
          [...row.querySelectorAll("td.verdicts .name")].map((one) => one.textContent).join(),
        ]),
      );
    expect(shown).toEqual(expected);
  });

  test("filters, searches, sorts by group, and lists", async () => {
    const page = await openTab("Matrix");
    await page.getByText("385 of 385").waitFor();
    await page.getByRole("button", { name: /ERRNO\(ENOSYS\)/ }).click();
    await page.getByText("6 of 385").waitFor();
    await page.getByRole("button", { name: /ERRNO\(ENOSYS\)/ }).click();
    await page.getByRole("searchbox", { name: "Search system calls" }).fill("clone");
    await page.getByText("2 of 385").waitFor();
    await page.getByRole("searchbox").fill("@mount");
    await page.getByRole("row", { name: /^pivot_root/ }).waitFor();
    await page.getByRole("searchbox").fill("");
    await page.getByLabel("Sort by").selectOption("group");
    await page.getByRole("rowheader", { name: "@network-io" }).waitFor();
    // Each call stands below its own group's name, and above the next.
    const tops = await page
      .locator(".map tbody tr")
      .evaluateAll((rows) => rows.map((row) => Math.round(row.getBoundingClientRect().top)));
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    await page.getByRole("button", { name: "Show as a list" }).click();
    await page.getByRole("button", { name: "Show as a map" }).waitFor();
    await page.getByLabel("Calls of").selectOption("x86");
    await page.getByText(/system calls of x86$/).waitFor();
  });

  test("splits calls by their arguments, and tries one on click", async () => {
    const page = await openTab("Matrix");
    const row = page.getByRole("row", { name: /^socket / });
    await row.getByText("family is AF_ALG or AF_VSOCK").waitFor();
    await row.getByRole("button", { name: "socket(AF_ALG, 0, 0)" }).click();
    const verdict = page.getByLabel("Verdict", { exact: true });
    await expect.poll(() => verdict.textContent()).toContain("EPERM");
    await page
      .getByRole("row", { name: /^write / })
      .getByRole("button")
      .click();
    await expect.poll(() => verdict.textContent()).toContain("Allowed");
  });

  test("fits a phone", async () => {
    const page = await openTab("Matrix", "", { viewport: { width: 390, height: 844 } });
    await page.getByText("385 of 385").waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
  });
});

describeInBrowser("the comparison panel", () => {
  test("shows where another profile or target decides otherwise, with calls to try", async () => {
    const page = await openTab("Compare");
    await page.getByText("Choose a second profile").waitFor();
    await page.getByLabel("Second profile", { exact: true }).selectOption("docker-1.10");
    await page.getByText(/system calls differ\./).waitFor();
    await page.getByLabel("Second profile", { exact: true }).selectOption("");
    await page.getByLabel("Second target: Capabilities").selectOption("all");
    const row = page.getByRole("row", { name: /^mount / });
    await row.getByText("ALLOW").waitFor();
    expect(await row.getByText("ERRNO(EPERM)").count()).toBe(1);
    const clone = page.getByRole("row", { name: /^clone / });
    await clone.getByText(/^clone_flags has any of/).waitFor();
    await clone.getByRole("button").click();
    const verdict = page.getByLabel("Verdict", { exact: true });
    await expect.poll(() => verdict.textContent()).toContain("EPERM");
    await page.getByLabel("Second target: Capabilities").selectOption("docker");
    await page.getByText("Choose a second profile").waitFor();
  });

  test("takes a file, and says what is wrong with it", async () => {
    const page = await openTab("Compare");
    const file = (text: string) => ({
      name: "mine.json",
      mimeType: "application/json",
      buffer: Buffer.from(text),
    });
    const chooser = page.getByLabel("Second profile from a file");
    await chooser.setInputFiles(file('{"defaultAction": "SCMP_ACT_NOPE"}'));
    await page.getByRole("alert").getByText("SCMP_ACT_NOPE").waitFor();
    await chooser.setInputFiles(file('{"defaultAction": "SCMP_ACT_KILL_PROCESS"}'));
    await page.getByText("385 system calls differ.").waitFor();
  });
});
