import { test } from "node:test";
import {
  assertAllows,
  assertDecides,
  assertDenies,
  assertKills,
  collectSuites,
  simulate,
  target,
} from "seccomp-sim/node";

const web = simulate(new URL("../web.json", import.meta.url), target("aarch64").caps("none"));

test("files can be read, tracing kills", () => {
  assertAllows(web, 'openat(AT_FDCWD, "/etc/hosts", O_RDONLY)');
  assertDenies(web, "getpid", "EPERM");
  assertKills(web, "ptrace");
  assertDecides(web, "socket(AF_UNIX, SOCK_STREAM, 0)", ["errno(EPERM)", "errno(EACCES)"]);
});

for (const { name, skip, todo, run } of collectSuites(new URL("..", import.meta.url))) {
  test(name, { skip: skip ?? false, todo: todo ?? false }, run);
}
