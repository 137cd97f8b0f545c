import { describe, expect, test } from "vitest";
import { SeccompSimError } from "../../src/errors.js";
import { readDockerProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";
import { profileFixtures, readFixture } from "../profile/read-fixture.js";

/** What the real chain refuses among the profiles that projects publish. */
const REFUSED: Readonly<Record<string, string>> = {
  // errnoRet 12345 in moby's own example: libseccomp takes less than 4095.
  "moby-example.json": "rule-refused",
  // minKernel "4.8.0", before moby read versions by its own strict rule.
  "moby-history-2018-11-04.json": "invalid-kernel",
};

/** Codes of warnings, each once. */
const WARNED: Readonly<Record<string, readonly string[]>> = {
  "podman-default.json": ["unknown-key"],
  "scompute-profile5-ptrace-conditional-pid-restriction.json": ["unknown-key"],
  "sdiff-web.json": ["unknown-syscall"],
  "youki-default_x86_64.json": ["unknown-key"],
};

describe.for(profileFixtures)("%s", (name) => {
  test.for(["x86_64", "aarch64"])("becomes a program on %s", (arch) => {
    const text = readFixture(name);
    for (const options of [{}, { libseccomp: "2.5.4", caps: "all" }]) {
      const target = parseTarget({ arch, ...options });
      const build = () => {
        const { profile, warnings } = readDockerProfile(text, name);
        return { warnings, ...compilePolicy(resolveProfile(profile, target), target) };
      };
      const code = REFUSED[name];
      if (code !== undefined) {
        expect(build).toThrow(expect.objectContaining({ code }));
        expect(build).toThrow(SeccompSimError);
        continue;
      }
      const { program, warnings } = build();
      expect(program.instructions.length).toBeLessThanOrEqual(4096);
      expect(program.instructions.length).toBeGreaterThan(3);
      expect(program.origins).toHaveLength(program.instructions.length);
      expect([...new Set(warnings.map((warning) => warning.code))]).toEqual(WARNED[name] ?? []);
    }
  });
});

test("Docker's default: as long as the program of Debian 12's libseccomp", () => {
  // That package is the code of 2.5.4 with the table of 2.5.5; nine names are newer than that.
  const { profile } = readDockerProfile(readFixture("docker-default.json"), "docker-default.json");
  for (const [optimize, length] of [
    ["1", 1001],
    ["2", 1246],
  ] as const) {
    const target = parseTarget({
      runtime: "libseccomp",
      libseccomp: "2.5.4",
      table: "2.5.5",
      optimize,
    });
    const policy = resolveProfile(profile, target);
    expect(policy.entries.flatMap((entry) => entry.names)).toHaveLength(377);
    const { calls, program } = compilePolicy(policy, target);
    expect(calls).toHaveLength(368);
    expect(program.instructions).toHaveLength(length);
  }
});
