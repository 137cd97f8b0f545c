import { describe, expect, test } from "vitest";
import { ARCHITECTURES, type ArchName } from "../../src/abi/architecture.js";
import { CAPABILITIES, DOCKER_DEFAULT_CAPS, parseCapability } from "../../src/abi/capabilities.js";
import { signalName, signalNumber } from "../../src/abi/constants.js";
import { errnoDescription, errnoName, errnoNames, errnoNumber } from "../../src/abi/errno.js";
import {
  ARCH_NAMES,
  archByAudit,
  archByName,
  auditArchName,
  otherAuditToken,
} from "../../src/abi/names.js";
import { SeccompSimError } from "../../src/errors.js";

describe("architectures", () => {
  test.for<[string, ArchName | undefined]>([
    ["x86_64", "x86_64"],
    ["AMD64", "x86_64"],
    ["arm64", "aarch64"],
    ["i386", "x86"],
    ["386", "x86"],
    ["SCMP_ARCH_X86", "x86"],
    ["SCMP_ARCH_MIPSEL64N32", "mipsel64n32"],
    ["ppc64el", "ppc64le"],
    ["loong64", "loongarch64"],
    ["hppa", "parisc"],
    ["constructor", undefined],
    ["SCMP_ARCH_", undefined],
    ["sparc", undefined],
  ])("%s names %s", ([text, name]) => {
    expect(archByName(text)?.name).toBe(name);
  });

  test("every libseccomp name and token finds itself", () => {
    expect(ARCH_NAMES).toHaveLength(23);
    for (const name of ARCH_NAMES) {
      expect(archByName(`SCMP_ARCH_${name.toUpperCase()}`)?.name).toBe(name);
      if (name !== "x32") expect(archByAudit(ARCHITECTURES[name].audit)?.name).toBe(name);
    }
  });

  test("bit 30 of the number tells x32 from x86_64", () => {
    expect(archByAudit(0xc000003e, 0x40000001)?.name).toBe("x32");
    expect(archByAudit(0xc000003e, 1)?.name).toBe("x86_64");
    expect(archByAudit(0xc000003e, -1)?.name).toBe("x86_64");
    expect(archByAudit(0xc000003e | 0)?.name).toBe("x86_64");
  });

  test.for([
    ["alpha", 0xc0009026],
    ["sparc64", 0x8000002b],
    ["riscv32", 0x400000f3],
    ["ia64", 0xc0000032],
  ] as const)("%s is known by its token only", ([name, token]) => {
    expect(auditArchName(token)).toBe(name);
    expect(otherAuditToken(name)).toBe(token);
    expect(archByAudit(token)).toBeUndefined();
  });
});

describe("errors", () => {
  test.for<[ArchName, string, number]>([
    ["x86_64", "EPERM", 1],
    ["x86_64", "EAGAIN", 11],
    ["x86_64", "ENOSYS", 38],
    ["x86_64", "EOPNOTSUPP", 95],
    ["x86_64", "EHWPOISON", 133],
    ["mips", "ENOSYS", 89],
    ["mipsel64", "EDQUOT", 1133],
    ["parisc", "ENOSYS", 251],
    ["ppc64le", "EDEADLOCK", 58],
    ["mips", "EDEADLOCK", 56],
    ["aarch64", "EDEADLK", 35],
  ])("%s %s is %i", ([arch, name, number]) => {
    expect(errnoNumber(name, arch)).toBe(number);
    expect(errnoName(number, arch)).toBe(name);
  });

  test.for([
    ["EWOULDBLOCK", 11, "EAGAIN"],
    ["ENOTSUP", 95, "EOPNOTSUPP"],
    ["EDEADLOCK", 35, "EDEADLK"],
  ] as const)("%s is a second name of %i", ([alias, number, name]) => {
    expect(errnoNumber(alias)).toBe(number);
    expect(errnoName(number)).toBe(name);
  });

  test("1 to 133 have names, but for 41 and 58; 0 and 4095 have none", () => {
    const missing = Array.from({ length: 134 }, (_, n) => n).filter((n) => !errnoName(n));
    expect(missing).toEqual([0, 41, 58]);
    expect(errnoName(4095)).toBeUndefined();
    expect(errnoNames()).toContain("EPERM");
  });

  test("descriptions follow the architecture's numbers", () => {
    expect(errnoDescription(1)).toBe("Operation not permitted");
    expect(errnoDescription(89, "mips")).toBe("Function not implemented");
    expect(errnoDescription(4095)).toBeUndefined();
  });
});

test.for<[ArchName, string, number]>([
  ["x86_64", "SIGSYS", 31],
  ["mips", "SIGSYS", 12],
  ["parisc", "SIGSYS", 31],
  ["x86_64", "SIGUSR1", 10],
  ["mipsel", "SIGUSR1", 16],
  ["x86_64", "SIGABRT", 6],
  ["x86_64", "SIGIO", 29],
])("%s %s is %i", ([arch, name, number]) => {
  expect(signalNumber(name, arch)).toBe(number);
  expect(signalName(number, arch)).toBe(name);
});

describe("capabilities", () => {
  test("0 to 40, by number", () => {
    expect(CAPABILITIES).toHaveLength(41);
    expect(CAPABILITIES[0]).toBe("CAP_CHOWN");
    expect(CAPABILITIES[21]).toBe("CAP_SYS_ADMIN");
    expect(CAPABILITIES[40]).toBe("CAP_CHECKPOINT_RESTORE");
  });

  test("Docker leaves 14, sorted and all real", () => {
    expect(DOCKER_DEFAULT_CAPS).toHaveLength(14);
    expect([...DOCKER_DEFAULT_CAPS].sort()).toEqual(DOCKER_DEFAULT_CAPS);
    for (const cap of DOCKER_DEFAULT_CAPS) expect(CAPABILITIES).toContain(cap);
  });

  test.for(["SYS_ADMIN", "cap_sys_admin", "CAP_SYS_ADMIN", "sys_admin"])("%s", (text) => {
    expect(parseCapability(text)).toBe("CAP_SYS_ADMIN");
  });

  test("a misspelt one is an error with a suggestion", () => {
    const attempt = () => parseCapability("SYS_ADMN");
    expect(attempt).toThrow(SeccompSimError);
    try {
      attempt();
    } catch (error) {
      expect((error as SeccompSimError).hint).toBe("did you mean CAP_SYS_ADMIN?");
    }
  });
});
