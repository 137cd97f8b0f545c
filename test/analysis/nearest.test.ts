import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCall } from "../../src/abi/call.js";
import { findNearest } from "../../src/analysis/nearest.js";
import { createSimulator } from "../../src/analysis/simulator.js";
import { loadProfile, presetSource } from "../../src/analysis/source.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { formatNear } from "../../src/report/nearest.js";

const PROFILE = loadProfile(
  [
    '{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [',
    '{ "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } },',
    '{ "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": { "minKernel": "6.5" } },',
    '{ "names": ["bpf"], "action": "SCMP_ACT_LOG", "excludes": { "caps": ["CAP_CHOWN"] } },',
    '{ "names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }] },',
    '{ "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 10, "op": "SCMP_CMP_EQ" }, { "index": 0, "value": 40, "op": "SCMP_CMP_GT" }] },',
    '{ "names": ["socket"], "action": "SCMP_ACT_KILL", "includes": { "arches": ["arm64"] } },',
    '{ "names": ["setns"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 1, "value": 0, "op": "SCMP_CMP_LT" }] },',
    '{ "names": ["read"], "action": "SCMP_ACT_ALLOW" },',
    '{ "names": ["read"], "action": "SCMP_ACT_LOG", "args": [{ "index": 0, "value": 0, "op": "SCMP_CMP_EQ" }] }',
    "] }",
  ].join("\n"),
  { file: "p.json" },
);

describe("the nearest entries", () => {
  test.for<[string, string[]]>([
    ["mount", ["line 2: would allow with CAP_SYS_ADMIN"]],
    ["ptrace", ["line 3: would allow on Linux 6.5 or later"]],
    ["bpf", ["line 4: would allow and log without CAP_CHOWN"]],
    [
      "clone(CLONE_NEWUSER|SIGCHLD)",
      ["line 5: would allow if arg 0 (clone_flags) & 0x7e020000 = 0 (it has CLONE_NEWUSER)"],
    ],
    [
      "socket(AF_INET)",
      [
        "line 6: would allow if arg 0 (family) = AF_INET6 (it is AF_INET), or if arg 0 (family) > AF_VSOCK (it is AF_INET)",
        "line 7: would answer KILL_THREAD on aarch64",
      ],
    ],
    ["setns", []],
    ["dup", []],
    ["read(0)", ["line 10: matches and says LOG, but p.json:9 (entry 7) decides"]],
  ])("%s", ([call, expected]) => {
    const simulator = createSimulator(PROFILE, parseTarget({}));
    const near = findNearest(simulator, call);
    expect(near.map(formatNear)).toEqual(expected);
    for (const { place } of near) expect(place).toMatchObject({ file: "p.json", column: 1 });
    simulator.close();
  });

  test("what supplying the lacks leads to is true, and each entry says otherwise than what decides", () => {
    const calls = [
      "mount",
      "clone",
      "clone3",
      "bpf",
      "ptrace",
      "socket",
      "personality",
      "setns",
      "open_by_handle_at",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom("docker-default", "podman-default", "docker-1.10"),
        fc.constantFrom(...calls),
        fc.array(fc.constantFrom(0, 1, 8, 40, 0x10000000, 0x20000), { minLength: 6, maxLength: 6 }),
        fc.constantFrom("none", "docker", "all"),
        fc.constantFrom("3.10", "6.1"),
        fc.constantFrom("x86_64" as const, "mips64" as const),
        (preset, name, args, caps, kernel, host) => {
          // The profile of 1.10 names architectures that only an x86_64 host takes.
          const arch = preset === "docker-1.10" ? "x86_64" : host;
          const source = presetSource(preset);
          const one = createSimulator(source, parseTarget({ caps, kernel, arch }));
          const text = `${name}()`;
          const record = { ...parseCall(text, arch).record, args: args.map(BigInt) };
          for (const near of findNearest(one, { record })) {
            const other = createSimulator(source, near.supplied.target);
            const answer = other.evaluate({ record: near.supplied.record });
            expect(answer.verdict).toEqual(near.outcome);
            other.close();
            expect(near.lacks.length).toBeGreaterThan(0);
            expect(one.evaluate({ record }).verdict).not.toEqual(near.verdict);
          }
          one.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  test("none where no filter is asked", () => {
    const simulator = createSimulator(presetSource("strict"), parseTarget({}));
    expect(findNearest(simulator, "open")).toEqual([]);
    simulator.close();
  });
});
