import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));

/** The example project with the packed tarball in its node_modules, as its user would have it. */
function installExample(): string {
  const folder = mkdtempSync(join(tmpdir(), "seccomp-sim-"));
  cpSync("examples/vitest-project", folder, { recursive: true });
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "seccomp-sim"), { recursive: true });
  const into = join(modules, "seccomp-sim");
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", into, "--strip-components=1"]);
  for (const name of [...Object.keys(manifest.dependencies), "vitest", "typescript"]) {
    symlinkSync(resolve("node_modules", name), join(modules, name));
  }
  return folder;
}

describe("the example project", () => {
  let folder = "";
  beforeAll(() => {
    folder = installExample();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (...args: string[]) => {
    const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, VITEST: undefined };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: "utf8",
      env,
    });
    return { status, text: stdout + stderr };
  };
  const vitest = (...args: string[]) => run("node_modules/vitest/vitest.mjs", "run", ...args);

  test("passes with vitest, a test for each case", () => {
    const { status, text } = vitest("--reporter=verbose", "test/profile.test.ts");
    expect(text).toContain("only IPv4 sockets");
    expect(text).toMatch(/Tests\s+7 passed \| 1 todo/);
    expect(status).toBe(0);
  });

  test("passes with node:test", () => {
    const { status, text } = run("--test", "test/profile.node.mjs");
    expect(text).toContain("only IPv4 sockets");
    expect(status).toBe(0);
  });

  test("a wrong expectation says the call, the verdict, the entry and the instructions", () => {
    writeFileSync(
      join(folder, "test", "wrong.test.ts"),
      [
        'import { simulate } from "seccomp-sim/vitest";',
        'import { expect, test } from "vitest";',
        'test("wrong", () => expect(simulate("web.json")).toDeny("socket(AF_INET, 1, 0)", "EPERM"));',
        'test("opposite", () => expect(simulate("web.json")).not.toAllow("read"));',
      ].join("\n"),
    );
    const { status, text } = vitest("test/wrong.test.ts");
    expect(status).toBe(1);
    expect(text).toContain("socket(AF_INET, 1, 0): expected errno(EPERM), actual ALLOW");
    expect(text).toContain("because  web.json:8:5 (entry 1)");
    expect(text).toMatch(/executed \d+ instructions of web.json, at last/);
    expect(text).toMatch(/\d{4}: 0x06 0x00 0x00 0x7fff0000 {2}return ALLOW/);
    expect(text).toContain("read: expected not allow, actual ALLOW");
  });

  test("the matchers and the builder are typed", () => {
    writeFileSync(
      join(folder, "typed.ts"),
      [
        'import { simulate, target } from "seccomp-sim/vitest";',
        'import { expect } from "vitest";',
        'expect(simulate("web.json", target("aarch64"))).toDeny("mount", 1);',
        "// @ts-expect-error a call is a text",
        'expect(simulate("web.json")).toAllow(1);',
        "// @ts-expect-error no such architecture",
        'target("x86_46");',
      ].join("\n"),
    );
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"];
    const modules = ["--module", "nodenext", "--moduleResolution", "nodenext"];
    const types = ["--types", ""];
    const found = run(
      "node_modules/typescript/bin/tsc",
      ...options,
      ...modules,
      ...types,
      "typed.ts",
    );
    expect(found).toEqual({ status: 0, text: "" });
  });
});
