import { ARCHITECTURES, type Architecture, type ArchName } from "../../abi/architecture.js";
import { syscallIndex, syscallNames, tableName, tableNumbers } from "../../abi/syscalls.js";

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
function hasMux(table: string, arch: Architecture): boolean {
  if (arch.socketcall === undefined) return false;
  const late = arch.column === "mips" || arch.column === "ppc" || arch.column === "ppc64";
  return !late || (table !== "2.5.0" && table !== "2.5.1");
}

/** How one release resolves names on one architecture. */
export interface Resolver {
  /** Whether it multiplexes there. */
  readonly mux: boolean;
  /** By the index of the name: as {@link direct} and {@link resolve} have them. */
  readonly directs: Int32Array;
  readonly numbers: Int32Array;
  /** The direct number, or, where the architecture lacks the call, libseccomp's pseudo number. */
  direct(name: string): number;
  /** As {@link resolveSyscall}. */
  resolve(name: string): number;
}

const resolvers = new Map<string, Resolver>();

/** The resolver for a release's table and an architecture, made once. */
export function resolverOf(table: string, arch: ArchName): Resolver {
  const key = `${table} ${arch}`;
  let resolver = resolvers.get(key);
  if (resolver === undefined) {
    resolver = makeResolver(table, arch);
    resolvers.set(key, resolver);
  }
  return resolver;
}

function makeResolver(table: string, arch: ArchName): Resolver {
  const mux = hasMux(table, ARCHITECTURES[arch]);
  const directs = tableNumbers(table, arch);
  const numbers = mux ? directs.slice() : directs;
  if (mux) {
    for (const [name, via] of MULTIPLEXED) numbers[syscallIndex(name) as number] = muxPseudo(via);
  }
  const lookUp = (list: Int32Array, name: string): number => {
    const index = syscallIndex(name);
    return index === undefined ? SYSCALL_UNKNOWN : (list[index] as number);
  };
  return {
    mux,
    directs,
    numbers,
    direct: (name) => lookUp(directs, name),
    resolve: (name) => lookUp(numbers, name),
  };
}

/**
 * A name as libseccomp resolves it on one architecture (libseccomp src/syscalls.c
 * `abi_syscall_resolve_name_munge`): the number in `seccomp_data.nr`, a negative pseudo number where
 * the architecture lacks the call (on multiplexing architectures always, for multiplexed names), or
 * {@link SYSCALL_UNKNOWN}.
 */
export function resolveSyscall(table: string, arch: ArchName, name: string): number {
  return resolverOf(table, arch).resolve(name);
}

/** The one pseudo number that two names have: which one a release finds first changed twice. */
export const SHARED_PSEUDO = -10191;

const namesByPseudo = new Map<string, Map<number, string>>();

/** Names of the pseudo numbers of calls that an architecture lacks, in that table. */
function pseudoNames(table: string, arch: ArchName): Map<number, string> {
  const key = `${table} ${arch}`;
  let names = namesByPseudo.get(key);
  if (names === undefined) {
    names = makePseudoNames(table, resolverOf(table, arch).directs);
    namesByPseudo.set(key, names);
  }
  return names;
}

function makePseudoNames(table: string, directs: Int32Array): Map<number, string> {
  const names = new Map<number, string>();
  const all = syscallNames();
  for (let i = 0; i < directs.length; i++) {
    const nr = directs[i] as number;
    if (nr < SYSCALL_UNKNOWN) names.set(nr, all[i] as string);
  }
  const first = table === "2.5.5" || table === "2.5.6" ? "switch_endian" : "sys_debug_setcontext";
  if (directs[syscallIndex(first) as number] === SHARED_PSEUDO) names.set(SHARED_PSEUDO, first);
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
