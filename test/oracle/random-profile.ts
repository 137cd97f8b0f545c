import { ARCHITECTURES } from "../../src/abi/architecture.js";
import type { Random } from "./random.js";

const MULTIPLEXED = "socket bind connect accept send recv sendto semop semget msgsnd shmat".split(
  " ",
);
/** Names that are none, that only some architectures have, or that libseccomp may not know yet. */
const ODD_NAMES = [
  "",
  "Read",
  " read",
  "read ",
  "read\0",
  "\0",
  "sysread",
  "no_such_call",
  "lesen\u00e4",
  "breakpoint",
  "set_tls",
  "riscv_flush_icache",
  "s390_pci_mmio_read",
  "uretprobe",
  "setxattrat",
  "fchmodat2",
  "__NR_read",
  "0",
];

const ACTIONS = ["ALLOW", "ALLOW", "ALLOW", "ERRNO", "ERRNO", "ERRNO"].concat(
  "LOG KILL KILL_THREAD KILL_PROCESS TRAP TRACE".split(" "),
);
const ODD_ACTIONS = ["SCMP_ACT_NOTIFY", "SCMP_ACT_DENY", "", "ALLOW", "scmp_act_allow"];
const OPERATORS = "NE LT LE EQ EQ GE GT MASKED_EQ".split(" ");
const ODD_OPERATORS = ["", "EQ", "SCMP_CMP_XX", "scmp_cmp_eq"];
const ERRNOS = [0, 1, 2, 13, 38, 4094];
const ODD_ERRNOS = [4095, 4096, 65535, 65536, 65537, 327718, 4294967295];
const FLAGS = ["TSYNC", "SPEC_ALLOW", "LOG", "WAIT_KILLABLE_RECV"].map(
  (flag) => `SECCOMP_FILTER_FLAG_${flag}`,
);
const ODD_ARCHS = ["", "x86", "amd64", "SCMP_ARCH_NATIVE", "SCMP_ARCH_Z80", "SCMP_ARCH_x86"];

const ALL_ARCHS = Object.keys(ARCHITECTURES).map((name) => `SCMP_ARCH_${name.toUpperCase()}`);

function list<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function randomArchs(random: Random): string[] {
  const usual = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"];
  return list(random.below(5), () => {
    if (random.chance(0.01)) return random.pick(ODD_ARCHS);
    return random.chance(0.2) ? random.pick(ALL_ARCHS) : random.pick(usual);
  });
}

/** As JSON text: values have up to 64 bits. */
function randomArg(random: Random, index: number): string {
  const op = random.chance(0.01)
    ? random.pick(ODD_OPERATORS)
    : `SCMP_CMP_${random.pick(OPERATORS)}`;
  const at = random.chance(0.01) ? random.pick([6, 7, 4294967295]) : index;
  const second = random.chance(0.5) ? `,"valueTwo":${random.wide()}` : "";
  return `{"index":${at},"value":${random.wide()}${second},"op":"${op}"}`;
}

function randomArgs(random: Random): string[] {
  const many = random.chance(0.02) ? 7 : random.pick([0, 0, 0, 1, 1, 2, 3]);
  const twice = random.chance(0.15);
  const first = random.below(6);
  return list(many, (i) => randomArg(random, twice ? random.below(2) : (first + i) % 6));
}

function randomAction(random: Random): string {
  return random.chance(0.02) ? random.pick(ODD_ACTIONS) : `SCMP_ACT_${random.pick(ACTIONS)}`;
}

/** Mostly where it has a use: crun refuses it elsewhere. */
function randomErrno(random: Random, action: string): number | undefined {
  const used = action === "SCMP_ACT_ERRNO" || action === "SCMP_ACT_TRACE";
  if (!random.chance(used ? 0.5 : 0.01)) return undefined;
  return random.pick(random.chance(0.04) ? ODD_ERRNOS : ERRNOS);
}

function randomEntry(random: Random, names: readonly string[]): string {
  const many = random.chance(0.05) ? 40 : 1 + random.below(4);
  const chosen = list(random.chance(0.02) ? 0 : many, () => {
    if (random.chance(0.03)) return random.pick(ODD_NAMES);
    return random.pick(random.chance(0.15) ? MULTIPLEXED : names);
  });
  const action = randomAction(random);
  const errno = randomErrno(random, action);
  const args = randomArgs(random);
  const fields = [
    `"names":${JSON.stringify(chosen)}`,
    `"action":${JSON.stringify(action)}`,
    ...(errno === undefined ? [] : [`"errnoRet":${errno}`]),
    ...(args.length === 0 && random.chance(0.8) ? [] : [`"args":[${args}]`]),
  ];
  return `{${fields}}`;
}

/** The text of an OCI `linux.seccomp`, now and then with words that a runtime does not know. */
export function randomProfile(random: Random, names: readonly string[]): string {
  const action = randomAction(random);
  const errno = randomErrno(random, action);
  const some = list(6, () => random.pick(names));
  const entries = list(random.below(7), () =>
    randomEntry(random, random.chance(0.5) ? some : names),
  );
  const flags = list(random.below(3), () =>
    random.chance(0.1) ? "SECCOMP_FILTER_FLAG_NONE" : random.pick(FLAGS),
  );
  const fields = [
    ...(random.chance(0.01) ? [] : [`"defaultAction":${JSON.stringify(action)}`]),
    ...(errno === undefined ? [] : [`"defaultErrnoRet":${errno}`]),
    ...(random.chance(0.2) ? [] : [`"architectures":${JSON.stringify(randomArchs(random))}`]),
    ...(random.chance(0.9) ? [] : [`"flags":${JSON.stringify(flags)}`]),
    ...(random.chance(0.02) ? [] : [`"syscalls":[${entries}]`]),
  ];
  return `{${fields}}`;
}
