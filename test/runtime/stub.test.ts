import { describe, expect, test } from "vitest";
import { ARCHITECTURES, type ArchName } from "../../src/abi/architecture.js";
import type { Instruction } from "../../src/bpf/instruction.js";
import { readDockerProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";
import { runcCalls } from "../../src/runtime/runc.js";
import { enosysStub } from "../../src/runtime/stub.js";

interface Setting {
  readonly arch?: ArchName;
  readonly architectures?: readonly string[];
  readonly action?: string;
  readonly errno?: number;
  readonly libseccomp?: string;
  readonly names?: readonly string[];
}

function stub(setting: Setting): Instruction[] {
  const { policy, target } = make(setting);
  return enosysStub(policy, runcCalls(policy, target), target);
}

function make(setting: Setting) {
  const target = parseTarget({ arch: setting.arch, libseccomp: setting.libseccomp });
  const json = JSON.stringify({
    defaultAction: setting.action ?? "SCMP_ACT_ERRNO",
    defaultErrnoRet: setting.errno,
    architectures: setting.architectures?.map((name) => `SCMP_ARCH_${name}`),
    syscalls: [{ names: setting.names ?? ["read"], action: "SCMP_ACT_ALLOW" }],
  });
  return { policy: resolveProfile(readDockerProfile(json, "p.json").profile, target), target };
}

/** What a stub does with a call: runs the few opcodes that stubs are made of. */
function decide(program: readonly Instruction[], arch: ArchName, nr: number): "ENOSYS" | "filter" {
  let a = 0;
  for (let pc = 0; pc < program.length; pc++) {
    const { code, jt, jf, k } = program[pc] as Instruction;
    if (code === 0x20) a = k === 0 ? nr >>> 0 : ARCHITECTURES[arch].audit;
    else if (code === 0x05) pc += k;
    else if (code === 0x06) return "ENOSYS";
    else {
      const holds = code === 0x15 ? a === k : code === 0x25 ? a > k : (a & k) !== 0;
      pc += holds ? jt : jf;
    }
  }
  return "filter";
}

const X32 = 0x40000000;

describe("which calls get ENOSYS", () => {
  const names = ["read", "openat", "statx"];
  test.for<[string, Setting, ArchName, number, "ENOSYS" | "filter"]>([
    ["up to the last name", { names }, "x86_64", 332, "filter"],
    ["gaps below it", { names }, "x86_64", 300, "filter"],
    ["above it", { names }, "x86_64", 333, "ENOSYS"],
    ["-1 on x86_64 alone has the x32 bit", { names }, "x86_64", -1, "filter"],
    ["x32 numbers without x32", { names }, "x86_64", X32 + 500, "filter"],
    [
      "x32 with both: its own last",
      { names, architectures: ["X86_64", "X32"] },
      "x86_64",
      X32 + 333,
      "ENOSYS",
    ],
    [
      "x32 with both, below",
      { names, architectures: ["X86_64", "X32"] },
      "x86_64",
      X32 + 332,
      "filter",
    ],
    ["x86_64 with both", { names, architectures: ["X32"] }, "x86_64", 333, "ENOSYS"],
    ["i386 has its own numbers", { names, architectures: ["X86"] }, "x86", 384, "ENOSYS"],
    ["i386, the last one", { names, architectures: ["X86"] }, "x86", 383, "filter"],
    ["-1 on i386", { names, architectures: ["X86"] }, "x86", -1, "ENOSYS"],
    ["an architecture that is not listed", { names }, "x86", 9999, "filter"],
    ["no name that the architecture has", { names: ["nonsense"] }, "x86_64", 9999, "filter"],
    ["number 0 alone is no name", { names: ["read"] }, "x86_64", 9999, "filter"],
    ["names of skipped rules count", { names, action: "SCMP_ACT_KILL" }, "x86_64", 333, "ENOSYS"],
    ["a name of a newer libseccomp counts", { names: ["mseal"] }, "x86_64", 463, "ENOSYS"],
    [
      "but not for an older one",
      { names: ["read", "write", "mseal"], libseccomp: "2.5.4" },
      "x86_64",
      462,
      "ENOSYS",
    ],
    ["aarch64", { names, arch: "aarch64", architectures: ["ARM"] }, "aarch64", 292, "ENOSYS"],
    ["arm beside it", { names, arch: "aarch64", architectures: ["ARM"] }, "arm", 398, "ENOSYS"],
    ["s390x: number 0", { names, arch: "s390x" }, "s390x", 0, "ENOSYS"],
    ["s390x: below", { names, arch: "s390x" }, "s390x", 5, "filter"],
  ])("%s", ([, setting, arch, nr, expected]) => {
    expect(decide(stub(setting), arch, nr)).toBe(expected);
  });
});

describe("which profiles have a stub", () => {
  test.for<[Setting, boolean]>([
    [{ action: "SCMP_ACT_ERRNO" }, true],
    [{ action: "SCMP_ACT_ERRNO", errno: 38 }, true],
    [{ action: "SCMP_ACT_ERRNO", errno: 0x50026 }, false],
    [{ action: "SCMP_ACT_KILL", errno: 0x50026 }, false],
    [{ action: "SCMP_ACT_KILL_PROCESS" }, true],
    [{ action: "SCMP_ACT_TRAP" }, true],
    [{ action: "SCMP_ACT_ALLOW" }, false],
    [{ action: "SCMP_ACT_LOG" }, false],
    [{ action: "SCMP_ACT_TRACE" }, false],
  ])("%j: %s", ([setting, has]) => {
    expect(stub({ names: ["write"], ...setting }).length > 0).toBe(has);
  });

  test("runtime libseccomp has none", () => {
    const { policy, target } = make({ names: ["write"] });
    const bare = compilePolicy(policy, { ...target, runtime: "libseccomp" });
    const full = compilePolicy(policy, target);
    expect(bare.stubLength).toBe(0);
    expect(full.program.instructions.slice(full.stubLength)).toEqual(bare.program.instructions);
    expect(full.program.origins.slice(0, full.stubLength).map((origin) => origin.kind)).toEqual(
      Array(full.stubLength).fill("stub"),
    );
  });
});

test.for<[ArchName, number]>([
  ["mips64", 0x50059],
  ["aarch64", 0x50026],
])("on %s it returns 0x%x: ENOSYS as the host numbers it", ([arch, word]) => {
  expect(stub({ names: ["read"], arch }).at(-1)?.k).toBe(word);
});

test("the shape: native first, then as listed", () => {
  const program = stub({ names: ["read", "write"], architectures: ["X86", "X86_64", "X32"] });
  expect(program.map(({ code, jt, jf, k }) => [code, jt, jf, k])).toEqual([
    [0x20, 0, 0, 4], //           ld arch
    [0x15, 2, 0, 0xc000003e], //  x86_64 and x32 share a token
    [0x15, 6, 0, 0x40000003], //  i386
    [0x05, 0, 0, 10], //          any other: to the filter
    [0x20, 0, 0, 0], //           ld nr
    [0x45, 1, 0, X32], //         x32?
    [0x25, 6, 1, 1], //           x86_64: nr > write
    [0x25, 5, 0, X32 + 1], //     x32: nr > write
    [0x05, 0, 0, 5], //           to the filter
    [0x20, 0, 0, 0], //           ld nr
    [0x25, 2, 0, 4], //           i386: nr > write
    [0x05, 0, 0, 2], //           to the filter
    [0x05, 0, 0, 1], //           fall through to the filter
    [0x06, 0, 0, 0x50026], //     ENOSYS
  ]);
});
