// Builds what the package ships: `node scripts/build.mjs [--if-stale] [wasm] [worker] [bundle] [types] [web]`.
//
// It runs from `prepare`, which npm and npx may start several times, even side by side: so everything is
// written under a temporary name and renamed, `--if-stale` does nothing when the outputs are newer than
// the inputs, and standard output stays empty (it belongs to whoever runs us).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPage } from "./build-web.mjs";
import {
  dateFiles,
  isFresh,
  listFiles,
  replaceDirectory,
  temporaryName,
  writeAtomic,
} from "./lib/files.mjs";
import { notices } from "./lib/notices.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);

const WASM = "src/evaluator/wasm.gen.ts";
const SCRIPTS = [
  "scripts/build.mjs",
  "scripts/build-web.mjs",
  "scripts/lib/files.mjs",
  "scripts/lib/notices.mjs",
];
const WORKER = "src/pool/worker.gen.ts";
const isMade = (file) => file === WASM || file === WORKER || file.endsWith(".tmp");
const sources = () => listFiles("src").filter((file) => !isMade(file));
const configuration = ["package.json", "tsconfig.json", "tsconfig.build.json"];

const parts = {
  wasm: {
    inputs: () => ["assembly", "asconfig.json", "scripts/build-wasm.mjs"],
    outputs: [WASM],
    build: () => run(process.execPath, ["scripts/build-wasm.mjs"]),
  },
  worker: {
    inputs: () => [...sources(), ...SCRIPTS],
    outputs: [WORKER, "dist/worker.js"],
    build: worker,
  },
  bundle: {
    inputs: () => [...sources(), WASM, WORKER, "package.json", ...SCRIPTS],
    outputs: [
      "dist/index.js",
      "dist/browser.js",
      "dist/node.js",
      "dist/vitest.js",
      "dist/cli.js",
      "dist/cli",
    ],
    build: bundle,
  },
  types: {
    inputs: () => [...sources(), ...configuration, ...SCRIPTS],
    outputs: ["dist/types"],
    build: declarations,
  },
  web: {
    inputs: () => [...sources(), WASM, "package.json", ...SCRIPTS],
    outputs: ["dist/web/index.html"],
    build: () => buildPage("dist/web/index.html"),
  },
};

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with status ${status}`);
}

/**
 * One classic script with everything in it, for workers that are made from its text (in browsers a
 * Blob, in Node an evaluated script) and, as a file, for pages that forbid the former. The machine's
 * bytes stay out: workers get the compiled module.
 */
async function worker() {
  const { build } = await import("esbuild");
  const withoutBytes = {
    name: "without-bytes",
    setup({ onLoad }) {
      onLoad({ filter: /wasm\.gen\.ts$/ }, () => ({ contents: 'export const WASM_BASE64 = "";' }));
    },
  };
  const result = await build({
    entryPoints: ["src/pool/worker.ts"],
    bundle: true,
    format: "iife",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    charset: "ascii",
    minify: true,
    // comlink's licence asks for its notice in copies.
    legalComments: "inline",
    plugins: [withoutBytes],
    write: false,
    logLevel: "warning",
  });
  const { text } = result.outputFiles[0];
  const header = "// Made by scripts/build.mjs from src/pool/worker.ts. Not for editing.";
  writeAtomic(WORKER, `${header}\nexport const WORKER_SOURCE =\n  ${JSON.stringify(text)};\n`);
  writeAtomic("dist/worker.js", text);
}

async function bundle() {
  const { build } = await import("esbuild");
  const { version, dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const common = {
    bundle: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    define: { SECCOMP_SIM_VERSION: JSON.stringify(version) },
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  };
  const external = Object.keys(dependencies);
  const outputs = [
    // Neutral: Node, browsers and workers run the same bundle, so it may not see `node:` modules.
    { entry: "src/index.ts", outfile: "dist/index.js", platform: "neutral", external },
    // Beside the library, of which there is one copy only: its errors and simulators are the same.
    ...["node", "vitest"].map((name) => ({
      entry: `src/${name}/index.ts`,
      outfile: `dist/${name}.js`,
      platform: "node",
      external: ["vitest"],
      plugins: [besideLibrary(name)],
    })),
    // The same with the dependencies inside, for pages without a bundler: one file, no bare imports.
    {
      entry: "src/index.ts",
      outfile: "dist/browser.js",
      platform: "browser",
      minify: true,
      legalComments: "eof",
      hasNotices: true,
    },
  ];
  for (const { entry, outfile, hasNotices, ...options } of outputs) {
    const result = await build({ ...common, ...options, entryPoints: [entry], outfile });
    const footer = hasNotices ? `/*!\n${notices(result.metafile)}*/\n` : "";
    writeAtomic(outfile, result.outputFiles[0].text + footer);
  }
  await commandLine(build, common);
}

/**
 * The command line, with the dependencies inside: `dist/cli.js`, and in `dist/cli/` what the commands need,
 * in pieces, since reading everything takes longer than most commands take. The pieces' names follow
 * their contents, and old ones go last: a command that runs meanwhile finds those of its own build.
 */
async function commandLine(build, common) {
  const options = { ...common, platform: "node", outdir: "dist", minify: true };
  const pieces = await build({
    ...options,
    entryPoints: { cli: "src/cli/main.ts", "cli/test-worker": "src/cli/test-worker.ts" },
    splitting: true,
    chunkNames: "cli/[name]-[hash]",
    // commander is CommonJS and asks for Node's modules by `require`.
    banner: { js: "const require = process.getBuiltinModule;" },
    plugins: [lateYaml, withoutPrograms],
  });
  const yaml = await build({
    ...options,
    entryPoints: { "cli/yaml": "yaml" },
    format: "cjs",
    outExtension: { ".js": ".cjs" },
  });
  const files = new Map(
    [...yaml.outputFiles, ...pieces.outputFiles].map(({ path, contents }) => [
      relative(root, path),
      contents,
    ]),
  );
  files.set("dist/cli/LICENSES.txt", notices(pieces.metafile, yaml.metafile));
  const start = Buffer.concat([Buffer.from("#!/usr/bin/env node\n"), files.get("dist/cli.js")]);
  files.delete("dist/cli.js");
  for (const [path, contents] of files) writeAtomic(path, contents);
  writeAtomic("dist/cli.js", start, 0o755);
  // What a build beside this one is about to rename stays.
  const old = listFiles("dist/cli").filter((path) => !files.has(path) && !path.endsWith(".tmp"));
  for (const path of old) rmSync(path, { force: true });
}

/** `yaml` as a file that is read when one of its functions is first called: most commands see no YAML. */
const lateYaml = {
  name: "late-yaml",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^yaml$/ }, ({ path }) => ({ path, namespace: "late" }));
    onLoad({ filter: /./, namespace: "late" }, async () => {
      const functions = Object.entries(await import("yaml")).filter(
        ([, value]) => typeof value === "function",
      );
      const contents = [
        "let yaml;",
        'const late = () => (yaml ??= require("node:module").createRequire(import.meta.url)("./yaml.cjs"));',
        ...functions.map(
          ([name]) =>
            `export function ${name}(...args) { return new.target ? new (late().${name})(...args) : late().${name}(...args); }`,
        ),
      ];
      return { contents: contents.join("\n") };
    });
  },
};

/** commander can start commands that are programs of their own. Ours are not, and Node's part for it is slow to load. */
const withoutPrograms = {
  name: "without-programs",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      importer.includes("commander") ? { path, namespace: "none" } : undefined,
    );
    onLoad({ filter: /./, namespace: "none" }, () => ({ contents: "" }));
  },
};

/** Leaves out what the library, and for vitest the entry for Node, have: those are imported. */
function besideLibrary(entry) {
  return {
    name: "beside-library",
    setup({ onResolve }) {
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
        const [folder] = relative("src", resolve(resolveDir, path)).split(/[\\/]/);
        if (kind === "entry-point" || folder === entry) return undefined;
        return { path: folder === "node" ? "seccomp-sim/node" : "seccomp-sim", external: true };
      });
    },
  };
}

function declarations() {
  const temporary = temporaryName("dist/types");
  rmSync(temporary, { recursive: true, force: true });
  try {
    run(process.execPath, [
      "node_modules/typescript/bin/tsc",
      "-p",
      "tsconfig.build.json",
      "--outDir",
      temporary,
    ]);
    replaceDirectory(temporary, "dist/types");
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function main(argv) {
  const unknown = argv.filter((word) => word !== "--if-stale" && !Object.hasOwn(parts, word));
  if (unknown.length > 0) throw new Error(`unknown argument ${unknown.join(" ")}`);
  const ifStale = argv.includes("--if-stale");
  const asked = Object.keys(parts).filter((name) => argv.includes(name));
  for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
    const part = parts[name];
    if (ifStale && isFresh(part.inputs(), part.outputs)) continue;
    if (!existsSync("node_modules")) throw new Error("run `npm ci` first");
    const began = new Date();
    await part.build();
    dateFiles(part.outputs, began);
    console.error(`built ${part.outputs.join(", ")} in ${Date.now() - began.getTime()} ms`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}
