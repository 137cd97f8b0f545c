/**
 * Reads the values of named constants from the kernel's own headers and writes data/constants.tsv.
 * Needed only when the tables are renewed, on Debian, with gcc, libc6-dev and the
 * packages linux-libc-dev-{armhf,arm64,mips,mips64,ppc64,powerpc,s390x,sh4,m68k,hppa,riscv64}-cross.
 *
 * Arguments name the groups to renew (default: all); other rows of the file stay.
 *
 * The native compiler evaluates every expression over the headers of the other architecture; -m64,
 * -mx32 and -m32 give the sizes of `long` and the alignment of 64-bit members that it has.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GROUPS, NATIVE_GROUPS } from "./tables/constant-sources.mjs";

// linux/shm.h wants the C library's unistd.h and needs nothing of it.
const stubs = mkdtempSync(join(tmpdir(), "stubs-"));
writeFileSync(join(stubs, "unistd.h"), "");
process.on("exit", () => rmSync(stubs, { recursive: true }));
const common = ["-nostdinc", "-isystem", stubs];

const cross = (dir) => [...common, "-isystem", `/usr/${dir}/include`, "-U__x86_64__", "-U__i386__"];
const native = [...common, "-isystem", "/usr/include", "-isystem", "/usr/include/x86_64-linux-gnu"];
const mips = (dir, sim, long) => [
  ...cross(dir),
  "-D__mips__",
  `-D_MIPS_SIM=${sim}`,
  `-D_MIPS_SZLONG=${long}`,
];

/** Column → compiler options; a second model where the alignment is not certain. */
const COLUMNS = {
  x86_64: [["-m64", ...native]],
  x32: [["-mx32", ...native]],
  x86: [["-m32", ...native]],
  arm: [["-mx32", ...cross("arm-linux-gnueabihf"), "-D__arm__", "-D__ARM_EABI__"]],
  aarch64: [["-m64", ...cross("aarch64-linux-gnu"), "-D__aarch64__"]],
  riscv64: [["-m64", ...cross("riscv64-linux-gnu"), "-D__riscv", "-D__riscv_xlen=64"]],
  m68k: [["-m32", "-fpack-struct=2", ...cross("m68k-linux-gnu"), "-D__m68k__"]],
  mips: [["-mx32", ...mips("mips-linux-gnu", 1, 32)]],
  mips64: [["-m64", ...mips("mips64-linux-gnuabi64", 3, 64)]],
  mips64n32: [["-mx32", ...mips("mips64-linux-gnuabi64", 2, 32)]],
  parisc: [["-mx32", ...cross("hppa-linux-gnu"), "-D__hppa__"]],
  parisc64: [["-m64", ...cross("hppa-linux-gnu"), "-D__hppa__"]],
  ppc: [["-mx32", ...cross("powerpc-linux-gnu"), "-D__powerpc__"]],
  ppc64: [["-m64", ...cross("powerpc64-linux-gnu"), "-D__powerpc__", "-D__powerpc64__"]],
  s390: [["-mx32", ...cross("s390x-linux-gnu"), "-D__s390__"]],
  s390x: [["-m64", ...cross("s390x-linux-gnu"), "-D__s390__", "-D__s390x__"]],
  sh: [
    ["-m32", ...cross("sh4-linux-gnu"), "-D__sh__"],
    ["-mx32", ...cross("sh4-linux-gnu"), "-D__sh__"],
  ],
};

