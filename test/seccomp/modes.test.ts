import { describe, expect, test } from "vitest";
import { ARCHITECTURES, type ArchName } from "../../src/abi/architecture.js";
import { syscallNumber } from "../../src/abi/syscalls.js";
import { alwaysAllowed } from "../../src/seccomp/special.js";
import { strictVerdict } from "../../src/seccomp/strict.js";
import { formatVerdict } from "../../src/seccomp/verdict.js";

const X86_64 = 0xc000003e;
const I386 = 0x40000003;

describe("strict mode", () => {
  const verdict = (arch: ArchName, name: string) => {
    const nr = syscallNumber(arch, name);
    if (nr === undefined) throw new Error(`${arch} has no ${name}`);
    return formatVerdict(strictVerdict({ nr, arch: ARCHITECTURES[arch].audit }));
  };

  // The return from a signal handler is sigreturn where a 32-bit ABI has it, else rt_sigreturn.
  test.for<[ArchName, string]>([
    ["x86_64", "read"],
    ["x86_64", "write"],
    ["x86_64", "exit"],
    ["x86_64", "rt_sigreturn"],
    ["x86", "read"],
    ["x86", "exit"],
    ["x86", "sigreturn"],
    ["aarch64", "write"],
    ["aarch64", "rt_sigreturn"],
    ["arm", "sigreturn"],
    ["s390x", "read"],
    ["riscv64", "rt_sigreturn"],
  ])("%s may %s", ([arch, name]) => {
    expect(verdict(arch, name)).toBe("ALLOW");
  });

  test.for<[ArchName, string]>([
    ["x86_64", "exit_group"],
    ["x86_64", "open"],
    ["x86_64", "getpid"],
    ["x86_64", "pread64"],
    ["x86", "rt_sigreturn"],
    ["x86", "exit_group"],
    ["aarch64", "openat"],
    ["arm", "rt_sigreturn"],
  ])("%s may not %s", ([arch, name]) => {
    expect(verdict(arch, name)).toBe("SIGKILL");
  });

  test.for<[what: string, nr: number, arch: number]>([
    ["x32's read", 0x40000000, X86_64],
    ["number -1", -1, X86_64],
    ["a call of an architecture that there is not", 0, 0x12345678],
  ])("%s ends the thread", ([, nr, arch]) => {
    expect(formatVerdict(strictVerdict({ nr, arch }))).toBe("SIGKILL");
  });

  test("numbers are those of the call's own architecture", () => {
    // 1 is write on x86_64 and exit on i386; 3 is close and read; 60 is exit and umask.
    const ask = (nr: number, arch: number) => formatVerdict(strictVerdict({ nr, arch }));
    expect([ask(1, X86_64), ask(1, I386)]).toEqual(["ALLOW", "ALLOW"]);
    expect([ask(3, X86_64), ask(3, I386)]).toEqual(["SIGKILL", "ALLOW"]);
    expect([ask(60, X86_64), ask(60, I386)]).toEqual(["ALLOW", "SIGKILL"]);
  });
});

describe("calls that no filter is asked about", () => {
  test.for<[nr: number, arch: number, kernel: string, name: string | undefined]>([
    [335, X86_64, "6.14", "uretprobe"],
    [335, X86_64, "7.0", "uretprobe"],
    [335, X86_64, "6.13", undefined],
    [335, X86_64, "5.20", undefined],
    [336, X86_64, "6.18", "uprobe"],
    [336, X86_64, "6.17", undefined],
    [334, X86_64, "6.18", undefined],
    [335, I386, "6.18", undefined],
    [335 + 0x40000000, X86_64, "6.18", undefined],
  ])("%d of 0x%x on Linux %s: %s", ([nr, arch, version, name]) => {
    const [major, minor] = version.split(".").map(Number) as [number, number];
    expect(alwaysAllowed({ nr, arch }, { major, minor })).toBe(name);
  });
});
