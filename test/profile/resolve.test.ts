import { describe, expect, test } from "vitest";
import { SeccompSimError } from "../../src/errors.js";
import { readDockerProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget, type TargetOptions } from "../../src/profile/target-options.js";

function resolve(json: object | string, options: TargetOptions = {}) {
  const text = typeof json === "string" ? json : JSON.stringify(json);
  return resolveProfile(readDockerProfile(text, "p.json").profile, parseTarget(options));
}

/** Names of the entries that survive. */
function names(json: object, options?: TargetOptions): string[] {
  return resolve(json, options).entries.flatMap((entry) => entry.names.map((word) => word.value));
}

describe("gates", () => {
  test.for<[string, object, TargetOptions, boolean]>([
    ["no gate", {}, {}, true],
    ["a capability that is there", { includes: { caps: ["CAP_CHOWN"] } }, {}, true],
    ["a capability that is missing", { includes: { caps: ["CAP_SYS_ADMIN"] } }, {}, false],
    ["one that was added", { includes: { caps: ["CAP_SYS_ADMIN"] } }, { cap: ["sys_admin"] }, true],
    ["includes wants all", { includes: { caps: ["CAP_CHOWN", "CAP_BPF"] } }, {}, false],
    ["excludes wants any", { excludes: { caps: ["CAP_BPF", "CAP_CHOWN"] } }, {}, false],
    ["excludes without any", { excludes: { caps: ["CAP_BPF"] } }, {}, true],
    ["no capabilities at all", { includes: { caps: ["CAP_CHOWN"] } }, { caps: "none" }, false],
    ["all of them", { includes: { caps: ["CAP_BPF", "CAP_SYS_BOOT"] } }, { caps: "all" }, true],
    [
      "a capability in small letters never matches",
      { includes: { caps: ["cap_chown"] } },
      {},
      false,
    ],
    ["Docker's word of the machine", { includes: { arches: ["amd64"] } }, {}, true],
    ["libseccomp's word is none", { includes: { arches: ["x86_64"] } }, {}, false],
    ["x32 is no machine", { includes: { arches: ["x32"] } }, {}, false],
    ["arm64", { includes: { arches: ["arm", "arm64"] } }, { arch: "aarch64" }, true],
    ["an empty list of machines", { includes: { arches: [] } }, {}, true],
    ["excluded machine", { excludes: { arches: ["amd64"] } }, {}, false],
    [
      "mips64n32 LE has a word of its own",
      { includes: { arches: ["mips3l64n32"] } },
      { arch: "mipsel64n32" },
      true,
    ],
    ["kernel old enough", { includes: { minKernel: "4.8" } }, { kernel: "4.8" }, true],
    ["kernel too old", { includes: { minKernel: "4.8" } }, { kernel: "4.7.99" }, false],
    ["versions are no fractions", { includes: { minKernel: "4.8" } }, { kernel: "4.10" }, true],
    ["excluded from a kernel on", { excludes: { minKernel: "4.8" } }, { kernel: "5.0" }, false],
    ["excluded from 0.0 on", { excludes: { minKernel: "" } }, {}, false],
    ["included from 0.0 on", { includes: { minKernel: "" } }, {}, true],
    [
      "both blocks: neither may drop it",
      { includes: { arches: ["amd64"] }, excludes: { caps: ["CAP_CHOWN"] } },
      {},
      false,
    ],
  ])("%s", ([, gates, options, kept]) => {
    const profile = { defaultAction: "D", syscalls: [{ names: ["a"], action: "A", ...gates }] };
    expect(names(profile, options)).toEqual(kept ? ["a"] : []);
  });

  test("survivors keep their order, their index and their legacy name", () => {
    const profile = {
      defaultAction: "D",
      syscalls: [
        { name: "a" },
        { names: ["x"], includes: { caps: ["CAP_BPF"] } },
        { names: ["c", "b"] },
      ],
    };
    expect(names(profile)).toEqual(["a", "c", "b"]);
    expect(resolve(profile).entries.map((entry) => entry.index)).toEqual([0, 2]);
  });
});

describe("architectures", () => {
  const archMap = [
    { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] },
    { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X32"] },
    { architecture: "SCMP_ARCH_AARCH64", subArchitectures: null },
    { architecture: "SCMP_ARCH_LOONGARCH64", subArchitectures: null },
    { architecture: "SCMP_ARCH_MIPSEL", subArchitectures: null },
  ];
  test.for<[string, string[]]>([
    ["x86_64", ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]],
    ["aarch64", ["SCMP_ARCH_AARCH64"]],
    ["s390x", []],
    ["loongarch64", []],
    ["mipsel", []],
    ["mips", []],
  ])("archMap on %s", ([arch, expected]) => {
    expect(
      resolve({ defaultAction: "D", archMap }, { arch }).architectures.map((a) => a.value),
    ).toEqual(expected);
  });

  test("a list is taken as it is", () => {
    const { architectures } = resolve({
      defaultAction: "D",
      architectures: ["B", "A"],
      archMap: [],
    });
    expect(architectures.map((word) => word.value)).toEqual(["B", "A"]);
  });
});

describe("seccomp is off", () => {
  test.for<[string, boolean]>([
    ["{}", true],
    ["null", true],
    ['{"defaultAction": "", "syscalls": []}', true],
    ['{"architectures": ["A"], "archMap": [{}]}', true],
    ['{"defaultAction": "SCMP_ACT_ALLOW"}', false],
    ['{"syscalls": [{"names": ["a"]}]}', false],
    ['{"syscalls": [{"names": ["a"], "includes": {"caps": ["CAP_BPF"]}}]}', true],
  ])("%s: %s", ([json, off]) => {
    expect(resolve(json).off).toBe(off);
  });
});

describe("what moby refuses", () => {
  test.for<[string, string, string]>([
    [
      '{"defaultAction": "D",\n"architectures": ["A"], "archMap": [{}]}',
      "use either 'architectures' or 'archMap'",
      "2",
    ],
    ['{"syscalls": [\n{"name": "a", "names": ["b"]}]}', "use either 'name' or 'names'", "2"],
    [
      '{"syscalls": [\n{"name": "a", "names": ["b"], "includes": {"caps": ["CAP_BPF"]}}]}',
      "use either 'name' or 'names'",
      "2",
    ],
  ])("%s", ([json, message, line]) => {
    let error: unknown;
    try {
      resolve(json);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SeccompSimError);
    const { message: text, hint, place } = error as SeccompSimError;
    expect(`${text} ${hint}`).toContain(message);
    expect(String(place?.line)).toBe(line);
  });

  test.for([
    '{"syscalls": [{"name": "a", "names": []}]}',
    '{"syscalls": [{"name": "", "names": ["b"]}]}',
    '{"defaultAction": "D", "architectures": [], "archMap": [{}]}',
    '{"defaultAction": "nonsense", "architectures": ["nonsense"]}',
  ])("and what it lets pass: %s", (json) => {
    expect(() => resolve(json)).not.toThrow();
  });
});

test("names too new for the target's libseccomp are one warning", () => {
  const profile = { defaultAction: "D", syscalls: [{ names: ["mseal", "read", "mseal"] }] };
  expect(resolve(profile, { libseccomp: "2.6.1" }).warnings).toEqual([]);
  const { warnings } = resolve(profile, { libseccomp: "2.5.4" });
  expect(warnings.map((warning) => warning.message)).toEqual([
    "libseccomp 2.5.4 does not know mseal: ignored",
  ]);
});
