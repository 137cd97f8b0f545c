import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readTap } from "../report/tap-reader.js";
import { readXml } from "../report/xml-reader.js";
import { run as runCommand, temporaryFolder } from "./run.js";

const GOOD = "profile: unconfined\ncases:\n  - call: getpid\n    expect: allow\n";
const MISSED = "profile: ./p.json\ncases:\n  - name: sees it\n    call: mount\n    expect: deny\n";
const BROKEN = "profile: unconfined\ncases:\n  - cal: getpid\n    expect: allow\n";
const PROFILE = '{\n  "defaultAction": "SCMP_ACT_ALLOW",\n  "syscalls": []\n}\n';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(join(folder, "p.json"), PROFILE);
  write("good");
});

const TEXTS = { good: GOOD, missed: MISSED, broken: BROKEN };
const write = (name: keyof typeof TEXTS) =>
  writeFileSync(join(folder, `${name}.seccomp.yaml`), TEXTS[name]);
const read = (file: string) => readFileSync(join(folder, file), "utf8");
const run = (...reporters: string[]) =>
  runCommand(["test", ".", ...reporters.flatMap((one) => ["--reporter", one])], { cwd: folder });

/** Each format's own count of what failed, from its text. */
const FAILED: Readonly<Record<string, (text: string) => number>> = {
  pretty: (text) => text.match(/FAIL|NOT RUN/g)?.length ?? 0,
  json: (text) => {
    const { totals } = JSON.parse(text);
    return totals.failedCases + totals.broken;
  },
  ndjson: (text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ type, passed }) => (type === "case" || type === "broken") && !passed).length,
  tap: (text) => readTap(text).filter(({ ok }) => !ok).length,
  junit: (text) =>
    readXml(text)
      .children.flatMap(({ children }) => children.flatMap((one) => one.children))
      .filter(({ name }) => name === "failure" || name === "error").length,
  github: (text) => text.match(/^::error /gm)?.length ?? 0,
  sarif: (text) => JSON.parse(text).runs[0].results.length,
  markdown: (text) =>
    text.match(/^\| <code>(?:missed|broken)\S*:\d+:\d+<|^### Not run/gm)?.length ?? 0,
};

describe("test --reporter", () => {
  test.for(Object.keys(FAILED))(
    "%s: exit codes, and the same on standard output as in a file",
    (name) => {
      const failed = FAILED[name];
      const check = (status: number, count: number) => {
        const printed = run(name);
        expect(printed.status).toBe(status);
        expect(failed?.(printed.stdout)).toBe(count);
        const written = run(`${name}=out.txt`);
        expect(written).toMatchObject({ status, stdout: "", stderr: printed.stderr });
        const untimed = (text: string) => text.replace(/ (timestamp|time)="[^"]*"/g, "");
        expect(untimed(read("out.txt"))).toBe(untimed(printed.stdout));
      };
      check(0, 0);
      write("missed");
      check(1, 1);
      write("broken");
      check(2, 2);
    },
  );

  test("several at once, each whole", () => {
    write("missed");
    const files = { json: "a.json", junit: "b.xml", sarif: "c.sarif", tap: "d.tap" };
    const ran = run(
      "pretty",
      "github",
      ...Object.entries(files).map(([name, file]) => `${name}=${file}`),
    );
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(
      /^::error file=missed.seccomp.yaml,line=4,col=11,title=sees it::mount: expected deny, actual ALLOW, because the default action, p.json:2$/m,
    );
    expect(ran.stdout).toMatch(/: 1 case not as expected\n$/);
    for (const [name, file] of Object.entries(files)) expect(FAILED[name]?.(read(file))).toBe(1);
    expect(readdirSync(folder).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });

  test("without it, pretty", () => {
    expect(run().stdout).toBe(run("pretty").stdout);
  });

  test("- is standard output", () => {
    expect(run("tap=-").stdout).toBe(run("tap").stdout);
  });

  test("standard input has a name, but no file", () => {
    const args = ["test", "-", "--reporter", "github"];
    const ran = runCommand(args, { cwd: folder, input: MISSED });
    expect(ran).toMatchObject({ status: 1, stderr: "" });
    expect(ran.stdout).toMatch(/^::error title=sees it::/);
  });

  test("a file that cannot be written is exit 2; the other reports are still made", () => {
    mkdirSync(join(folder, "dir"));
    const ran = run("junit=dir", "json=out.json", "pretty");
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(/dir: /);
    expect(ran.stdout).toContain("all as expected");
    expect(FAILED.json?.(read("out.json"))).toBe(0);
    expect(run("junit=gone/out.xml").stderr).toContain("gone/out.xml: no such file");
  });

  test("a run that dies leaves the file as it was", () => {
    writeFileSync(join(folder, "out.xml"), "before");
    const args = ["test", "good.seccomp.yaml", "gone.seccomp.yaml", "--reporter", "junit=out.xml"];
    expect(runCommand(args, { cwd: folder }).status).toBe(2);
    expect(read("out.xml")).toBe("before");
  });

  test.for<[string[], RegExp]>([
    [["junti"], /unknown reporter "junti"\n {2}hint: did you mean junit\?/],
    [["x"], /hint: one of pretty, json, ndjson, tap, junit, github, sarif, markdown/],
    [["toString"], /unknown reporter/],
    [["junit="], /names no file/],
    [["json", "pretty"], /standard output can hold one report, not json and pretty/],
    [["pretty", "pretty"], /standard output can hold one report/],
    [["json=a", "tap=./a"], /two reports cannot be written to .*a/],
  ])("%j is refused before anything is run", ([reporters, message]) => {
    write("missed");
    const ran = run(...reporters);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(message);
    expect(existsSync(join(folder, "a"))).toBe(false);
  });
});
