import { simulate, suiteTests, target } from "seccomp-sim/vitest";
import { describe, expect, test } from "vitest";

// One test for each case of the suite.
suiteTests(new URL("../web.seccomp.yaml", import.meta.url));

describe("web.json", () => {
  const profile = new URL("../web.json", import.meta.url);
  const web = simulate(profile, target("x86_64").caps("none").kernel("6.1"));

  test("files and IPv4 sockets", () => {
    expect(web).toAllow('openat(AT_FDCWD, "/etc/hosts", O_RDONLY)');
    expect(web).toAllow("socket(AF_INET, SOCK_STREAM, 0)");
    expect(web).toDeny("socket(AF_INET6, SOCK_STREAM, 0)", "EPERM");
    expect(web).not.toAllow("socket(AF_UNIX, SOCK_STREAM, 0)");
  });

  test("tracing kills", () => {
    expect(web).toKill("ptrace(PTRACE_TRACEME, 0, 0, 0)");
    expect(web).toDecide("ptrace", "kill_process");
    expect(web).not.toLog("ptrace");
  });

  test("a capability makes a difference", () => {
    const admin = simulate(profile, target("x86_64").caps("none").cap("SYS_ADMIN"));
    expect(admin).toAllow("mount");
    expect(admin).not.toDecideAs(web);
    expect(simulate(profile, { caps: "none" })).toDecideAs(web);
  });

  test("the suite holds", () => {
    expect(web).toPassSuite(new URL("../web.seccomp.yaml", import.meta.url));
  });
});
