import { spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { installPackage } from "../package/install.js";
import { describeInBrowser, openPage } from "./harness.js";
import { page, shown } from "./pages/library.js";
import { ISOLATED, serve } from "./serve.js";

const RIGHT = {
  verdict: "ERRNO(EPERM)",
  workers: [2, 2],
  answered: 100_000,
  different: -1,
};

/** A project with the packed package in it; `main` is the page's own script. */
function project(main: string): string {
  const { folder } = installPackage();
  copyFileSync("test/browser/pages/use.js", join(folder, "use.js"));
  writeFileSync(join(folder, "main.js"), main);
  return folder;
}

/** Runs a tool of ours as a user of the project would. */
function build(folder: string, tool: string, ...args: string[]): void {
  const ran = spawnSync(resolve("node_modules/.bin", tool), args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NODE_ENV: "" },
  });
  expect({ status: ran.status, warnings: /warn/i.test(ran.stderr) && ran.stderr }).toEqual({
    status: 0,
    warnings: false,
  });
}

const DEFAULT = 'import { show, use } from "./use.js";\nshow(use({ workers: 2 }));\n';

describeInBrowser("the package bundled by esbuild, default settings", () => {
  test("works from a static host, and from a file without a network", async () => {
    const folder = project(DEFAULT);
    build(folder, "esbuild", "main.js", "--bundle", "--outfile=site/out.js");
    writeFileSync(join(folder, "site", "index.html"), page('<script src="out.js"></script>'));
    const { origin, asked } = await serve(join(folder, "site"));
    const hosted = await openPage(`${origin}/`, { allow: (url) => url.startsWith(origin) });
    expect(await shown(hosted.page)).toEqual(RIGHT);
    expect(asked).toEqual(["/", "/out.js"]);
    const file = pathToFileURL(join(folder, "site", "index.html")).href;
    const opened = await openPage(file, { offline: true, allow: (url) => url.endsWith("/out.js") });
    expect(await shown(opened.page)).toEqual(RIGHT);
  });

  test("the worker's script can be an entry of its own", async () => {
    const folder = project(
      'import { show, use } from "./use.js";\nshow(use({ workers: 2, createWorker: () => new Worker("worker.js") }));',
    );
    build(folder, "esbuild", "main.js", "--bundle", "--outfile=site/main.js");
    build(folder, "esbuild", "seccomp-sim/worker", "--bundle", "--outfile=site/worker.js");
    writeFileSync(join(folder, "site", "index.html"), page('<script src="main.js"></script>'));
    const { origin, asked } = await serve(join(folder, "site"), ISOLATED);
    const opened = await openPage(`${origin}/`, { allow: (url) => url.startsWith(origin) });
    expect(await shown(opened.page)).toEqual(RIGHT);
    expect(asked).toContain("/worker.js");
  });
});

describeInBrowser("the package bundled by vite, default settings", () => {
  const worker = (query: string, made: string) =>
    `import { show, use } from "./use.js";\nimport made from "seccomp-sim/worker?${query}";\n` +
    `show(use({ workers: 2, createWorker: () => ${made} }));\n`;

  test("runs the worker that it carries, its file, and what vite makes of that", async () => {
    const folder = project(DEFAULT);
    writeFileSync(
      join(folder, "index.html"),
      page('<script type="module" src="/main.js"></script>'),
    );
    const mains: [string, number][] = [
      [DEFAULT, 0],
      [worker("url", "new Worker(made)"), 1],
      [worker("worker", "new made()"), 1],
    ];
    for (const [main, scripts] of mains) {
      writeFileSync(join(folder, "main.js"), main);
      build(folder, "vite", "build");
      const { origin, asked } = await serve(join(folder, "dist"));
      const opened = await openPage(`${origin}/`, { allow: (url) => url.startsWith(origin) });
      expect(await shown(opened.page)).toEqual(RIGHT);
      expect(new Set(asked.filter((path) => path.includes("worker"))).size).toBe(scripts);
    }
  });
});
