import { ARCHITECTURES, type Architecture, type ArchName } from "../../abi/architecture.js";
import {
  syscallNames,
  syscallRow,
  tableKnows,
  tableName,
  tableNumber,
} from "../../abi/syscalls.js";

/** What `seccomp_syscall_resolve_name` answers for a name that no architecture has. */
export const SYSCALL_UNKNOWN = -1;

/** Calls that travel through `socketcall`, in the order of their SYS_* numbers, from 1. */
const SOCKETCALL_NAMES =
  "socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg".split(
    " ",
  );

/** Calls that travel through `ipc`, with their numbers there (linux include/uapi/linux/ipc.h). */
const IPC_NUMBERS: Readonly<Record<string, number>> = {
  semop: 1,
  semget: 2,
  semctl: 3,
  semtimedop: 4,
  msgsnd: 11,
  msgrcv: 12,
  msgget: 13,
  msgctl: 14,
  shmat: 21,
  shmdt: 22,
  shmget: 23,
  shmctl: 24,
};

/** How a multiplexed name is reached: the multiplexer, and the value of its first argument. */
export interface Multiplexed {
  readonly via: "socketcall" | "ipc";
  readonly selector: number;
}

const MULTIPLEXED: ReadonlyMap<string, Multiplexed> = new Map([
  ...SOCKETCALL_NAMES.map((name, i): [string, Multiplexed] => [
    name,
    { via: "socketcall", selector: i + 1 },
  ]),
  ...Object.entries(IPC_NUMBERS).map(([name, selector]): [string, Multiplexed] => [
    name,
    { via: "ipc", selector },
  ]),
]);

export function multiplexed(name: string): Multiplexed | undefined {
  return MULTIPLEXED.get(name);
}

/** The pseudo number under which libseccomp knows a multiplexed name: -(100+n) or -(200+n). */
export function muxPseudo({ via, selector }: Multiplexed): number {
  return -((via === "socketcall" ? 100 : 200) + selector);
}

const MUX_NAMES_BY_PSEUDO: ReadonlyMap<number, string> = new Map(
  [...MULTIPLEXED].map(([name, mux]) => [muxPseudo(mux), name]),
);

/** Whether that release multiplexes on the architecture: mips and ppc learnt it in 2.5.2. */
export function hasMux(table: string, arch: Architecture): boolean {
  if (arch.socketcall === undefined) return false;
  const late = arch.column === "mips" || arch.column === "ppc" || arch.column === "ppc64";
  return !late || (table !== "2.5.0" && table !== "2.5.1");
}

const directNumbers = new Map<string, Map<string, number>>();

function lookUpDirect(table: string, arch: ArchName, name: string): number {
  if (!tableKnows(table, name)) return SYSCALL_UNKNOWN;
  return tableNumber(table, arch, name) ?? syscallRow(name)?.pseudo ?? SYSCALL_UNKNOWN;
}

/** The direct number, or, where the architecture lacks the call, libseccomp's pseudo number. */
export function directNumber(table: string, arch: ArchName, name: string): number {
  const key = `${table} ${arch}`;
  let numbers = directNumbers.get(key);
  if (numbers === undefined) {
    numbers = new Map(syscallNames().map((one) => [one, lookUpDirect(table, arch, one)]));
    directNumbers.set(key, numbers);
  }
  return numbers.get(name) ?? SYSCALL_UNKNOWN;
}

/**
 * A name as libseccomp resolves it on one architecture (libseccomp src/syscalls.c
 * `abi_syscall_resolve_name_munge`): the number in `seccomp_data.nr`, a negative pseudo number where
 * the architecture lacks the call (on multiplexing architectures always, for multiplexed names), or
 * {@link SYSCALL_UNKNOWN}.
 */
export function resolveSyscall(table: string, arch: ArchName, name: string): number {
  const mux = multiplexed(name);
  if (mux !== undefined && hasMux(table, ARCHITECTURES[arch])) return muxPseudo(mux);
  return directNumber(table, arch, name);
}

const namesByPseudo = new Map<string, Map<number, string>>();

/** Names of the pseudo numbers of calls that an architecture lacks, in that table. */
function pseudoNames(table: string, arch: ArchName): Map<number, string> {
  const key = `${table} ${arch}`;
  let names = namesByPseudo.get(key);
  if (names === undefined) {
    names = new Map();
    // Two names share -10191. The library finds one of them first; which one changed twice.
    const last = table === "2.5.5" || table === "2.5.6" ? "switch_endian" : "sys_debug_setcontext";
    for (const name of [...syscallNames(), last]) {
      if (!tableKnows(table, name)) continue;
      if (tableNumber(table, arch, name) !== undefined) continue;
      names.set(directNumber(table, arch, name), name);
    }
    namesByPseudo.set(key, names);
  }
  return names;
}

/**
 * The reverse, for a number given on the native architecture (libseccomp src/arch.c
 * `arch_syscall_resolve_num`). x32 and mips also find a number that lacks their offset.
 */
export function nameOfNumber(table: string, arch: ArchName, nr: number): string | undefined {
  const native = ARCHITECTURES[arch];
  if (nr < 0) {
    if (hasMux(table, native)) {
      const name = MUX_NAMES_BY_PSEUDO.get(nr);
      if (name !== undefined) return name;
    }
    return pseudoNames(table, arch).get(nr);
  }
  return (
    tableName(table, arch, nr) ??
    (native.base === 0 ? undefined : tableName(table, arch, nr + native.base))
  );
}
