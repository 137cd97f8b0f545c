import { expect, test } from "vitest";
import { SeccompSimError } from "../../src/errors.js";
import { readDockerProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";

test("a rule set that needs too much work ends in an error that names the entry", () => {
  const syscalls = Array.from({ length: 900 }, (_, i) => ({
    names: ["mkdir"],
    action: "SCMP_ACT_ERRNO",
    args: [
      { index: i % 3, op: "SCMP_CMP_GE", value: (i * 7919) % 10007 },
      { index: 3 + (i % 3), op: "SCMP_CMP_LE", value: i * 31 },
    ],
  }));
  const text = JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls });
  const target = parseTarget();
  const policy = resolveProfile(readDockerProfile(text, "x.json").profile, target);
  let error: unknown;
  try {
    compilePolicy(policy, target);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(SeccompSimError);
  expect(error).toMatchObject({ code: "profile-too-complex", place: { file: "x.json", line: 1 } });
});
