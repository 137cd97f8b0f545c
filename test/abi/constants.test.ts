import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { ArchName } from "../../src/abi/architecture.js";
import { argumentUse, callsWithConstants } from "../../src/abi/constant-uses.js";
import { constantNames, constantsOf, lookupConstant } from "../../src/abi/constants.js";
import { syscallSignature } from "../../src/abi/signature.js";
import { syscallNames } from "../../src/abi/syscalls.js";

test.for<[ArchName, string, string, bigint | "not-on-arch" | "elsewhere" | "unknown"]>([
  ["x86_64", "open", "O_TMPFILE", 0o20200000n],
  ["mips", "open", "O_SYNC", 0o40020n],
  ["m68k", "open", "O_DIRECTORY", 0o40000n],
  ["parisc64", "open", "O_CLOEXEC", 0o10000000n],
  ["x86_64", "solsocket", "SOL_SOCKET", 1n],
  ["mips", "solsocket", "SOL_SOCKET", 0xffffn],
  ["mips", "rlimit", "RLIMIT_NOFILE", 5n],
  ["x86_64", "rlimit", "RLIMIT_NOFILE", 7n],
  ["ppc64", "map", "MAP_NORESERVE", 0x40n],
  ["x86_64", "map", "MAP_NORESERVE", 0x4000n],
  ["mips", "prot", "PROT_SEM", 0x10n],
  ["x86_64", "map", "MAP_32BIT", 0x40n],
  ["arm", "map", "MAP_32BIT", "not-on-arch"],
  ["x86", "fcntl64", "F_GETLK64", 12n],
  ["x86_64", "fcntl64", "F_GETLK64", "not-on-arch"],
  ["mips", "fcntl", "F_GETLK", 14n],
  ["s390x", "fadvise", "POSIX_FADV_DONTNEED", 6n],
  ["x86_64", "fadvise", "POSIX_FADV_DONTNEED", 4n],
  ["x86_64", "clone", "CLONE_NEWTIME", 0x80n],
  ["x86_64", "keyspec", "KEY_SPEC_SESSION_KEYRING", 0xfffffffffffffffdn],
  ["x86_64", "seccomp", "SECCOMP_GET_NOTIF_SIZES", 3n],
  ["x86_64", "open", "CLONE_VM", "elsewhere"],
  ["x86_64", "open", "O_NONE", "unknown"],
  ["x86_64", "open", "constructor", "unknown"],
])("%s %s %s", ([arch, group, name, wanted]) => {
  const found = lookupConstant(name, [group], arch);
  expect(found.kind === "value" ? found.value : found.kind).toBe(wanted);
});

describe("where constants belong", () => {
  test.for(callsWithConstants())("%s is a call, its groups exist, its indexes too", (call) => {
    expect(syscallNames()).toContain(call);
    const arity = syscallSignature(call)?.length ?? 0;
    let uses = 0;
    for (let index = 0; index < 6; index++) {
      const use = argumentUse(call, index);
      if (use === undefined) continue;
      uses++;
      expect(index).toBeLessThan(arity);
      for (const group of use.groups) expect(constantNames([group]), group).not.toHaveLength(0);
    }
    expect(uses).toBeGreaterThan(0);
  });
});

// The machine's own headers are a second witness where there is a C compiler.
const compiler = spawnSync("cc", ["--version"], { encoding: "utf8" });
const witness = compiler.status === 0 && process.platform === "linux" && process.arch === "x64";
if (!witness)
  console.log("skipped: constants against the C library's headers (needs cc on Linux x64)");

test.skipIf(!witness)("the C library's headers agree", () => {
  // O_LARGEFILE is 0 in user space; the rest means the same there.
  const names = constantsOf(
    ["open", "clone", "prot", "map", "signal", "family", "socktype", "sockflag", "mount", "rlimit"],
    "x86_64",
  ).filter(({ name }) => name !== "O_LARGEFILE");
  const headers = [
    "fcntl",
    "sched",
    "signal",
    "sys/mman",
    "sys/socket",
    "sys/mount",
    "sys/resource",
  ];
  const source = [
    "#define _GNU_SOURCE",
    "#include <stdio.h>",
    ...headers.map((header) => `#include <${header}.h>`),
    "int main(void) {",
    ...names.map(
      ({ name }) =>
        `#ifdef ${name}\nprintf("${name} %llu\\n", (unsigned long long)(${name}));\n#endif`,
    ),
    "}",
  ].join("\n");
  const file = `/tmp/seccomp-sim-constants-${process.pid}`;
  const built = spawnSync("cc", ["-w", "-x", "c", "-o", file, "-"], {
    input: source,
    encoding: "utf8",
  });
  expect(built.stderr).toBe("");
  const output = spawnSync(file, { encoding: "utf8" }).stdout.trim().split("\n");
  spawnSync("rm", ["-f", file]);
  const ours = new Map(names.map(({ name, value }) => [name, value]));
  expect(output.length).toBeGreaterThan(150);
  for (const line of output) {
    const [name = "", value = ""] = line.split(" ");
    expect(`${name} ${ours.get(name)}`).toBe(`${name} ${value}`);
  }
});
