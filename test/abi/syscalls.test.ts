import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ARCHITECTURES, type ArchName } from "../../src/abi/architecture.js";
import { suggest } from "../../src/abi/suggest.js";
import {
  LIBSECCOMP_TABLES,
  suggestSyscall,
  syscallName,
  syscallNames,
  syscallNumber,
  syscallRow,
  tableHasArch,
  tableKnows,
  tableName,
  tableNumber,
} from "../../src/abi/syscalls.js";
import { SeccompSimError } from "../../src/errors.js";

const [header = [], ...rows] = readFileSync(
  new URL("../../data/syscalls.tsv", import.meta.url),
  "utf8",
)
  .trim()
  .split("\n")
  .filter((line) => !line.startsWith("#"))
  .map((line) => line.split("\t"));

describe("the whole table", () => {
  test("every cell of data/syscalls.tsv comes back, both ways", () => {
    expect(rows).toHaveLength(508);
    expect(syscallNames()).toHaveLength(508);
    for (const row of rows) {
      const name = row[0] ?? "";
      header.slice(3).forEach((arch, index) => {
        const cell = row[index + 3] ?? "";
        const number = cell === "" ? undefined : Number(cell);
        expect(syscallNumber(arch as ArchName, name), `${name} on ${arch}`).toBe(number);
        if (number !== undefined) expect(syscallName(arch as ArchName, number)).toBe(name);
      });
      expect(syscallRow(name)).toEqual({ pseudo: Number(row[1]), since: row[2] });
    }
  });
});

test.for<[ArchName, string, number | undefined]>([
  ["x86_64", "mount", 165],
  ["x86_64", "openat", 257],
  ["x86", "socket", 359],
  ["x86", "socketcall", 102],
  ["x86_64", "socketcall", undefined],
  ["x32", "read", 0x40000000],
  ["x32", "execve", 0x40000000 + 520],
  ["arm", "breakpoint", 0x0f0001],
  ["aarch64", "open", undefined],
  ["mips", "read", 4003],
  ["mipsel", "read", 4003],
  ["mipsel64", "read", 5000],
  ["mipsel64n32", "read", 6000],
  ["ppc64le", "socket", 326],
  ["sheb", "socket", 340],
  ["loongarch64", "clone3", 435],
])("%s %s is %s", ([arch, name, number]) => {
  expect(syscallNumber(arch, name)).toBe(number);
});

test("names are no properties of Object.prototype", () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    expect(syscallNumber("x86_64", name)).toBeUndefined();
    expect(syscallRow(name)).toBeUndefined();
    expect(tableKnows("2.6.1", name)).toBe(false);
  }
});

test("a number may be signed or unsigned", () => {
  expect(syscallName("x86_64", -1)).toBeUndefined();
  expect(syscallName("x32", 0x40000000)).toBe("read");
});

describe("older libseccomp releases", () => {
  test.for([
    ["2.5.0", 469],
    ["2.5.4", 481],
    ["2.5.5", 487],
    ["2.5.6", 499],
    ["2.6.0", 502],
    ["2.6.1", 508],
  ] as const)("%s knows %i names", ([version, count]) => {
    expect(syscallNames().filter((name) => tableKnows(version, name))).toHaveLength(count);
  });

  test.for<[string, ArchName, string, number | undefined]>([
    ["2.5.4", "x86_64", "mount", 165],
    ["2.5.4", "x86_64", "cachestat", undefined],
    ["2.5.5", "x86_64", "cachestat", 451],
    ["2.5.4", "parisc64", "_llseek", 140],
    ["2.6.0", "parisc64", "_llseek", 140],
    ["2.6.1", "parisc64", "_llseek", undefined],
    ["2.5.4", "parisc", "cacheflush", undefined],
    ["2.5.5", "parisc", "cacheflush", 356],
    ["2.5.4", "s390x", "memfd_secret", undefined],
    ["2.5.5", "s390x", "memfd_secret", 447],
    ["2.5.5", "x32", "map_shadow_stack", undefined],
    ["2.5.6", "x32", "map_shadow_stack", 0x40000000 + 453],
    ["2.5.6", "sh", "read", undefined],
    ["2.5.6", "sheb", "read", undefined],
    ["2.6.0", "sheb", "read", 3],
    ["2.5.6", "loongarch64", "read", undefined],
  ])("%s %s %s is %s", ([version, arch, name, number]) => {
    expect(tableNumber(version, arch, name)).toBe(number);
    if (number !== undefined) expect(tableName(version, arch, number)).toBe(name);
  });

  test("tableName forgets what the release lacks", () => {
    expect(tableName("2.5.4", "x86_64", 451)).toBeUndefined();
    expect(tableName("2.6.1", "parisc64", 140)).toBeUndefined();
  });

  test("architectures by release", () => {
    expect(tableHasArch("2.5.4", "m68k")).toBe(false);
    expect(tableHasArch("2.6.0", "m68k")).toBe(true);
    for (const version of LIBSECCOMP_TABLES) expect(tableHasArch(version, "x32")).toBe(true);
  });

  test("an unknown release is an error that lists the known ones", () => {
    expect(() => tableKnows("2.4.0", "read")).toThrow(SeccompSimError);
  });
});

test("every column of an architecture exists", () => {
  for (const arch of Object.values(ARCHITECTURES)) expect(header).toContain(arch.column);
});

test.for([
  ["moutn", "mount"],
  ["opanat", "openat"],
  ["GETPID", "getpid"],
  ["clone_3", "clone3"],
] as const)("%s: did you mean %s", ([word, wanted]) => {
  expect(suggestSyscall(word)).toBe(wanted);
});

test.for(["xyzzyxyzzy", "", "q".repeat(100_000)])("no suggestion for a far word", (word) => {
  expect(suggest(word, syscallNames())).toBeUndefined();
});
