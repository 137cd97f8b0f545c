import { describe, expect, test } from "vitest";
import { CAPABILITIES, DOCKER_DEFAULT_CAPS } from "../../src/abi/capabilities.js";
import { SeccompSimError } from "../../src/errors.js";
import { formatTarget, parseTarget, type TargetOptions } from "../../src/profile/target-options.js";

test("the defaults", () => {
  expect(parseTarget({})).toEqual({
    engine: undefined,
    runtime: "runc",
    runtimeVersion: undefined,
    libseccomp: "2.6.1",
    table: undefined,
    optimize: undefined,
    arch: "x86_64",
    caps: DOCKER_DEFAULT_CAPS,
    kernel: { major: 6, minor: 1 },
  });
});

test.for<[TargetOptions, object]>([
  [{ arch: "amd64" }, { arch: "x86_64" }],
  [{ arch: "SCMP_ARCH_AARCH64" }, { arch: "aarch64" }],
  [
    { caps: "none", cap: ["sys_admin", "CAP_CHOWN", "Chown"] },
    { caps: ["CAP_CHOWN", "CAP_SYS_ADMIN"] },
  ],
  [{ caps: "all" }, { caps: [...CAPABILITIES].sort() }],
  [{ kernel: "6.8.0-45-generic" }, { kernel: { major: 6, minor: 8 } }],
  [{ kernel: "4.19" }, { kernel: { major: 4, minor: 19 } }],
  [{ kernel: "5.10-rc3" }, { kernel: { major: 5, minor: 10 } }],
  [
    { runtime: "libseccomp", libseccomp: "2.5.4" },
    { runtime: "libseccomp", libseccomp: "2.5.4" },
  ],
  [
    { libseccomp: "2.5.4", table: "2.5.5" },
    { libseccomp: "2.5.4", table: "2.5.5" },
  ],
  [{ engine: "podman" }, { engine: "podman" }],
  [{ runtime: "youki" }, { runtime: "youki", runtimeVersion: undefined }],
  [{ runtime: "runc@1.1" }, { runtime: "runc", runtimeVersion: { major: 1, minor: 1, patch: 0 } }],
  [
    { runtime: "runc@v1.1.15" },
    { runtime: "runc", runtimeVersion: { major: 1, minor: 1, patch: 15 } },
  ],
  [{ optimize: "2" }, { optimize: 2 }],
  [{ optimize: 1 }, { optimize: 1 }],
])("%j", ([options, expected]) => {
  expect(parseTarget(options)).toMatchObject(expected);
});

describe("words that are not known", () => {
  test.for<[TargetOptions, string, string]>([
    [{ arch: "x86_46" }, 'unknown arch "x86_46"', "did you mean x86_64?"],
    [{ arch: "" }, 'unknown arch ""', "expected"],
    [{ caps: "dokcer" }, 'unknown caps "dokcer"', "did you mean docker?"],
    [{ cap: ["sys_admn"] }, "unknown capability", "did you mean CAP_SYS_ADMIN?"],
    [{ kernel: "6" }, '"6" is not a kernel version', "X.Y"],
    [{ kernel: "six" }, '"six" is not a kernel version', "X.Y"],
    [{ runtime: "rucn" }, 'unknown runtime "rucn"', "did you mean runc?"],
    [{ libseccomp: "2.7" }, 'unknown libseccomp "2.7"', "expected 2.5.0, "],
    [{ libseccomp: "2.7.0" }, 'unknown libseccomp "2.7.0"', "expected 2.5.0, "],
    [{ optimize: "3" }, 'unknown optimize "3"', "expected 1, 2"],
    [{ engine: "podmn" }, 'unknown engine "podmn"', "did you mean podman?"],
    [{ runtime: "crun@1.8" }, "no releases of crun are told apart", "write crun alone"],
    [{ runtime: "runc@1" }, '"runc@1" is not a release of runc', "runc@X.Y"],
    [{ runtime: "runc@2.0" }, '"runc@2.0" is not a release of runc', "1.1, 1.2"],
    [{ runtime: "runc@1.2@3" }, "is not a release of runc", "runc@X.Y"],
    [{ table: "2.4" }, 'unknown table "2.4"', "expected 2.5.0"],
  ])("%j", ([options, message, hint]) => {
    let error: unknown;
    try {
      parseTarget(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SeccompSimError);
    expect((error as SeccompSimError).message).toContain(message);
    expect((error as SeccompSimError).hint).toContain(hint);
  });
});

test.for<[TargetOptions, string]>([
  [{}, "x86_64, kernel 6.1, caps docker, docker, runc, libseccomp 2.6.1"],
  [{ caps: "none" }, "x86_64, kernel 6.1, caps none, docker, runc, libseccomp 2.6.1"],
  [{ caps: "all" }, "x86_64, kernel 6.1, caps all, docker, runc, libseccomp 2.6.1"],
  [{ cap: ["bpf"] }, "x86_64, kernel 6.1, caps docker+BPF, docker, runc, libseccomp 2.6.1"],
  [{ caps: "none", cap: ["bpf"] }, "x86_64, kernel 6.1, caps BPF, docker, runc, libseccomp 2.6.1"],
  [
    { arch: "arm64", runtime: "libseccomp", optimize: "2" },
    "aarch64, kernel 6.1, caps docker, docker, no runtime stub, libseccomp 2.6.1, optimize 2",
  ],
])("%j in one line", ([options, line]) => {
  expect(formatTarget(parseTarget(options))).toBe(line);
});
