import { ARCHITECTURES, type ArchName } from "./architecture.js";
import { CAPABILITIES } from "./capabilities.js";
import { type Constant, constantValue, parseConstant } from "./constant-table.js";
import { CONSTANT_TABLE } from "./constants.gen.js";

interface Tables {
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, Constant>>;
  /** Group of each name. */
  readonly groupOf: ReadonlyMap<string, string>;
}

let tables: Tables | undefined;

function load(): Tables {
  if (tables !== undefined) return tables;
  const groups = new Map<string, Map<string, Constant>>();
  const groupOf = new Map<string, string>();
  let group = new Map<string, Constant>();
  let groupName = "";
  const add = (constant: Constant): void => {
    group.set(constant.name, constant);
    if (!groupOf.has(constant.name)) groupOf.set(constant.name, groupName);
  };
  const open = (name: string): void => {
    groupName = name;
    group = groups.get(name) ?? new Map();
    groups.set(name, group);
  };
  for (const line of CONSTANT_TABLE.trim().split("\n")) {
    if (line.startsWith(":")) open(line.slice(1));
    else add(parseConstant(line));
  }
  open("cap");
  CAPABILITIES.forEach((name, number) => {
    add({ name, usual: BigInt(number), others: new Map() });
  });
  tables = { groups, groupOf };
  return tables;
}

/** What became of looking a constant up. */
export type ConstantLookup =
  | { readonly kind: "value"; readonly value: bigint; readonly group: string }
  /** Known, but the architecture has no such constant (or its value is not certain). */
  | { readonly kind: "not-on-arch" }
  /** Known, but of other groups than asked for. */
  | { readonly kind: "elsewhere"; readonly group: string }
  | { readonly kind: "unknown" };

/** The value of a constant among the given groups, as the architecture has it (64-bit, unsigned). */
export function lookupConstant(
  name: string,
  groups: readonly string[],
  arch: ArchName,
): ConstantLookup {
  const { groups: all, groupOf } = load();
  for (const group of groups) {
    const constant = all.get(group)?.get(name);
    if (constant === undefined) continue;
    const value = constantValue(constant, ARCHITECTURES[arch].column);
    return value === undefined ? { kind: "not-on-arch" } : { kind: "value", value, group };
  }
  const group = groupOf.get(name);
  return group === undefined ? { kind: "unknown" } : { kind: "elsewhere", group };
}

/** Names of the given groups; of all when none is given. */
export function constantNames(groups?: readonly string[]): readonly string[] {
  const { groups: all } = load();
  return (groups ?? [...all.keys()]).flatMap((group) => [...(all.get(group)?.keys() ?? [])]);
}

/** Names that people read another name for, of the same value. */
const ALIASES: ReadonlySet<string> = new Set(
  (
    "SIGIOT SIGPOLL SIGCLD SIGUNUSED SIGLOST AF_FILE AF_LOCAL AF_ROUTE PF_FILE PF_LOCAL PF_ROUTE " +
    "O_NDELAY IPPROTO_HOPOPTS SCHED_NORMAL NETLINK_INET_DIAG"
  ).split(" "),
);

/** Name and value of everything in the groups that the architecture has; of one value, its usual name first. */
export function constantsOf(
  groups: readonly string[],
  arch: ArchName,
): readonly { name: string; value: bigint; group: string }[] {
  const { groups: all } = load();
  const { column } = ARCHITECTURES[arch];
  const found: { name: string; value: bigint; group: string }[] = [];
  const aliases: typeof found = [];
  for (const group of groups) {
    for (const constant of all.get(group)?.values() ?? []) {
      const { name } = constant;
      const value = constantValue(constant, column);
      if (value !== undefined) (ALIASES.has(name) ? aliases : found).push({ name, value, group });
    }
  }
  return [...found, ...aliases];
}

/** The number of a signal name: `signalNumber("SIGSYS")` is 31, on mips 12. */
export function signalNumber(name: string, arch: ArchName = "x86_64"): number | undefined {
  const found = lookupConstant(name, ["signal"], arch);
  return found.kind === "value" ? Number(found.value) : undefined;
}

/** The usual name of a signal number. */
export function signalName(n: number, arch: ArchName = "x86_64"): string | undefined {
  return constantsOf(["signal"], arch).find(({ value }) => value === BigInt(n))?.name;
}