function cc(options, source) {
  const run = spawnSync("cc", [...options, "-w", "-x", "c", "-o", "-", "-"], {
    input: source,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { ok: run.status === 0, out: run.stdout, err: run.stderr };
}

/** The headers among `headers` that exist and compile there. */
function usable(options, headers) {
  return headers.filter((h) => cc([...options, "-S"], `#include <${h}>\nint used;`).ok);
}

/** Macro names and enumerators that the headers offer and the pattern wants. */
function candidates(options, includes, group) {
  const names = new Set();
  const macros = cc([...options, "-E", "-dM"], includes).out;
  for (const [, name] of macros.matchAll(/^#define (\w+) /gm)) names.add(name);
  const text = cc([...options, "-E", "-P"], includes).out;
  for (const [, tag, body] of text.matchAll(/enum\s*(\w*)\s*\{([^}]*)\}/g)) {
    if (group.enums !== undefined && !group.enums.includes(tag)) continue;
    for (const part of body.split(",")) {
      const name = /^\s*(\w+)/.exec(part)?.[1];
      if (name !== undefined) names.add(name);
    }
  }
  return [...names]
    .filter((n) => group.pattern.test(n) && !(group.except?.test(n) ?? false))
    .sort();
}

function evaluate(options, includes, names) {
  let left = names;
  for (;;) {
    if (left.length === 0) return new Map();
    const lines = includes.split("\n");
    const source = left.map((n, i) => `unsigned long long zz_${i} = (unsigned long long)(${n});`);
    const { ok, out, err } = cc(
      [...options, "-S", "-fno-common", "-fno-zero-initialized-in-bss"],
      [...lines, ...source].join("\n"),
    );
    if (!ok) {
      const bad = new Set(
        [...err.matchAll(/<stdin>:(\d+):\d+: error/g)].map((m) => Number(m[1]) - 1 - lines.length),
      );
      if (bad.size === 0) throw new Error(err.slice(0, 2000));
      left = left.filter((_, i) => !bad.has(i));
      continue;
    }
    const values = new Map();
    for (const [, index, data] of out.matchAll(
      /^zz_(\d+):\n((?:\t\.(?:quad|long|zero)\t.*\n)+)/gm,
    )) {
      const words = [...data.matchAll(/\.(quad|long|zero)\t(-?\d+)/g)];
      const [kind, text] = [words[0][1], words[0][2]];
      let value = BigInt(text);
      if (kind === "zero") value = 0n;
      if (kind === "long") {
        value = BigInt.asUintN(32, value) | (BigInt.asUintN(32, BigInt(words[1][2])) << 32n);
      }
      values.set(left[Number(index)], BigInt.asUintN(64, value));
    }
    return values;
  }
}

function table(group, columns) {
  const byName = new Map();
  for (const [column, models] of Object.entries(columns)) {
    let agreed;
    for (const options of models) {
      const headers = usable(options, group.headers);
      const includes = headers.map((h) => `#include <${h}>`).join("\n");
      const values = evaluate(options, includes, candidates(options, includes, group));
      agreed =
        agreed === undefined
          ? values
          : new Map([...values].filter(([n, v]) => agreed.get(n) === v));
    }
    for (const [name, value] of agreed) {
      if (!byName.has(name)) byName.set(name, new Map());
      byName.get(name).set(column, value);
    }
  }
  return byName;
}

const everywhere = Object.fromEntries(Object.keys(COLUMNS).map((c) => [c, undefined]));
const wanted = process.argv.slice(2);
const isWanted = ({ name }) => wanted.length === 0 || wanted.includes(name);
const rows = [];
for (const group of GROUPS.filter(isWanted)) {
  const found = table(group, COLUMNS);
  for (const [name, values] of [...found].sort())
    rows.push([group.name, name === "FASYNC" ? "O_ASYNC" : name, values]);
}
for (const group of NATIVE_GROUPS.filter(isWanted)) {
  const found = table(group, { x86_64: [["-m64", "-D_GNU_SOURCE"]] });
  for (const [name, values] of [...found].sort()) {
    const value = values.get("x86_64");
    rows.push([group.name, name, new Map(Object.keys(everywhere).map((c) => [c, value]))]);
  }
}

const hex = (v) => (v === undefined ? "-" : `0x${v.toString(16)}`);
const lines = rows.map(([group, name, values]) => {
  // LoongArch's headers are the generic ones, as RISC-V's; no package has them.
  values.set("loongarch64", values.get("riscv64"));
  const usual = values.get("x86_64");
  const other = ["loongarch64", ...Object.keys(COLUMNS)].filter((c) => values.get(c) !== usual);
  return [group, name, hex(usual), other.map((c) => `${c}=${hex(values.get(c))}`).join(" ")].join(
    "\t",
  );
});
const head = `# constants of the kernel's interface; source: Debian linux-libc-dev 6.1 of each architecture
# (groups named in scripts/tables/constant-sources.mjs), evaluated by scripts/extract-constants.mjs
group\tname\tx86_64\tother (column=value; - = absent)`;
const file = new URL("../data/constants.tsv", import.meta.url);
const kept =
  wanted.length === 0
    ? []
    : readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .filter((line) => !line.startsWith("#") && !line.startsWith("group\t"))
        .filter((line) => !wanted.includes(line.slice(0, line.indexOf("\t"))));
writeFileSync(file, `${[head, ...kept, ...lines].join("\n")}\n`);
