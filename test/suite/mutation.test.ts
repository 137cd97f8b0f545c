import { describe, expect, test } from "vitest";
import { mutationScore } from "../../src/analysis/mutation.js";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile, type Source } from "../../src/analysis/source.js";
import { formatMutation, mutationJson } from "../../src/report/mutation.js";
import { mutateSuite } from "../../src/suite/mutation.js";
import { readSuite } from "../../src/suite/reader.js";
import { runSuiteSync } from "../../src/suite/runner.js";

const PROFILE = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW",
      "args": [{ "index": 0, "value": 8, "op": "SCMP_CMP_EQ" }] },
    { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
  ]
}
`;
const source = loadProfile(PROFILE, { file: "p.json" });

function suiteOf(cases: string, target = "{ caps: none }") {
  return readSuite(`profile: p.json\ntarget: ${target}\ncases:\n${cases}`, "s.yaml");
}

const mutants = (cases: string, target?: string) =>
  mutateSuite(suiteOf(cases, target), () => [source]);

const NOTHING = "  - { call: getpid, expect: deny }\n";
const ALL = `
  - { calls: [read, write, personality(8)], expect: allow }
  - { calls: ["personality(!8)", getpid], expect: errno(EPERM) }
  - { call: mount, expect: errno(ENOSYS) }
`;

describe("mutants", () => {
  test("a thorough suite notices all that decide otherwise", async () => {
    const { mutants: all, partial } = await mutants(ALL);
    expect(partial).toBe(false);
    expect(all.filter(({ status }) => status === "survived" || status === "unknown")).toEqual([]);
    expect(mutationScore(all).percent).toBe(100);
    // Without the capability, the entry of mount does nothing; but its gate does.
    expect(all.filter(({ status }) => status === "equivalent").map(({ what }) => what)).toEqual([
      "drops the entry",
      "SCMP_ACT_ALLOW → SCMP_ACT_KILL_PROCESS",
    ]);
  });

  test("survivors have a place and a call that would notice them", async () => {
    const result = await mutants(NOTHING);
    const text = formatMutation(result);
    expect(text).toContain("p.json:4:17: drops the name read\n");
    expect(text).toContain(
      "would be noticed by mount(0, 0, 0, 0, 0): ERRNO(ENOSYS), with the mistake ALLOW",
    );
    expect(text).toContain("p.json:6:48: SCMP_CMP_EQ → SCMP_CMP_NE");
    for (const { status, witness } of result.mutants) {
      if (status !== "survived") continue;
      expect(witness?.left.verdict).not.toEqual(witness?.right.verdict);
    }
    expect(JSON.parse(JSON.stringify(mutationJson(result)))).toMatchObject({
      score: { unknown: 0 },
      partial: false,
    });
  });

  test("survivors are unnoticed indeed, and the killed ones are noticed", async () => {
    const suite = suiteOf(
      `${NOTHING}  - { call: read, expect: allow }\n  - { call: "personality(9)", expect: deny }\n`,
    );
    const tried: [string, boolean][] = [];
    const { mutantsOf } = await import("../../src/analysis/mutants.js");
    const { readProfile } = await import("../../src/profile/document.js");
    const { profile } = readProfile((source as Extract<Source, { kind: "profile" }>).document);
    for (const mutant of mutantsOf(profile, "x86_64")) {
      const changed = { ...source, profile: mutant.profile } as Source;
      const result = runSuiteSync(suite, ({ target }) => createSimulator(changed, target));
      tried.push([`${mutant.place.line}:${mutant.place.column} ${mutant.what}`, result.passed]);
    }
    const found = await mutateSuite(suite, () => [source]);
    expect(
      found.mutants.map(({ place, what, status }) => [
        `${place.line}:${place.column} ${what}`,
        status !== "killed",
      ]),
    ).toEqual(tried);
  });

  test("what is said of a mutant is all that it changes", async () => {
    const { mutantsOf } = await import("../../src/analysis/mutants.js");
    const { readDocument, readProfile } = await import("../../src/profile/document.js");
    const masked = `{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{ "names": ["socket"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{ "index": 1, "value": 3, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ" }] }] }`;
    const { profile } = readProfile(readDocument(masked, "p.json"));
    const changed = mutantsOf(profile, "x86_64").map(({ what }) => what);
    expect(changed).toEqual(
      expect.arrayContaining([
        "SCMP_CMP_MASKED_EQ → SCMP_CMP_EQ 0x1",
        "mask 0x3 → 0x2, masked value 0x1 → 0x0",
        "mask 0x3 → 0x1",
        "masked value 0x1 → 0x0",
      ]),
    );
  });

  test("errors have the host's names", async () => {
    const { mutantsOf } = await import("../../src/analysis/mutants.js");
    const { readDocument, readProfile } = await import("../../src/profile/document.js");
    const text = `{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "ENOSYS", "syscalls": [
      { "names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 89 }] }`;
    const { profile } = readProfile(readDocument(text, "p.json"), "podman");
    const errnos = (["x86_64", "mips64"] as const).map((arch) =>
      mutantsOf(profile, arch).flatMap(({ what }) => (what.includes("errno ") ? what : [])),
    );
    expect(errnos).toEqual([
      ["default errno ENOSYS → EPERM", "errno EDESTADDRREQ → EPERM"],
      ["default errno ENOSYS → EPERM", "errno ENOSYS → EPERM"],
    ]);
  });

  test("a mutant of a matrix is noticed where one target notices it", async () => {
    const cases = "  - { call: mount, expect: allow, only: { caps: all } }\n";
    const { mutants: all } = await mutants(cases, "{ caps: [none, all] }");
    const dropped = all.find(({ place, what }) => place.line === 7 && what === "drops the entry");
    expect(dropped).toMatchObject({ status: "killed", target: "caps=all" });
    const gate = all.find(({ kind }) => kind === "gate");
    expect(gate).toMatchObject({ status: "survived", target: "caps=none" });
  });

  test("a suite that fails is refused, and an aborted run is partial", async () => {
    await expect(mutants("  - { call: read, expect: deny }\n")).rejects.toMatchObject({
      code: "suite-fails",
    });
    const partial = await mutateSuite(suiteOf(ALL), () => [source], {
      signal: AbortSignal.abort(),
    });
    expect(partial).toEqual({ mutants: [], partial: true });
  });

  test("filters have no mutants", async () => {
    const suite = readSuite("profile: unconfined\ncases:\n  - { call: read, expect: allow }", "s");
    const result = await mutateSuite(suite, () => [{ kind: "unconfined", name: "unconfined" }]);
    expect(formatMutation(result)).toBe("0 mutants decide otherwise: no score\n");
  });
});
