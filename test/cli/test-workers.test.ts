import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { TestServer } from "../../src/cli/serve-tests.js";
import { SuitePool } from "../../src/cli/test-pool.js";
import { CLI, type Ran, run, temporaryFolder } from "./run.js";

const FAILING = `
profile: docker-default
target: { arch: [x86_64, aarch64], kernel: ["4.4", "6.1"] }
cases:
  - call: mount
    expect: deny
  - { name: only new ones, call: ptrace, expect: allow }
  - { name: at random, call: "socket(AF_ALG || AF_INET, *, *)", expect: allow, only: { arch: aarch64 } }
  - { name: later, call: read, expect: deny, todo: one day }
  - { name: never, call: read, expect: deny, skip: broken }
`;

const WARNING = `
profile: { defaultAction: SCMP_ACT_ALLOW, syscalls: [{ names: [mout], action: SCMP_ACT_ERRNO }] }
target: { kernel: ["5.4", "6.1"], arch: [x86_64, aarch64] }
cases: [{ call: mount, expect: allow }]
`;

const REFUSED = `
profile: { defaultAction: SCMP_ACT_ALLOW, listenerPath: /agent, syscalls: [{ names: [mount], action: SCMP_ACT_NOTIFY }] }
target: { runtime: [crun, runc], kernel: ["5.4", "6.1"] }
cases: [{ call: mount, expect: deny }]
`;

const MALFORMED = "profile: docker-default\ncases: [{ call: mout, expect: deny }]\n";

/** What a run says, without times. */
function said({ status, stdout, stderr }: Ran) {
  const still = (text: string) =>
    text
      .replace(
        /"?(milliseconds|time|started|timestamp|startTimeUtc|endTimeUtc)"?[=:] ?("[^"]*"|[\d.]+)/g,
        "",
      )
      .replace(/\d+ ms/g, "");
  return { status, stdout: still(stdout), stderr: still(stderr) };
}

function suites(texts: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, `${name}.seccomp.yaml`), text);
  }
  return folder;
}

const ALL = { a: FAILING, b: WARNING, c: REFUSED, d: MALFORMED };

describe("test --workers says what one thread says", () => {
  test.for([
    [[]],
    [["--bail"]],
    [["--run", "new|mount"]],
    [["--run", "new", "--bail"]],
    [["--reporter", "tap"]],
    [["--reporter", "json"]],
    [["--reporter", "ndjson"]],
  ] as const)("of all kinds of suites: %j", ([args]) => {
    const folder = suites(ALL);
    const one = said(run(["test", folder, ...args]));
    expect(one.stdout).toContain("ptrace");
    for (const workers of args.length === 0 ? ["1", "2", "4"] : ["3"]) {
      expect(said(run(["test", folder, ...args, "--workers", workers]))).toEqual(one);
    }
  });

  test.for([
    ["examples that hold", ["examples"], 0],
    ["a suite that fails", ["a"], 1],
    ["no case", ["a", "--run", "nothing"], 2],
    ["a refusal by the last target", ["c"], 2],
    ["mutants", ["examples/6-mypolicy.seccomp.yaml", "--mutate"], 0],
  ] as const)("%s", ([, [path, ...more], status]) => {
    const folder = suites(ALL);
    const file = path.length === 1 ? join(folder, `${path}.seccomp.yaml`) : resolve(path);
    const one = said(run(["test", file, ...more]));
    expect(one.status).toBe(status);
    expect(said(run(["test", file, ...more, "--workers", "2"]))).toEqual(one);
  });

  test("a suite on standard input", () => {
    const one = said(run(["test", "-"], { input: FAILING }));
    expect(one.status).toBe(1);
    expect(said(run(["test", "-", "--workers", "3"], { input: FAILING }))).toEqual(one);
  });

  test("a profile on standard input", () => {
    // The second is read by a worker, which may not run it.
    const folder = suites({
      a: "profile: unconfined\ncases: [{ call: mount, expect: allow }]\n",
      b: "profile: '-'\ncases: [{ call: mount, expect: allow }]\n",
    });
    const options = { input: '{"defaultAction":"SCMP_ACT_ALLOW"}' };
    const one = said(run(["test", folder], options));
    expect(one.status).toBe(0);
    expect(said(run(["test", folder, "--workers", "2"], options))).toEqual(one);
  });

  test("a warning once", () => {
    const ran = run(["test", suites({ b: WARNING }), "--workers", "2"]);
    expect(ran.stderr.match(/warning: /g)).toHaveLength(1);
  });
});

test.for([
  [["--workers", "0"], "from 1 to 99"],
  [["--workers", "2.5"], "from 1 to 99"],
  [["--workers", "2", "--coverage"], "coverage is measured on one thread"],
] as const)("refuses %j", ([args, text]) => {
  const ran = run(["test", "examples", ...args]);
  expect(ran).toMatchObject({ status: 2, stdout: "" });
  expect(ran.stderr).toContain(text);
});

