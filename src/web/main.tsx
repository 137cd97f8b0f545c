// First, side by side: they repeat names, and gzip sees 32 kB back.
import "../profile/presets/index.js";
import "../abi/sets.gen.js";
import "../abi/signatures.gen.js";
// The page.
import { render } from "preact";
import { serve } from "../pool/serve.js";
import { App } from "./app.js";
import { readLink } from "./link.js";
import { Store } from "./store.js";

/** Opens the page with what its address holds. */
async function open(): Promise<void> {
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no place for the application");
  const { state, problem } = await readLink(location.hash);
  const store = new Store(state);
  // Another link was put into the address: it is opened as any.
  addEventListener("hashchange", () => location.reload());
  render(<App store={store} problem={problem} />, root);
}

// The page's workers run this very script: where there is no document, it serves the pool.
if (typeof document === "undefined") serve();
else void open();
