import type { Page } from "playwright-core";

/** A page with this script, that asks for no icon. */
export function page(script: string): string {
  return `<!doctype html><link rel="icon" href="data:,"><title>a page</title><body>${script}`;
}

/** What `show` of use.js wrote down. */
export async function shown(page: Page): Promise<unknown> {
  return JSON.parse((await page.locator("output").textContent()) ?? "");
}
