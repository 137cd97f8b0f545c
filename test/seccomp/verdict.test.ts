import { describe, expect, test } from "vitest";
import {
  decodeVerdict,
  describeEffect,
  executes,
  formatVerdict,
  STRICT_KILL,
} from "../../src/seccomp/verdict.js";

// The word, how it is written, and whether the call is carried out.
const WORDS: [ret: number, text: string, runs: boolean][] = [
  [0x7fff0000, "ALLOW", true],
  [0x7fff1234, "ALLOW", true],
  [0x7ffc0000, "LOG", true],
  [0x00050001, "ERRNO(EPERM)", false],
  [0x00050026, "ERRNO(ENOSYS)", false],
  [0x00050000, "ERRNO(0)", false],
  [0x00050fff, "ERRNO(4095)", false],
  [0x0005ffff, "ERRNO(4095)", false],
  [0x00030000, "TRAP", false],
  [0x00030005, "TRAP(5)", false],
  [0x7ff00001, "TRACE(1)", false],
  [0x7fc00009, "USER_NOTIF", false],
  [0x00000000, "KILL_THREAD", false],
  [0x80000000, "KILL_PROCESS", false],
  [0x80001234, "KILL_PROCESS", false],
  [0x00040001, "UNKNOWN(0x00040001)", false],
  [0xffffffff, "UNKNOWN(0xffffffff)", false],
];

test.for(WORDS)("0x%x is %s", ([ret, text, runs]) => {
  const verdict = decodeVerdict(ret);
  expect(formatVerdict(verdict)).toBe(text);
  expect(verdict.ret).toBe(ret);
  expect(executes(verdict)).toBe(runs);
});

test("words are the same as signed numbers", () => {
  expect(decodeVerdict(-0x80000000)).toEqual(decodeVerdict(0x80000000));
});

test("an errno is cut to what the kernel returns", () => {
  expect(decodeVerdict(0x0005ffff)).toEqual({ action: "ERRNO", data: 4095, ret: 0x0005ffff });
  expect(decodeVerdict(0x0003ffff).data).toBe(0xffff);
});

test.for([
  [0x00050059, "mips64", "ERRNO(ENOSYS)"],
  [0x00050026, "mips64", "ERRNO(EL2NSYNC)"],
  [0x000500fb, "parisc", "ERRNO(ENOSYS)"],
  [0x00050001, "mips64", "ERRNO(EPERM)"],
  [0x00050026, "aarch64", "ERRNO(ENOSYS)"],
] as const)("0x%x on %s is %s", ([ret, arch, text]) => {
  const verdict = decodeVerdict(ret, arch);
  expect(formatVerdict(verdict)).toBe(text);
  expect(describeEffect(verdict, { major: 6, minor: 1 })).toContain(text.slice(6, -1));
});

test("strict mode's refusal", () => {
  expect(formatVerdict(STRICT_KILL)).toBe("SIGKILL");
  expect(executes(STRICT_KILL)).toBe(false);
});

describe("what a verdict does", () => {
  const recent = { major: 6, minor: 1 };
  const effect = (ret: number, kernel = recent) => describeEffect(decodeVerdict(ret), kernel);

  test.for([
    [0x7fff0000, "is executed"],
    [0x7ffc0000, "logged and executed"],
    [0x00050001, "fails with EPERM (errno 1)"],
    [0x00050fff, "fails with errno 4095"],
    [0x00050000, "returns 0, as if it had succeeded"],
    [0x00030005, "SIGSYS (si_errno 5)"],
    [0x7ff00002, "without one the call fails with ENOSYS"],
    [0x7fc00000, "listener decides"],
    [0x00000000, "the thread ends"],
    [0x80000000, "the process is killed with SIGSYS"],
  ] as [number, string][])("0x%x: %s", ([ret, words]) => {
    expect(effect(ret)).toContain(words);
  });

  test("unknown actions kill the process from Linux 5.11 on, the thread before", () => {
    expect(effect(0x00040000, { major: 5, minor: 11 })).toContain("the process is killed");
    expect(effect(0x00040000, { major: 5, minor: 10 })).toContain("the thread ends");
    expect(effect(0x00040000, { major: 4, minor: 19 })).toContain("the thread ends");
  });

  test("KILL_PROCESS is unknown before Linux 4.14", () => {
    expect(effect(0x80000000, { major: 4, minor: 14 })).toContain("the process is killed");
    expect(effect(0x80000000, { major: 4, minor: 13 })).toContain("the thread ends");
  });
});
