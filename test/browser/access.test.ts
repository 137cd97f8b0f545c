import { spawnSync } from "node:child_process";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describeInBrowser, openApp } from "./harness.js";

const PANELS = ["Why", "Program", "Matrix", "Compare", "Suite", "Throughput"];

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly {
    readonly target: readonly string[];
    readonly failureSummary: string;
  }[];
}

/** What axe finds serious, in one line each. */
async function violations(page: Page): Promise<string[]> {
  const found = (await page.evaluate("axe.run().then((all) => all.violations)")) as Violation[];
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map((one) => `${id}: ${one.target.join(" ")}: ${one.failureSummary}`),
    );
}

// Node's zlib packs 0.4 % worse than the program that the figure names.
const packed = spawnSync("gzip", ["-9", "-c", "dist/web/index.html"], { maxBuffer: 1 << 24 });

test.skipIf(packed.error !== undefined)("the page has at most 300 kB under gzip -9", () => {
  expect(packed.stdout.length).toBeGreaterThan(100_000);
  expect(packed.stdout.length).toBeLessThanOrEqual(300_000);
});

describeInBrowser("axe finds nothing serious", () => {
  test.for([
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
    ["dark", 390],
  ] as const)("in any panel, %s, %i wide", async ([colorScheme, width]) => {
    const page = await openApp("", {
      colorScheme,
      viewport: { width, height: 900 },
      bypassCSP: true,
    });
    await page.addScriptTag({ content: axe.source });
    const found: string[] = [];
    for (const name of PANELS) {
      await page.getByRole("tab", { name }).click();
      if (name === "Suite") {
        await page.getByRole("button", { name: "Begin with the calls above" }).click();
        await page.locator(".suite-cases").waitFor();
      }
      if (name === "Matrix") await page.getByRole("table").first().waitFor();
      for (const one of await violations(page)) found.push(`${name}: ${one}`);
    }
    expect([...new Set(found)]).toEqual([]);
  });
});

/** What would have to be scrolled sideways, or is cut off: editors and inputs do that by their nature. */
const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll("*")]
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 30)
      .filter((one) => !one.closest(".cm-editor, input, .listing [role=option]"))
      .filter((one) => one.tagName === "HTML" || getComputedStyle(one).overflowX !== "visible")
      .map((one) => `${one.tagName} ${one.className} ${one.scrollWidth} > ${one.clientWidth}`),
  );

/** Selects in which what is chosen has no room. */
const cutSelects = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLSelectElement>(".target select, .choices select")]
      .filter((one) => {
        const wide = one.cloneNode(true) as HTMLSelectElement;
        wide.replaceChildren(new Option(one.selectedOptions[0]?.text));
        wide.style.cssText = "width: auto; position: absolute";
        one.after(wide);
        const cut = wide.offsetWidth > one.offsetWidth + 1;
        wide.remove();
        return cut;
      })
      .map((one) => `${one.ariaLabel ?? one.labels[0]?.textContent}: ${one.value}`),
  );

describeInBrowser("nothing needs scrolling sideways, and no choice is cut off", () => {
  test.for([390, 768, 1000, 1280, 3840])("%i wide", async (width) => {
    const page = await openApp("", { viewport: { width, height: 1000 } });
    await page.locator(".cm-content").waitFor();
    for (const name of PANELS) {
      await page.getByRole("tab", { name }).click();
      if (name === "Suite") {
        await page.getByRole("button", { name: "Begin with the calls above" }).click();
        await page.locator(".suite-cases").waitFor();
      }
      if (name === "Compare") {
        await page.getByLabel("Second profile", { exact: true }).selectOption("podman-default");
        await page.locator(".differences").waitFor();
      }
      if (name === "Matrix") await page.getByRole("table").first().waitFor();
      expect(await tooWide(page), name).toEqual([]);
      expect(await cutSelects(page), name).toEqual([]);
    }
  });
});

describeInBrowser("what a screen reader is told", () => {
  test("the matrix is a table whose every cell is there, with whole names", async () => {
    const page = await openApp();
    await page.getByRole("tab", { name: "Matrix" }).click();
    await page.locator(".map .call-row").first().waitFor();
    const session = await page.context().newCDPSession(page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const told = (role: string): string[] =>
      nodes
        .filter((one) => !one.ignored && one.role?.value === role)
        .map((one) => String(one.name?.value));
    expect(told("table")).toEqual(["System calls and their verdicts"]);
    expect(told("columnheader")).toEqual(["Call", "Number", "Verdict", "Which calls"]);
    expect(told("row").length).toBe(386);
    expect(told("rowheader").length).toBe(385);
    expect(told("cell").length).toBe(3 * 385);
    expect(told("rowheader").filter((name) => !/^\w+$/.test(name))).toEqual([]);
  });

  test("the verdict is a polite live region", async () => {
    const page = await openApp();
    const region = page.locator(".verdict [role=status][aria-live=polite]");
    await expect.poll(() => region.textContent()).toContain("EPERM");
    // The same element goes on to say the next one: a new one would not be read out.
    const kept = await region.elementHandle();
    await page.getByRole("combobox", { name: "System call" }).fill("getpid");
    await expect.poll(() => kept?.textContent()).toContain("Allowed");
  });
});

describeInBrowser("the keyboard alone", () => {
  test("goes through the page, out of the editor, and from panel to panel", async () => {
    const page = await openApp();
    const seen: string[] = [];
    const focused =
      "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id ?? ''";
    for (let n = 0; n < 80 && !seen.includes("tab-why"); n++) {
      await page.keyboard.press("Tab");
      seen.push(String(await page.evaluate(focused)));
    }
    expect(seen).toContain("Profile text");
    expect(seen.at(-1)).toBe("tab-why");
    for (const name of PANELS.slice(1)) {
      await page.keyboard.press("ArrowRight");
      expect(await page.getByRole("tab", { name }).getAttribute("aria-selected")).toBe("true");
    }
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate(focused)).toBe("tab-why");
  });
});
