import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { ArchName } from "../../src/abi/architecture.js";
import { SeccompSimError } from "../../src/errors.js";
import { presetNames, presetText } from "../../src/profile/presets/index.js";
import type { Profile } from "../../src/profile/profile.js";
import { parseTarget } from "../../src/profile/target-options.js";
import {
  settleProfile,
  WRITTEN_FORMATS,
  type WrittenFormat,
  writeProfile,
} from "../../src/profile/write/index.js";
import type { EngineName } from "../../src/target.js";
import { profileFixtures, readFixture } from "./read-fixture.js";
import { meaningOn, read, readBack, TARGETS } from "./write-meaning.js";

const ENGINES: readonly EngineName[] = ["docker", "podman", "containerd", "oci"];

/** Which of moby's own files its today's reader refuses. */
const REFUSED = ["moby-history-2018-11-04.json docker"];

/** What the Kubernetes resource cannot say of a resolved fixture or preset, whatever the target. */
const CANNOT: Readonly<Record<string, RegExp>> = {
  "moby-example.json": /errnoRet 12345/,
  "podman-default.json": /defaultErrnoRet \((38|89)\)/,
  "podman-default": /defaultErrnoRet \((38|89)\)/,
};

function cannotSay(name: string, { syscalls }: Profile): RegExp | undefined {
  // Docker's first form has no names to those who read `names` alone.
  const nameless = syscalls.some(({ names }) => names.length === 0);
  return nameless ? /an entry without names/ : CANNOT[name];
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    return error.code;
  }
}

const TEXTS: readonly [string, string][] = [
  ...profileFixtures.map((name): [string, string] => [name, readFixture(name)]),
  ...presetNames
    .filter((name) => name !== "unconfined" && name !== "strict")
    .map((name): [string, string] => [name, presetText(name)]),
];

describe.for(TEXTS)("%s means the same", ([name, text]) => {
  test.for(ENGINES)("read as %s does", (engine) => {
    if (REFUSED.includes(`${name} ${engine}`)) {
      expect(codeOf(() => read(text, engine))).toBe("invalid-kernel");
      return;
    }
    const profile = read(text, engine, name);
    const asItIs = codeOf(() => writeProfile(profile, "oci"));
    expect([undefined, "not-in-format"]).toContain(asItIs);
    for (const target of TARGETS) {
      const { arch } = target;
      const docker = readBack(writeProfile(profile, "docker", { arch }).text, "docker", engine);
      expect(meaningOn(docker, target, "docker")).toEqual(meaningOn(profile, target, "docker"));
      if (asItIs === undefined) {
        const oci = readBack(writeProfile(profile, "oci", { arch }).text, "oci", engine);
        expect(meaningOn(oci, target, "oci")).toEqual(meaningOn(profile, target, "oci"));
      }
      for (const format of WRITTEN_FORMATS) {
        // YAML is slow to read.
        if (format === "kubernetes" && TARGETS.indexOf(target) > 1) continue;
        const settled = settleProfile(profile, target);
        const cannot = format === "kubernetes" ? cannotSay(name, settled) : undefined;
        if (cannot !== undefined) {
          expect(() => writeProfile(settled, format)).toThrow(cannot);
          continue;
        }
        const { text: out } = writeProfile(settled, format);
        const meant = meaningOn(profile, target, format);
        expect(meaningOn(readBack(out, format, engine), target, format)).toEqual(meant);
        // All engines read an OCI object alike; but Podman drops entries without names.
        if (format !== "oci" || settled.syscalls.some(({ names }) => names.length === 0)) continue;
        for (const other of ENGINES) {
          expect(meaningOn(read(out, other), target, format)).toEqual(meant);
        }
      }
    }
  });
});

