import { expect, test } from "vitest";
import { makeRecords } from "../../src/seccomp/mix.js";
import { describeInBrowser, openApp } from "./harness.js";

async function openThroughput(fragment = "") {
  const page = await openApp(fragment);
  await page.getByRole("tab", { name: "Throughput" }).click();
  return page;
}

/** The words of the tallies, with their counts. */
async function tallies(page: Awaited<ReturnType<typeof openThroughput>>) {
  const rows = await page
    .locator(".progress .tallies tbody tr")
    .evaluateAll((list) =>
      list.map((row) => [
        row.querySelector(".name")?.textContent ?? "",
        Number(row.querySelector("td")?.textContent?.replace(/,/g, "")),
      ]),
    );
  return rows as [string, number][];
}

describeInBrowser("the throughput panel", () => {
  test.for(["none", "2"])("evaluates generated records, workers: %s", async (workers) => {
    const page = await openThroughput();
    await page.getByLabel("Records", { exact: true }).fill("300000");
    const choice = page.getByLabel("Workers");
    const options = await choice.locator("option").allTextContents();
    await choice.selectOption(options.includes(workers) ? workers : "1");
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.getByText("Done", { exact: true }).waitFor();
    expect(await page.getByText("300,000 of 300,000 records").count()).toBe(1);
    const found = await tallies(page);
    expect(found.reduce((sum, [, count]) => sum + count, 0)).toBe(300_000);
    expect(found[0]?.[0]).toBe("ALLOW");
  });

  test("evaluates files of records", async () => {
    const page = await openThroughput();
    const buffer = Buffer.from(makeRecords("uniform", 5000));
    await page
      .getByLabel("Files of records")
      .setInputFiles({ name: "calls.bin", mimeType: "application/octet-stream", buffer });
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.getByText("5,000 of 5,000 records").waitFor();
    expect((await tallies(page)).map(([name]) => name)).toContain("KILL_THREAD");
    await page.getByLabel("Files of records").setInputFiles({
      name: "cut.bin",
      mimeType: "application/octet-stream",
      buffer: buffer.subarray(1),
    });
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.getByText(/63 bytes are left over/).waitFor();
  });

  test("can be cancelled", async () => {
    const page = await openThroughput();
    await page.getByLabel("Records", { exact: true }).fill("900000000");
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.getByRole("table", { name: "Verdicts" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled: what is shown is a part").waitFor();
    await page.getByRole("button", { name: "Evaluate" }).waitFor();
  });

  test("compares the evaluators", async () => {
    const page = await openThroughput();
    await page.getByRole("button", { name: "Measure" }).click();
    const table = page.getByRole("table", { name: "Nanoseconds per verdict" });
    await table.getByText("Compiled to WebAssembly").waitFor();
    expect(await table.getByRole("row").count()).toBe(5);
  });

  test("says that without a filter there is nothing to evaluate", async () => {
    const page = await openThroughput("sample/unconfined");
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.getByText(/no filter is loaded/).waitFor();
  });
});
