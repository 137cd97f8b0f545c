// The page as one file: markup, style, script, the machine's bytes and, by the script itself, the workers.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { writeAtomic } from "./lib/files.mjs";
import { notices } from "./lib/notices.mjs";

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
 * Base64 hides from gzip what repeats in the machine's code; characters do not, one for each byte, and they are
 * ready when the page opens.
 */
const machineAsCharacters = {
  name: "machine-as-characters",
  setup({ onLoad }) {
    onLoad({ filter: /wasm\.gen\.ts$/ }, ({ path }) => {
      const [, base64] = /"([A-Za-z0-9+/=]{100,})"/.exec(readFileSync(path, "utf8"));
      const text = Buffer.from(base64, "base64").toString("latin1");
      return { contents: `export const WASM_BASE64 = btoa(${JSON.stringify(text)});` };
    });
  },
};

/** The page reads YAML and never writes it; each of these modules only serves a node's `toString`. */
const withoutWritingYaml = {
  name: "without-writing-yaml",
  setup({ onLoad }) {
    onLoad({ filter: /yaml[\\/].*[\\/](stringify[\\/]\w+|cst-visit)\.js$/ }, ({ path }) => {
      const [, names] = /^export \{([^}]*)\}/m.exec(readFileSync(path, "utf8"));
      return { contents: names.replace(/([\w$]+),?/g, "export const $1 = undefined;") };
    });
  },
};

/**
 * The modules that both entries use, the first entry's, and the second's, as two classic scripts: in a page that is a
 * file, no module can import another one. The first leaves what is shared to the second.
 */
function twoScripts(files) {
  const parts = Object.fromEntries(
    files.map(({ path, text }) => {
      const [name] = /(main|later|chunk)[^\\/]*\.js$/.exec(path);
      return [name.split(/[-.]/)[0], text];
    }),
  );
  if (files.length !== 3) throw new Error(`the page's scripts: ${Object.keys(parts)}`);
  const takes = (text) =>
    text.replace(
      /^import\{([^}]*)\}from"[^"]*";/,
      (_, names) => `let{${names.replace(/ as /g, ":")}}=SHARED_PARTS;`,
    );
  const gives = (text) =>
    text.replace(/export\{([^}]*)\};?\s*$/, (_, names) => {
      const pairs = names.split(",").map((one) => one.split(" as ").reverse().join(":"));
      return `return{${pairs}}`;
    });
  const main = takes(parts.main);
  const chunk = gives(parts.chunk);
  const later = gives(takes(parts.later));
  for (const text of [main, chunk, later]) {
    if (/^import\b|\bexport\{/.test(text))
      throw new Error("the page's scripts import in a new form");
  }
  return [
    `(()=>{"use strict";const SHARED_PARTS=globalThis.SHARED_PARTS=(()=>{${chunk}})();(()=>{${main}})()})()`,
    `(()=>{"use strict";const{SHARED_PARTS}=globalThis;globalThis.later=(()=>{${later}})().later})()`,
  ];
}

/** A script as it stands in the page. */
async function finish(text, minify) {
  // esbuild's own result can be made smaller by some 2 %.
  const { code, errors } = await minify("page.js", text, {
    compress: { target: "es2022" },
    mangle: true,
  });
  if (errors?.length > 0) throw new Error(`the page's script: ${errors[0].message}`);
  return (
    code
      .trim()
      // The parser ends a script at the first end tag, wherever that stands.
      .replace(/<\/(script)/gi, "<\\/$1")
      // Without wide characters, the browser holds and reads it in half the memory.
      .replace(/[^\0-\xff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
  );
}

/** Nothing but what is in the file, and the network not at all. */
function contentPolicy(scripts) {
  const hashes = scripts.map(
    (code) => `'sha256-${createHash("sha256").update(code).digest("base64")}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${hashes.join(" ")} 'wasm-unsafe-eval'`,
    "worker-src blob:",
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** Writes the page to `outfile`. */
export async function buildPage(outfile) {
  const { build } = await import("esbuild");
  const { minify } = await import("vite");
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const script = await build({
    entryPoints: [`${FOLDER}/main.tsx`, `${FOLDER}/later.ts`],
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: "dist/web",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    jsx: "automatic",
    jsxImportSource: "preact",
    define: {
      SECCOMP_SIM_VERSION: JSON.stringify(version),
      "process.env.NODE_ENV": '"production"',
      // Only Android would use it, and does without it in browsers that lack it.
      "window.EditContext": "undefined",
      // It takes 10 ms to make one, for keys that are not bound.
      "Intl.Segmenter": "undefined",
    },
    minify: true,
    legalComments: "none",
    alias: { "@codemirror/language": NO_LANGUAGE, "@lezer/common": NO_LANGUAGE },
    plugins: [ownScript, machineAsCharacters, withoutWritingYaml],
    metafile: true,
    write: false,
    logLevel: "warning",
    // main.tsx imports some modules for their order only.
    logOverride: { "ignored-bare-import": "silent" },
  });
  const style = await build({
    entryPoints: [`${FOLDER}/style.css`],
    bundle: true,
    minify: true,
    target: "es2022",
    write: false,
    logLevel: "warning",
  });
  const [first, second] = await Promise.all(
    twoScripts(script.outputFiles).map((text) => finish(text, minify)),
  );
  // Functions, as text may hold the `$` that a replacement's text may not.
  const page = readFileSync(`${FOLDER}/index.html`, "utf8")
    .replace("default-src 'none'", () => contentPolicy([first, second]))
    .replace("<!-- style -->", () => `<style>${style.outputFiles[0].text.trim()}</style>`)
    .replace("<!-- program -->", () => `<script id="program">${first}</script>`)
    .replace("<!-- later -->", () => `<script id="later" type="text/plain">${second}</script>`);
  const comment = notices(script.metafile).replaceAll("--", "- -");
  writeAtomic(outfile, `${page.trimEnd()}\n<!--\n${comment}-->\n`);
}
