import { ARCHITECTURES, type ArchName } from "./architecture.js";
import { SIGNATURE_TABLE, SIGNATURE_TYPES } from "./signatures.gen.js";

export interface Argument {
  readonly name: string;
  /** The kernel's C type. */
  readonly type: string;
}

/** Where the call takes one pointer to its arguments (linux mm/mmap.c, fs/select.c `old_*`). */
const OLD_MMAP: readonly ArchName[] = ["x86", "m68k", "s390", "s390x"];
const OLD_SELECT: readonly ArchName[] = ["x86", "m68k"];

/** CONFIG_CLONE_BACKWARDS: tls before child_tidptr (man clone(2), arch Kconfig files). */
const CLONE_BACKWARDS: readonly ArchName[] = [
  "x86",
  "arm",
  "aarch64",
  "mips",
  "mipsel",
  "mips64",
  "mipsel64",
  "mips64n32",
  "mipsel64n32",
  "parisc",
  "parisc64",
  "ppc",
  "ppc64",
  "ppc64le",
  "riscv64",
];

let table: ReadonlyMap<string, readonly Argument[]> | undefined;

function parseTable(): Map<string, Argument[]> {
  const types = SIGNATURE_TYPES.trim().split("\n");
  const lines = SIGNATURE_TABLE.trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [name = "", ...args] = line.split(" ");
      const parsed = args.map((text) => {
        const [arg = "", type = ""] = text.split(":");
        return { name: arg, type: types[Number.parseInt(type, 36)] ?? "" };
      });
      return [name, parsed];
    }),
  );
}

/**
 * Names and types of a call's arguments in the order of the registers; `undefined` where nobody
 * wrote them down (calls that Linux only reserves). 64-bit arguments of 32-bit architectures count
 * as one here; see registerLayout in wide.ts.
 */
export function syscallSignature(
  name: string,
  arch: ArchName = "x86_64",
): readonly Argument[] | undefined {
  table ??= parseTable();
  const args = table.get(name);
  if (args === undefined) return undefined;
  if (name === "clone") return cloneSignature(args, arch);
  if (name === "mmap" && OLD_MMAP.includes(arch)) return onePointer("mmap_arg_struct");
  if (name === "select" && OLD_SELECT.includes(arch)) return onePointer("sel_arg_struct");
  return args;
}

function onePointer(struct: string): readonly Argument[] {
  return [{ name: "arg", type: `struct ${struct} *` }];
}

function cloneSignature(args: readonly Argument[], arch: ArchName): readonly Argument[] {
  const [flags, newsp, parent, child, tls] = args;
  if (!flags || !newsp || !parent || !child || !tls) return args;
  const { column } = ARCHITECTURES[arch];
  // CONFIG_CLONE_BACKWARDS2.
  if (column === "s390" || column === "s390x") return [newsp, flags, parent, child, tls];
  if (CLONE_BACKWARDS.includes(arch)) return [flags, newsp, parent, tls, child];
  return args;
}
