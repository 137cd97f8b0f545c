import type { Later } from "./later.js";

/**
 * Reads and runs the page's second script, `later.ts`, which stands in the page as plain text. The build makes
 * both scripts, and the second one puts its result where it is looked for here.
 */
export async function loadLater(): Promise<Later> {
  if (document.readyState === "loading") {
    await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
  }
  const script = document.createElement("script");
  script.textContent = document.getElementById("later")?.textContent ?? "";
  document.head.append(script);
  const { later } = globalThis as { later?: Later };
  if (!later) throw new Error("the page's second script did not run");
  return later;
}
