import { describe, expect, test } from "vitest";
import type { Profile } from "../../src/profile/profile.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { settleProfile, type WrittenFormat, writeProfile } from "../../src/profile/write/index.js";
import { read } from "./write-meaning.js";

const BASE = { defaultAction: "SCMP_ACT_ERRNO" };
const ENTRY = { names: ["read"], action: "SCMP_ACT_ALLOW" };
const CONDITION = { index: 0, value: 0, op: "SCMP_CMP_EQ" };

function profileOf(json: object | string): Profile {
  return read(typeof json === "string" ? json : JSON.stringify(json), "oci");
}

const entry = (more: object) => ({ ...BASE, syscalls: [{ ...ENTRY, ...more }] });
const condition = (more: object) => entry({ args: [{ ...CONDITION, ...more }] });
const value = (key: string, literal: string) =>
  JSON.stringify(condition({})).replace('"value":0', `"value":0,"${key}":${literal}`);

test.for<[string, object | string, RegExp]>([
  ["no default action", { syscalls: [ENTRY] }, /without a defaultAction/],
  ["an unknown action", { defaultAction: "SCMP_ACT_KIL" }, /action "SCMP_ACT_KIL"/],
  ["an unknown action of an entry", entry({ action: "ALLOW" }), /action "ALLOW"/],
  ["an entry without action", entry({ action: "" }), /action ""/],
  ["NOTIFY as the default", { defaultAction: "SCMP_ACT_NOTIFY" }, /NOTIFY as the default action/],
  ["a default errno", { ...BASE, defaultErrnoRet: 38 }, /defaultErrnoRet \(38\)/],
  ["a default errno of 0", { ...BASE, defaultErrnoRet: 0 }, /defaultErrnoRet \(0\)/],
  [
    "a default errno beside an action without",
    { defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 1 },
    /defaultErrnoRet \(1\)/,
  ],
  ["errno 0", entry({ action: "SCMP_ACT_ERRNO", errnoRet: 0 }), /errnoRet 0/],
  ["errno 4096", entry({ action: "SCMP_ACT_TRACE", errnoRet: 4096 }), /errnoRet 4096/],
  ["a value of 64 bits", value("value", "9223372036854775808"), /the value 9223372036854775808/],
  ["a second one", value("valueTwo", "18446744073709551615"), /the value 18446744073709551615/],
  ["a seventh argument", condition({ index: 6 }), /argument 6/],
  ["seven conditions", entry({ args: Array(7).fill(CONDITION) }), /7 conditions of one entry/],
  ["an unknown operator", condition({ op: "SCMP_CMP_EQUAL" }), /operator "SCMP_CMP_EQUAL"/],
  ["no operator", condition({ op: undefined }), /operator ""/],
  ["no names", entry({ names: [] }), /an entry without names/],
  ["a name twice", entry({ names: ["a", "b", "a"] }), /"a" twice in one list/],
  [
    "an architecture outside the list",
    { ...BASE, architectures: ["SCMP_ARCH_LOONGARCH64"] },
    /architecture "SCMP_ARCH_LOONGARCH64"/,
  ],
  [
    "an architecture twice",
    { ...BASE, architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X86"] },
    /"SCMP_ARCH_X86" twice/,
  ],
  ["an unknown flag", { ...BASE, flags: ["SECCOMP_FILTER_FLAG_NEW_LISTENER"] }, /the flag "SECC/],
  ["a listener elsewhere", { ...BASE, listenerPath: "/run/a.sock" }, /listenerPath "\/run/],
  [
    "a listener in a folder below",
    { ...BASE, listenerPath: "/var/run/security-profiles-operator/a/b" },
    /listenerPath/,
  ],
  [
    "a listener of 108 characters",
    { ...BASE, listenerPath: `/var/run/security-profiles-operator/${"a".repeat(72)}` },
    /listenerPath/,
  ],
])("Kubernetes cannot say %s", ([, json, message]) => {
  const place = expect.objectContaining({ file: "p.json" });
  expect(() => writeProfile(profileOf(json), "kubernetes")).toThrow(
    expect.objectContaining({
      code: "not-in-format",
      message: expect.stringMatching(message),
      place,
    }),
  );
  // The others say it as it is.
  for (const format of ["docker", "oci"] as const) writeProfile(profileOf(json), format);
});

test.for<[string, object | string]>([
  ["EPERM as the default errno", { ...BASE, defaultErrnoRet: 1 }],
  ["errno 4095", entry({ action: "SCMP_ACT_ERRNO", errnoRet: 4095 })],
  ["the largest value", value("valueTwo", "9223372036854775807")],
  ["the sixth argument", condition({ index: 5 })],
  ["six conditions", entry({ args: Array(6).fill(CONDITION) })],
  ["its architectures", { ...BASE, architectures: ["SCMP_ARCH_NATIVE", "SCMP_ARCH_PARISC64"] }],
  ["flags", { ...BASE, flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] }],
  [
    "a listener",
    {
      ...BASE,
      listenerPath: `/var/run/security-profiles-operator/${"a".repeat(71)}`,
      listenerMetadata: "x",
    },
  ],
])("Kubernetes can say %s", ([, json]) => {
  expect(writeProfile(profileOf(json), "kubernetes").warnings).toEqual([]);
});

test.for<WrittenFormat>(["docker", "kubernetes"])(
  "%s cannot say that there are no flags",
  (format) => {
    expect(() => writeProfile(profileOf({ ...BASE, flags: [] }), format)).toThrow(
      expect.objectContaining({
        code: "not-in-format",
        message: expect.stringMatching(/cannot say an empty list of flags/),
      }),
    );
  },
);

test("an empty list of flags in a resource is none", () => {
  const flags = "flags: [SECCOMP_FILTER_FLAG_LOG]";
  const yaml = writeProfile(
    profileOf({ ...BASE, flags: ["SECCOMP_FILTER_FLAG_LOG"] }),
    "kubernetes",
  ).text.replace(/flags:\n.*\n/, `${flags}\n`);
  expect(read(yaml).flags).toHaveLength(1);
  expect(read(yaml.replace(flags, "flags: []")).flags).toBeUndefined();
});

const GATED: readonly [string, object, string][] = [
  ["includes", entry({ includes: { caps: ["CAP_BPF"] } }), "includes"],
  ["excludes", entry({ excludes: { arches: ["amd64"] } }), "excludes"],
  ["minKernel", entry({ includes: { minKernel: "4.8" } }), "includes"],
  [
    "archMap",
    { ...BASE, archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: [] }] },
    "archMap",
  ],
];