const BIG = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["lseek"],"action":"SCMP_ACT_ERRNO",
  "args":[{"index":1,"value":VALUE,"valueTwo":VALUE,"op":"SCMP_CMP_MASKED_EQ"}]}]}`;

describe("integers come out exactly", () => {
  test.for<[WrittenFormat, string]>([
    ["docker", "18446744073709551615"],
    ["oci", "18446744073709551615"],
    ["oci", "9007199254740993"],
    ["kubernetes", "9223372036854775807"],
  ])("%s: %s", ([format, value]) => {
    const { text } = writeProfile(read(BIG.replaceAll("VALUE", value)), format);
    const colon = format === "kubernetes" ? "" : '"';
    expect(text).toContain(`value${colon}: ${value}`);
    expect(text).toContain(`valueTwo${colon}: ${value}`);
  });
});

describe("what is written", () => {
  const OLD = `{"defaultAction": "SCMP_ACT_ERRNO", "architectures": [], "listenerPath": "", "syscalls": [
    {"name": "getpid", "names": null, "action": "SCMP_ACT_ALLOW", "args": [], "comment": "",
     "includes": {}, "excludes": {"caps": [], "arches": null}}]}`;

  test("Docker's first form, in today's words and without what says nothing", () => {
    const text = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    {
      "names": [
        "getpid"
      ],
      "action": "SCMP_ACT_ALLOW"
    }
  ]
}
`;
    for (const format of ["docker", "oci"] as const) {
      expect(writeProfile(read(OLD), format)).toEqual({ text, warnings: [] });
    }
  });

  test("the Kubernetes resource, named after the file", () => {
    expect(writeProfile(read(OLD, "docker", "a/b/My_App.v2.json"), "kubernetes").text).toBe(
      `apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata:
  name: my-app.v2
spec:
  defaultAction: SCMP_ACT_ERRNO
  syscalls:
    - names:
        - getpid
      action: SCMP_ACT_ALLOW
`,
    );
  });

  test("Podman's errno words become numbers", () => {
    const text = `{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "ENOSYS", "defaultErrnoRet": 1,
      "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO", "errno": "EACCES", "errnoRet": 2},
        {"names": ["b"], "action": "SCMP_ACT_ERRNO", "errno": "007"},
        {"action": "SCMP_ACT_LOG"}]}`;
    expect(JSON.parse(writeProfile(read(text, "podman"), "oci").text)).toEqual({
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 38,
      syscalls: [
        { names: ["a"], action: "SCMP_ACT_ERRNO", errnoRet: 13 },
        { names: ["b"], action: "SCMP_ACT_ERRNO", errnoRet: 7 },
      ],
    });
  });

  test.for<[words: string[], arch: ArchName, numbers: number[], said: string | undefined]>([
    [["EPERM", "ERANGE", "38"], "mips", [1, 34, 38], undefined],
    [["EPERM", "ENOSYS"], "x86_64", [1, 38], "ENOSYS becomes 38, as on x86_64"],
    [["ENOSYS", "ENOSYS"], "mips64", [89, 89], "ENOSYS becomes 89, as on mips64"],
    [["ENOSYS", "ESTALE"], "parisc", [251, 70], "ENOSYS becomes 251, ESTALE becomes 70, as on pa"],
  ])("the words %j become the numbers of %s", ([words, arch, numbers, said]) => {
    const syscalls = words.map((errno) => ({ names: ["a"], action: "SCMP_ACT_ERRNO", errno }));
    const text = JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls });
    const profile = read(text, "podman");
    for (const format of ["docker", "oci"] as const) {
      const { text: out, warnings } = writeProfile(profile, format, { arch });
      expect(JSON.parse(out).syscalls.map((one: { errnoRet: number }) => one.errnoRet)).toEqual(
        numbers,
      );
      expect(warnings.map(({ message }) => message.slice(0, said?.length))).toEqual(
        said ? [said] : [],
      );
    }
    // For one container there is nothing left to say.
    const settled = settleProfile(profile, parseTarget({ arch }));
    expect(writeProfile(settled, "oci", { arch }).warnings).toEqual([]);
  });

  test("Docker keeps comments and gates; elsewhere comments go, with a note", () => {
    const entry = {
      names: ["bpf"],
      action: "SCMP_ACT_ALLOW",
      comment: "tools",
      includes: { caps: ["CAP_BPF"], minKernel: "5.8" },
      excludes: { arches: ["s390x"], minKernel: "" },
    };
    const json = { defaultAction: "SCMP_ACT_ERRNO", syscalls: [entry] };
    const profile = read(JSON.stringify(json));
    expect(JSON.parse(writeProfile(profile, "docker").text)).toEqual(json);
    const settled = settleProfile(
      read(JSON.stringify({ ...json, syscalls: [{ ...entry, excludes: {} }] })),
      parseTarget({ cap: ["BPF"] }),
    );
    const { text, warnings } = writeProfile(settled, "oci");
    expect(JSON.parse(text).syscalls).toEqual([{ names: ["bpf"], action: "SCMP_ACT_ALLOW" }]);
    expect(warnings).toMatchObject([
      { code: "comments-dropped", message: expect.stringMatching(/a comment is not kept/) },
    ]);
  });

  test("an empty list of flags is none where an engine writes the config.json", () => {
    const text = '{"defaultAction": "SCMP_ACT_ALLOW", "flags": []}';
    for (const engine of ENGINES) {
      const { text: oci } = writeProfile(read(text, engine), "oci");
      expect(JSON.parse(oci).flags).toEqual(engine === "oci" ? [] : undefined);
    }
  });

  test("listener and flags, an empty list of flags too", () => {
    const json = {
      defaultAction: "SCMP_ACT_ALLOW",
      flags: [],
      listenerPath: "/run/agent.sock",
      listenerMetadata: "on",
    };
    expect(JSON.parse(writeProfile(read(JSON.stringify(json), "oci"), "oci").text)).toEqual(json);
  });

  test("words that YAML 1.1 would take for something else stay strings", () => {
    const metadata = ["on", "y", "0o17", "017", "1_0", "1:30", "2001-01-01", "null", "#", "a\nb"];
    for (const listenerMetadata of metadata) {
      const json = { defaultAction: "SCMP_ACT_ALLOW", listenerMetadata };
      const { text } = writeProfile(read(JSON.stringify(json)), "kubernetes", { name: "on" });
      for (const version of ["1.1", "1.2"] as const) {
        expect(parse(text, { version })).toMatchObject({
          metadata: { name: "on" },
          spec: { listenerMetadata },
        });
      }
    }
  });

  test("names that are alike share no YAML alias", () => {
    const entry = { names: ["a", "b"], action: "SCMP_ACT_LOG" };
    const json = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [entry, entry] };
    const { text } = writeProfile(read(JSON.stringify(json)), "kubernetes");
    expect(read(text).syscalls).toHaveLength(2);
  });

  test.for(["{}", "null", '{"syscalls": [], "archMap": [{"architecture": "SCMP_ARCH_X86"}]}'])(
    "%s switches seccomp off",
    (off) => {
      for (const engine of ENGINES) {
        expect(writeProfile(read(off, engine), "docker")).toEqual({ text: "{}\n", warnings: [] });
        const oci = writeProfile(read(off, engine), "oci");
        expect(oci).toMatchObject({ text: "{}\n", warnings: [{ code: "off" }] });
        expect(() => writeProfile(read(off, engine), "kubernetes")).toThrow(/that seccomp is off/);
      }
    },
  );

  test("gates may leave nothing, which is off, too", () => {
    const text = `{"syscalls": [{"names": ["a"], "action": "SCMP_ACT_LOG", "includes": {"caps": ["CAP_BPF"]}}]}`;
    expect(writeProfile(settleProfile(read(text), parseTarget()), "docker").text).toBe("{}\n");
  });

  test("Docker's other words for a Podman profile are told", () => {
    const gated = (word: string) => `{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
      {"names": ["a"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["${word}"]}}]}`;
    const warnings = (text: string) => writeProfile(read(text, "podman"), "docker").warnings;
    expect(warnings(gated("amd64"))).toEqual([]);
    expect(warnings(gated("loong64"))).toMatchObject([
      { code: "other-words", message: expect.stringMatching(/on loongarch64$/) },
    ]);
    const mapped = `{"defaultAction": "SCMP_ACT_ERRNO", "archMap": [{"architecture": "SCMP_ARCH_RISCV64"}]}`;
    expect(warnings(mapped)).toMatchObject([{ message: expect.stringMatching(/on riscv64$/) }]);
  });
});