test("Ctrl-C ends with what was run, marked as partial", async () => {
  const cases = Array.from(
    { length: 400 },
    (_, i) => `  - { name: n${i}, call: "@all", expect: [allow, deny] }`,
  );
  const target = 'target: { arch: [x86_64, aarch64, arm, s390x], kernel: ["4.4", "5.4", "6.1"] }';
  const folder = suites({
    a: "profile: docker-default\ncases: [{ call: mount, expect: deny }]\n",
    b: `profile: docker-default\n${target}\ncases:\n${cases.join("\n")}\n`,
  });
  const child = spawn(process.execPath, [
    CLI,
    "test",
    folder,
    "--workers",
    "2",
    "--reporter",
    "ndjson",
  ]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  child.stdout.on("data", (data) => {
    // The first suite is reported: the second is under way.
    if (stdout === "") child.kill("SIGINT");
    stdout += data;
  });
  const status = await new Promise((done) => child.once("close", done));
  expect(status).toBe(130);
  expect(stdout).toContain('"partial":true');
});

describe("SuitePool", () => {
  const settings = { run: undefined, bail: false, explain: false };
  const path = () => join(suites({ a: FAILING }), "a.seccomp.yaml");
  const pool = (script: URL) => {
    const made = new SuitePool(2, settings, () => {}, script);
    onTestFinished(() => made.close());
    return made;
  };
  const script = (text: string) => {
    const file = join(temporaryFolder(), "worker.mjs");
    writeFileSync(file, `import { parentPort } from "node:worker_threads";\n${text}`);
    return pathToFileURL(file);
  };
  const runIn = async (made: SuitePool) => {
    const opened = await made.open(path());
    if (opened === undefined) throw new Error("closed");
    return made.run(opened, () => {}, undefined);
  };

  test.for([
    ["exits at work", "process.exit(3)"],
    ["throws", "throw new Error('no memory')"],
  ])("a worker that %s is an error", async ([, text]) => {
    const body = `parentPort.on('message', ({ kind }) => { if (kind === 'target') { ${text} } })`;
    await expect(runIn(pool(script(body)))).rejects.toMatchObject({ code: "worker-ended" });
  });

  test("a worker that ends before it has work does no harm", async () => {
    const result = await runIn(pool(script("process.exit(3)"))).catch((error) => error.code);
    expect([4, "worker-ended"]).toContain(result.runs?.length ?? result);
  });

  test("a defect is one here as well", async () => {
    const report = "{ kind: 'defect', name: 'RangeError', message: 'too deep' }";
    const bad = script(
      `parentPort.on('message', ({ kind }) => { if (kind === 'target') parentPort.postMessage(${report}) })`,
    );
    await expect(runIn(pool(bad))).rejects.toMatchObject({
      name: "RangeError",
      message: "too deep",
    });
  });

  test("progress sums up over targets", async () => {
    const seen: (readonly [number, number])[] = [];
    const made = new SuitePool(
      2,
      settings,
      (...how) => seen.push(how),
      pathToFileURL("dist/cli/test-worker.js"),
    );
    const { runs } = await runIn(made);
    await made.close();
    const cases = runs.flatMap((one) => one.cases);
    expect(cases.map(({ status }) => status)).toContain("skipped");
    expect(seen.at(-1)).toEqual([cases.length, cases.length]);
    expect(seen).toEqual(seen.toSorted(([a], [b]) => a - b));
  });

  test("closed at work, it ends what is under way", async () => {
    const made = pool(script("parentPort.on('message', () => {})"));
    const opened = await made.open(path());
    const ran = opened && made.run(opened, () => {}, undefined);
    const unread = made.open(path());
    await made.close();
    expect(await ran).toMatchObject({ runs: [], partial: true });
    expect(await unread).toBeUndefined();
  });
});

test("a target that is ordered in answer to another of its index can be aborted", async () => {
  const folder = suites({ a: WARNING, b: FAILING });
  const partial: boolean[] = [];
  const ended = new Promise<void>((resolve) => {
    const server: TestServer = new TestServer(
      { run: undefined, bail: false, explain: false },
      (report) => {
        if (report.kind !== "ran") return;
        partial.push(report.partial);
        if (partial.length > 1) return resolve();
        server.take({ kind: "open", path: join(folder, "b.seccomp.yaml") });
        server.take({ kind: "target", index: 0 });
        server.take({ kind: "abort", index: 0 });
      },
    );
    server.take({ kind: "open", path: join(folder, "a.seccomp.yaml") });
    server.take({ kind: "target", index: 0 });
  });
  await ended;
  expect(partial).toEqual([false, true]);
});
