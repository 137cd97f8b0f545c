// The page as one file: markup, style, script, the machine's bytes and, by the script itself, the workers.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { writeAtomic } from "./lib/files.mjs";

const FOLDER = "src/web";
/** Stands for the parsers that the editor does without. */
const NO_LANGUAGE = resolve(FOLDER, "editor/no-language.ts");

/**
 * The page's workers run the page's own script, which serves the pool where there is no document: so
 * the library is in the page once.
 */
const ownScript = {
  name: "own-script",
  setup({ onLoad }) {
    onLoad({ filter: /worker\.gen\.ts$/ }, () => ({
      contents: `export const WORKER_SOURCE =
        typeof document === "undefined" ? "" : document.getElementById("program").textContent;`,
    }));
  },
};

/**
 * Base64 hides from gzip what repeats in the machine's code. So each byte is a character of its own,
 * from # on: no quote, no line's end, and the most frequent bytes take one byte again.
 */
const machineAsText = {
  name: "machine-as-text",
  setup({ onLoad }) {
    onLoad({ filter: /wasm\.gen\.ts$/ }, ({ path }) => {
      const [, base64] = /"([A-Za-z0-9+/=]{100,})"/.exec(readFileSync(path, "utf8"));
      const text = Array.from(Buffer.from(base64, "base64"), (byte) =>
        String.fromCharCode(byte + 35),
      );
      const decoded = `${JSON.stringify(text.join(""))}.replace(/./g, (one) => String.fromCharCode(one.charCodeAt() - 35))`;
      return { contents: `export const WASM_BASE64 = btoa(${decoded});` };
    });
  },
};

/** Documents are YAML 1.2: the older version's types are left out; what asks for them is refused. */
const withoutOldYaml = {
  name: "without-old-yaml",
  setup({ onLoad }) {
    onLoad({ filter: /yaml-1\.1[\\/](binary|omap|pairs|schema|set|timestamp)\.js$/ }, () => ({
      contents: `export const binary = undefined, omap = undefined, pairs = undefined, schema = undefined,
        set = undefined, timestamp = undefined, intTime = undefined, floatTime = undefined,
        createPairs = undefined, resolvePairs = undefined;`,
    }));
  },
};

/** Nothing but what is in the file, and the network not at all. */
function contentPolicy(scriptHash) {
  return [
    "default-src 'none'",
    `script-src '${scriptHash}' 'wasm-unsafe-eval'`,
    "worker-src blob:",
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** Writes the page to `outfile`. */
export async function buildPage(outfile) {
  const { build, transform } = await import("esbuild");
  const { minify } = await import("vite");
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const script = await build({
    entryPoints: [`${FOLDER}/main.tsx`],
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    jsx: "automatic",
    jsxImportSource: "preact",
    define: {
      SECCOMP_SIM_VERSION: JSON.stringify(version),
      "process.env.NODE_ENV": '"production"',
    },
    minify: true,
    legalComments: "none",
    alias: { "@codemirror/language": NO_LANGUAGE, "@lezer/common": NO_LANGUAGE },
    plugins: [ownScript, machineAsText, withoutOldYaml],
    write: false,
    logLevel: "warning",
    // main.tsx imports some modules for their order only.
    logOverride: { "ignored-bare-import": "silent" },
  });
  const styles = ["style.css", "views.css"].map((name) =>
    readFileSync(`${FOLDER}/${name}`, "utf8"),
  );
  const style = await transform(styles.join("\n"), {
    loader: "css",
    minify: true,
    target: "es2022",
  });
  // esbuild's own result can be made smaller by some 2 %.
  const { code: small, errors } = await minify("page.js", script.outputFiles[0].text, {
    compress: { target: "es2022" },
    mangle: true,
  });
  if (errors?.length > 0) throw new Error(`the page's script: ${errors[0].message}`);
  // The parser ends a script at the first end tag, wherever that stands.
  const code = small.trim().replace(/<\/(script)/gi, "<\\/$1");
  const hash = `sha256-${createHash("sha256").update(code).digest("base64")}`;
  // Functions, as text may hold the `$` that a replacement's text may not.
  const page = readFileSync(`${FOLDER}/index.html`, "utf8")
    .replace("default-src 'none'", () => contentPolicy(hash))
    .replace("<!-- style -->", () => `<style>${style.code.trim()}</style>`)
    .replace("<!-- program -->", () => `<script id="program">${code}</script>`);
  writeAtomic(outfile, page);
}
