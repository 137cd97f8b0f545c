import { expect, test } from "vitest";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile } from "../../src/analysis/source.js";
import { checkCall } from "../../src/report/check.js";
import type { RanSuite } from "../../src/report/run.js";
import { readSuite } from "../../src/suite/reader.js";
import { runSuiteSync } from "../../src/suite/runner.js";
import { report } from "./outcomes.js";
import { readTap } from "./tap-reader.js";
import { readXml, type XmlElement } from "./xml-reader.js";

const SOURCE = loadProfile(
  `{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
  { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
] }`,
  { file: "web.json" },
);

const LINE = "nearest web.json:2:3: would allow with CAP_SYS_ADMIN";
const PADDED = LINE.replace(" ", "  ");
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
  expect(lines[at + 1]).toBe(`         ${PADDED}`);
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

const TEXT = `; ${LINE}`;

test("junit, tap and github: behind why, of the calls that have such entries", () => {
  const texts = (one: XmlElement): string[] => [one.text, ...one.children.flatMap(texts)];
  const junit = texts(readXml(report("junit", [ran()]))).join("\n");
  const [point] = readTap(report("tap", [ran()]));
  const github = report("github", [ran()]).replaceAll("%0A", "\n");
  for (const text of [junit, point?.diagnostics?.message, github]) {
    const lines = String(text).split("\n");
    expect(lines.filter((line) => line.includes(TEXT))).toHaveLength(1);
    expect(lines.find((line) => line.includes(TEXT))).toContain("mount: expected allow");
  }
});

test("sarif: in the message, and as a place that is related", () => {
  const [result] = JSON.parse(report("sarif", [ran()])).runs[0].results;
  expect(result.message.text).toContain(TEXT);
  const near = result.relatedLocations.filter((one: { message: { text: string } }) =>
    one.message.text.startsWith("nearest"),
  );
  expect(near).toEqual([
    {
      id: 1,
      message: { text: LINE },
      physicalLocation: {
        artifactLocation: { uri: "web.json" },
        region: { startLine: 2, startColumn: 3 },
      },
    },
  ]);
});

test("markdown: a line below why", () => {
  const [mount, dup] = report("markdown", [ran()])
    .split("\n")
    .filter((line) => line.startsWith("| <code>s"));
  expect(mount).toMatch(/default action.*<br><code>nearest web.json:2:3: would allow with CAP/);
  expect(dup).not.toContain("nearest");
});

test("matchers: what does not hold, also after the simulator is closed", () => {
  const simulator = createSimulator(SOURCE);
  const failed = checkCall(simulator, "mount", "allow");
  const held = checkCall(simulator, "mount", "deny");
  simulator.close();
  expect(failed.message.split("\n")).toContain(`  ${PADDED}`);
  expect(held.message).not.toContain("nearest");
});
