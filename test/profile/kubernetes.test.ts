import { describe, expect, test } from "vitest";
import { loadProfile } from "../../src/analysis/source.js";
import { SeccompSimError } from "../../src/errors.js";
import { readDocument, readProfile } from "../../src/profile/document.js";

const HEAD = "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\n";

function read(yaml: string) {
  return readProfile(readDocument(yaml, "sp.yaml"));
}

describe("the SeccompProfile resource", () => {
  test("is the runtime's profile, with the places of the YAML", () => {
    const { profile, warnings } = read(
      `${HEAD}metadata: { name: web }
spec:
  defaultAction: SCMP_ACT_ERRNO
  architectures: [SCMP_ARCH_X86_64]
  syscalls:
    - action: SCMP_ACT_ALLOW
      names:
        - read
        - wriet
    - action: SCMP_ACT_ERRNO
      errnoRet: 18446744073709551615
      names: [clone]
      args:
        - { index: 0, value: 0x7e020000, valueTwo: 0, op: SCMP_CMP_MASKED_EQ }
`,
    );
    expect(profile).toMatchObject({
      engine: "oci",
      defaultAction: { value: "SCMP_ACT_ERRNO" },
      architectures: [{ value: "SCMP_ARCH_X86_64" }],
      syscalls: [
        { names: [{ value: "read", place: { line: 10, column: 11 } }, { value: "wriet" }] },
        { errnoRet: 18446744073709551615n, args: [{ index: 0n, value: 0x7e020000n }] },
      ],
    });
    expect(warnings).toMatchObject([
      {
        code: "unknown-syscall",
        hint: "did you mean write?",
        place: { file: "sp.yaml", line: 11 },
      },
    ]);
  });

  test("may be JSON, and stand among other documents", () => {
    const json = JSON.stringify({
      apiVersion: "security-profiles-operator.x-k8s.io/v1",
      kind: "SeccompProfile",
      spec: { defaultAction: "SCMP_ACT_LOG" },
    });
    expect(readDocument(json, "sp.json").format).toBe("kubernetes");
    expect(read(json).profile.defaultAction?.value).toBe("SCMP_ACT_LOG");
    const second = `kind: ConfigMap\napiVersion: v1\n---\n${HEAD}spec: {defaultAction: SCMP_ACT_LOG}\n`;
    expect(read(second).profile.defaultAction?.value).toBe("SCMP_ACT_LOG");
  });

  test("an errno of 0 is none, and keys keep their case", () => {
    const { profile, warnings } = read(
      `${HEAD}spec: {defaultAction: SCMP_ACT_ALLOW, DefaultErrnoRet: 3, syscalls: [{names: [read], action: SCMP_ACT_ERRNO, errnoRet: 0}]}`,
    );
    expect(profile.syscalls[0]?.errnoRet).toBeUndefined();
    expect(warnings).toMatchObject([{ code: "unknown-key" }]);
  });

  test("is what a file's content tells", () => {
    const source = loadProfile(`${HEAD}spec: {defaultAction: SCMP_ACT_ALLOW}`, { file: "x" });
    expect(source).toMatchObject({
      kind: "profile",
      document: { format: "kubernetes", engine: "oci" },
    });
  });

  test.for<[string, string, RegExp, number]>([
    ["no spec", HEAD, /has no spec/, 1],
    ["another kind", "apiVersion: v1\nkind: Pod\n", /this is a Pod, not a SeccompProfile/, 1],
    ["another API", "apiVersion: v1\nkind: SeccompProfile\nspec: {}", /API "v1" is not known/, 1],
    ["two of them", `${HEAD}spec: {}\n---\n${HEAD}spec: {}`, /more than one SeccompProfile/, 5],
    ["broken YAML", `${HEAD}spec: {defaultAction: [}`, /this is not YAML/, 3],
    ["a base profile", `${HEAD}spec:\n  baseProfileName: runc\n`, /baseProfileName joins/, 4],
    ["an alias", `${HEAD}spec: {defaultAction: &a X, flags: [*a]}`, /aliases are not read/, 3],
    ["a fraction", `${HEAD}spec: {syscalls: [{names: [read], errnoRet: 1.5}]}`, /integer/, 3],
    ["a wrong type", `${HEAD}spec: {syscalls: {}}`, /expected an array/, 3],
    ["nesting", `${HEAD}spec: ${"[".repeat(5000)}${"]".repeat(5000)}`, /nested|YAML/, 3],
  ])("%s is refused", ([, yaml, message, line]) => {
    let error: unknown;
    try {
      read(yaml);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SeccompSimError);
    expect((error as SeccompSimError).message).toMatch(message);
    expect((error as SeccompSimError).place).toMatchObject({ file: "sp.yaml", line });
  });

  test("Docker does not read it", () => {
    const document = readDocument(`${HEAD}spec: {defaultAction: SCMP_ACT_ALLOW}`, "sp.yaml");
    expect(() => readProfile(document, "docker")).toThrow(/Docker does not read a Kubernetes/);
  });
});

describe("hostile YAML ends soon", () => {
  const spec = `${HEAD}spec:\n  defaultAction: SCMP_ACT_ERRNO\n`;
  test.for<[string, string, string]>([
    ["deep lists", `${spec}  x: ${"[".repeat(100_000)}`, "yaml-too-deep"],
    ["deep blocks", `${spec}  x:\n   ${"- ".repeat(50_000)}1\n`, "yaml-too-deep"],
    ["too much of it", `${spec}  x: ${"a".repeat(2_000_000)}\n`, "yaml-too-large"],
    ["a key twice", `${spec}  defaultAction: SCMP_ACT_LOG\n`, "yaml-syntax"],
    ["a merged key", `${spec}  <<: { defaultAction: SCMP_ACT_LOG }\n`, "yaml-alias"],
  ])("%s", ([, yaml, code]) => {
    expect(() => read(yaml)).toThrow(expect.objectContaining({ name: "SeccompSimError", code }));
  });

  test("thousands of keys", () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `  k${i}: 1\n`).join("");
    expect(read(spec + keys).profile.defaultAction?.value).toBe("SCMP_ACT_ERRNO");
  });

  test("010 is 8, as for the API server", () => {
    const args = "[{ index: 0, value: 010, op: SCMP_CMP_EQ }]";
    const rule = `  syscalls: [{ names: [read], action: SCMP_ACT_ALLOW, args: ${args} }]\n`;
    expect(read(spec + rule).profile.syscalls[0]?.args[0]?.value).toBe(8n);
  });
});
