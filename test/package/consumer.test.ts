import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));

/** What npm says where it cannot ask for the packages that it has not cached. */
const UNREACHABLE =
  /\b(ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH)\b/;

/** The example project as its user has it: the tarball installed by npm, with what it and the project depend on. */
function installExample(): { folder: string; reachable: boolean } {
  const folder = mkdtempSync(join(tmpdir(), "seccomp-sim-"));
  cpSync("examples/vitest-project", folder, { recursive: true });
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  const quick = ["--prefer-offline", "--fetch-retries=0", "--no-audit", "--no-fund"];
  const packages = [`./${filename}`, `typescript@${devDependencies.typescript}`];
  const { status, stderr } = spawnSync("npm", ["install", ...quick, ...packages], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NODE_ENV: undefined },
  });
  if (status === 0) return { folder, reachable: true };
  if (!UNREACHABLE.test(stderr)) throw new Error(`npm install failed:\n${stderr}`);
  return { folder, reachable: false };
}

const { folder, reachable } = installExample();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const title = "the example project";
const skipped = `${title}: not installed, as npm reaches no registry and has not all packages cached`;

describe.runIf(reachable)(reachable ? title : skipped, () => {
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
