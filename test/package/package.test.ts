import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { run, temporaryFolder } from "../cli/run.js";
import { installPackage } from "./install.js";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));

describe("the packed package", () => {
  test("installs and answers", () => {
    const { folder, files } = installPackage();
    const node = (args: string[]) =>
      spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    expect(files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "dist/cli.js",
        "dist/cli/test-worker.js",
        "dist/index.js",
        "dist/browser.js",
        "dist/worker.js",
        "dist/types/index.d.ts",
        "schema/suite.json",
        "package.json",
      ]),
    );
    expect(
      files.filter((file) => /^(src|test|assembly|scripts|node_modules)\//.test(file)),
    ).toEqual([]);
    writeFileSync(
      join(folder, "use.js"),
      [
        'import { createSimulator, formatVerdict, loadProfile, parseCall, parseTarget } from "seccomp-sim";',
        'import schema from "seccomp-sim/schema/suite.json" with { type: "json" };',
        "const target = parseTarget({});",
        'const text = \'{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"mount","action":"SCMP_ACT_ERRNO"}]}\';',
        'const source = loadProfile(text, { file: "web.json" });',
        "const simulator = createSimulator(source, target);",
        'console.log(formatVerdict(simulator.evaluate(parseCall("mount", target.arch)).verdict), schema.title);',
      ].join("\n"),
    );
    const used = node(["use.js"]);
    expect(used.stdout).toBe("ERRNO(EPERM) seccomp-sim suite\n");
    const cli = node([
      join("node_modules", "seccomp-sim", manifest.bin["seccomp-sim"]),
      "--version",
    ]);
    expect(cli.stdout).toBe(`${manifest.version}\n`);
  });
});

test("a pool of evaluators needs no configuration, and takes a worker from the package's file", () => {
  const { folder } = installPackage();
  writeFileSync(
    join(folder, "pool.js"),
    [
      'import { Worker } from "node:worker_threads";',
      'import { createPool } from "seccomp-sim";',
      "const filters = [[{ code: 0x06, jt: 0, jf: 0, k: 0x00050001 }]];",
      'const createWorker = () => new Worker(new URL(import.meta.resolve("seccomp-sim/worker")));',
      "for (const more of [{}, { createWorker }]) {",
      '  const pool = createPool({ filters, endian: "little", workers: 1, ...more });',
      "  console.log((await pool.evaluateBatch(new Uint8Array(64)))[0]);",
      "  await pool.close();",
      "}",
    ].join("\n"),
  );
  const { stdout, stderr } = spawnSync(process.execPath, ["pool.js"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect({ stdout, stderr }).toEqual({ stdout: "327681\n327681\n", stderr: "" });
});

test("bundlers for pages take the library as it is", async () => {
  const { warnings, outputFiles } = await build({
    entryPoints: ["dist/index.js"],
    bundle: true,
    platform: "browser",
    format: "iife",
    write: false,
  });
  expect(warnings).toEqual([]);
  expect(outputFiles[0]?.text).not.toMatch(/require\(["']node:|from ["']node:/);
});

describe("the worker's script", () => {
  const text = readFileSync("dist/worker.js", "utf8");

  test("is classic: it runs as a module, too, but needs none", () => {
    expect(() => new Function(text)).not.toThrow();
    expect(text).not.toMatch(/\bimport\.meta\b|^(?:import|export)\b/m);
  });

  test("carries no machine of its own, but its notices", () => {
    expect(text.length).toBeLessThan(100_000);
    expect(text).not.toContain("AGFzbQ");
    expect(text).toContain("Apache-2.0");
  });
});

describe("the library's bundle", () => {
  const text = readFileSync("dist/index.js", "utf8");

  test("knows no platform", () => {
    expect(text).not.toMatch(/from\s*["']node:|require\(["']node:/);
    const imports = [...text.matchAll(/^(?:import\b[^;]*|\}) from "([^"]+)";$/gm)].map((m) => m[1]);
    expect(new Set(imports)).toEqual(new Set(Object.keys(manifest.dependencies)));
  });

  test("the command is executable and begins with its interpreter", () => {
    expect(readFileSync("dist/cli.js", "utf8").startsWith("#!/usr/bin/env node\n")).toBe(true);
  });
});

describe("a command reads what it needs", () => {
  /** The files of the command line that Node loads, by its own account, without those that several share. */
  function filesRead(args: readonly string[], input: string): string[] {
    const folder = temporaryFolder();
    expect(run(args, { input, env: { NODE_V8_COVERAGE: folder } }).status).toBe(0);
    const reports = readdirSync(folder).map((file) =>
      JSON.parse(readFileSync(join(folder, file), "utf8")),
    );
    return reports
      .flatMap(({ result }) => result.map(({ url }: { url: string }) => url))
      .filter((url: string) => url.includes("/dist/cli/"))
      .map((url: string) => basename(url).replace(/-[A-Z0-9]{8}\.js$/, ""))
      .filter((name: string) => name !== "chunk")
      .toSorted();
  }
  const RESOURCE = `
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: { name: web }
spec: { defaultAction: SCMP_ACT_ALLOW }
`;
  const SUITE = "profile: unconfined\ncases: [{ call: getpid, expect: allow }]\n";

  test.for<[readonly string[], string, string[]]>([
    [["--version"], "", []],
    [["check", "docker-default", "mount"], "", ["plain-commands"]],
    [["eval", "unconfined", "--records", "-"], '{"nr":"mount"}', ["plain-commands"]],
    [["check", "-", "mount"], RESOURCE, ["plain-commands", "yaml.cjs"]],
    [["test", "-"], SUITE, ["suite-commands", "yaml.cjs"]],
  ])("%j", ([args, input, files]) => {
    expect(filesRead(args, input)).toEqual(files);
  });
});
