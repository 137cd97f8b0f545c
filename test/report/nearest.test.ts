import { expect, test } from "vitest";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile } from "../../src/analysis/source.js";
import { checkCall } from "../../src/report/check.js";
import type { RanSuite } from "../../src/report/run.js";
import { readSuite } from "../../src/suite/reader.js";
import { runSuiteSync } from "../../src/suite/runner.js";
import { report } from "./outcomes.js";

const SOURCE = loadProfile(
  `{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
  { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
] }`,
  { file: "web.json" },
);

const LINE = "nearest  web.json:2:3: would allow with CAP_SYS_ADMIN";
const JSON_ENTRY = {
  file: "web.json",
  line: 2,
  column: 3,
  entry: 0,
  text: "would allow with CAP_SYS_ADMIN",
};

function ran(): RanSuite {
  const file = "s.yaml";
  const suite = readSuite(
    "profile: web.json\ncases:\n  - { calls: [mount, dup], expect: allow }\n",
    file,
  );
  const simulator = createSimulator(SOURCE);
  const result = runSuiteSync(suite, () => simulator);
  simulator.close();
  return { kind: "ran", file, result, started: new Date(0), milliseconds: 1 };
}

test("pretty: below why", () => {
  const lines = report("pretty", [ran()]).split("\n");
  const at = lines.findIndex((line) => line.includes("because"));
  expect(lines[at + 1]).toBe(`         ${LINE}`);
  expect(lines.filter((line) => line.includes("nearest"))).toHaveLength(1);
});

test("json and ndjson: a key of calls that have such entries", () => {
  const { suites } = JSON.parse(report("json", [ran()]));
  const [mount, dup] = suites[0].cases[0].calls;
  expect(mount.nearest).toEqual([JSON_ENTRY]);
  expect(dup).not.toHaveProperty("nearest");
  const line = report("ndjson", [ran()]).split("\n")[1] ?? "";
  expect(JSON.parse(line).calls[0].nearest).toEqual([JSON_ENTRY]);
});

test("matchers: what does not hold, also after the simulator is closed", () => {
  const simulator = createSimulator(SOURCE);
  const failed = checkCall(simulator, "mount", "allow");
  const held = checkCall(simulator, "mount", "deny");
  simulator.close();
  expect(failed.message.split("\n")).toContain(`  ${LINE}`);
  expect(held.message).not.toContain("nearest");
});