describe.for<WrittenFormat>(["oci", "kubernetes"])("%s has no words for", (format) => {
  test.for(GATED)("%s, which --resolve decides", ([, json, key]) => {
    const profile = read(JSON.stringify(json));
    expect(() => writeProfile(profile, format)).toThrow(
      expect.objectContaining({
        code: "not-in-format",
        message: expect.stringMatching(new RegExp(`cannot say ${key}$`)),
        place: expect.objectContaining({ file: "p.json" }),
        hint: expect.stringContaining("--resolve"),
      }),
    );
    writeProfile(settleProfile(profile, parseTarget()), format);
  });
});

test.for<[string, string, string]>([
  ["both forms of names", "conflicting-keys", '"syscalls":[{"name":"a","names":["b"]}]'],
  [
    "both forms of architectures",
    "conflicting-keys",
    '"architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86"}]',
  ],
  ["an errno that Podman does not know", "unknown-errno", '"defaultErrno":"EWHAT"'],
  ["an errno beyond 32 bits", "unknown-errno", '"defaultErrno":"4294967296"'],
])("%s: what the engine refuses is not written", ([, code, members]) => {
  const profile = read(`{"defaultAction":"SCMP_ACT_ERRNO",${members}}`, "podman");
  for (const format of ["docker", "oci"] as const) {
    expect(() => writeProfile(profile, format)).toThrow(expect.objectContaining({ code }));
  }
});

describe("metadata.name", () => {
  const nameOf = (file: string, name?: string) => {
    const profile = read(JSON.stringify(BASE), "docker", file);
    return /name: (.*)/.exec(writeProfile(profile, "kubernetes", { name }).text)?.[1];
  };

  test.for<[string, string]>([
    ["web.json", "web"],
    ["docker-1.10", "docker-1.10"],
    ["C:\\x\\Web Server.JSON", "web-server"],
    ["../-a_.-b..c-.yaml", "a.b.c"],
    ["profiles/0777.yml", '"0777"'],
  ])("after %s: %s", ([file, name]) => {
    expect(nameOf(file)).toBe(name);
  });

  test.for(["<stdin>", ".json", "???", "x".repeat(254)])("%s gives none", (file) => {
    expect(() => nameOf(file)).toThrow(expect.objectContaining({ code: "no-name" }));
    expect(nameOf(file, "web-1.a")).toBe("web-1.a");
  });

  test.for(["", "Web", "a_b", "-a", "a-", "a..b", "a/b", "x".repeat(254), "a\n"])(
    "%j is refused",
    (name) => {
      expect(() => nameOf("web.json", name)).toThrow(
        expect.objectContaining({ code: "invalid-name" }),
      );
    },
  );
});
