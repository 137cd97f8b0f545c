// How long suites of a million cases take, as commands: `node bench/suites.mjs [ROUNDS]`.
//
// "Expanded" means two things. Cases that stand for many calls, by ranges and sets, cost an evaluation
// for each call; cases on many targets, and rows of `each`, are results that reports tell one by one.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLI } from "./modules.mjs";
import { median } from "./rounds.mjs";

const rounds = Number(process.argv[2] ?? 5);

const numbers = (count) => Array.from({ length: count }, (_, i) => i);
const kernels = (count) => numbers(count).map((minor) => `"5.${minor}"`);
const rows = (count) => numbers(count).map((x) => `      - { x: ${x} }`);

/** One case with a row for each value of its argument, on the targets. */
const table = (count, target, call = "read($" + "{x})") => `profile: docker-default
target: { ${target} }
cases:
  - call: "${call}"
    expect: allow
    each:
${rows(count).join("\n")}
`;
const written = (count, target) => `profile: docker-default
target: { ${target} }
cases:
${numbers(count)
  .map((x) => `  - { name: number ${x}, call: "read(${x})", expect: allow }`)
  .join("\n")}
`;

const CAPS = "caps: [none, all]";
const MANY = `kernel: [${kernels(20)}], caps: [none, docker, all], runtime: [runc, crun], libseccomp: ["2.5.4", "2.5.5", "2.6.0", "2.6.1"]`;

/** What a suite has, its text, and reporters. */
const SUITES = {
  "1 case, a range of 1,000,000 calls": {
    text: 'profile: docker-default\ncases: [{ call: "read(0..999999)", expect: allow }]\n',
  },
  "2,000 rows, 500 calls each": { text: table(2000, "kernel: 6.1", "read($" + "{x}, 0..499)") },
  "20,000 rows on 50 targets": {
    text: table(20_000, `kernel: [${kernels(25)}], ${CAPS}`),
    reporters: ["pretty", "tap", "junit", "json"],
  },
  "100,000 rows on 10 targets": { text: table(100_000, `kernel: [${kernels(5)}], ${CAPS}`) },
  "2,083 rows on 480 targets": { text: table(2083, MANY) },
  "2,083 written cases on 480 targets": { text: written(2083, MANY) },
};

const directory = mkdtempSync(join(tmpdir(), "seccomp-sim-suites-"));
try {
  console.log(`| suite | reporter | seconds, median of ${rounds} | longest |\n|---|---|--:|--:|`);
  for (const [name, { text, reporters = ["pretty"] }] of Object.entries(SUITES)) {
    const file = join(directory, "large.seccomp.yaml");
    writeFileSync(file, text);
    for (const reporter of reporters) {
      const seconds = numbers(rounds).map(() => secondsOf(file, reporter));
      const longest = Math.max(...seconds).toFixed(2);
      console.log(`| ${name} | ${reporter} | ${median(seconds).toFixed(2)} | ${longest} |`);
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function secondsOf(file, reporter) {
  const began = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [CLI, "test", file, "--reporter", reporter],
    {
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stderr);
  return (performance.now() - began) / 1000;
}
