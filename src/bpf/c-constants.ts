import type { ArchName } from "../abi/architecture.js";
import { suggest } from "../abi/suggest.js";
import { ACTIONS } from "../seccomp/action.js";
import { archWord, errnoWord, syscallWord, type WordResult } from "./filter-words.js";
import * as opcode from "./opcode.js";

/** Macros of linux/bpf_common.h, linux/filter.h and linux/seccomp.h. */
const MACROS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(opcode).flatMap(([name, value]): [string, number][] =>
    name.startsWith("BPF_") && typeof value === "number" ? [[name, value]] : [],
  ),
  ...Object.entries(ACTIONS).map(([name, word]) => [`SECCOMP_RET_${name}`, word] as const),
  ["SECCOMP_RET_KILL", ACTIONS.KILL_THREAD],
  ["SECCOMP_RET_DATA", 0x0000ffff],
  ["SECCOMP_RET_ACTION", 0x7fff0000],
  ["SECCOMP_RET_ACTION_FULL", 0xffff0000],
  // linux uapi/asm/unistd.h of x86.
  ["__X32_SYSCALL_BIT", 0x40000000],
]);

/** What a name in a C array stands for, as the headers of `arch` define it. */
export function macroWord(name: string, arch: ArchName | undefined): WordResult {
  const value = MACROS.get(name);
  if (value !== undefined) return { value };
  if (name.startsWith("AUDIT_ARCH_")) return archWord(name);
  const call = /^(?:__NR_|SYS_)(\w+)$/.exec(name)?.[1];
  if (call !== undefined) return syscallWord(call, arch);
  if (/^E[A-Z0-9]+$/.test(name)) return errnoWord(name, arch);
  const near = suggest(name, MACROS.keys());
  return { problem: `"${name}" is not known here`, hint: near && `did you mean ${near}?` };
}

/** `offsetof(struct seccomp_data, NAME)`. */
export const SECCOMP_DATA_FIELDS: Readonly<Record<string, number>> = {
  nr: 0,
  arch: 4,
  instruction_pointer: 8,
  args: 16,
};
