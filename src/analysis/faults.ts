import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { formatCall } from "../abi/format-call.js";
import { syscallName } from "../abi/syscalls.js";
import { type Comparison, compareDecisions, type Region } from "../bpf/compare.js";
import { type Decision, decisionsOf, type Leaf } from "../bpf/decision.js";
import { type Budget, onlyWord } from "../bpf/word-set.js";
import { CONFLICT, type ReadEntry } from "../compiler/index.js";
import type { Warning } from "../errors.js";
import { type CompiledFilter, type ReadPolicy, readPolicy } from "../runtime/compile.js";
import { ARCH_OFFSET, NR_OFFSET, recordOfWords, type SeccompData } from "../seccomp/record.js";
import { decodeVerdict, executes, formatVerdict } from "../seccomp/verdict.js";

/** More calls than anybody reads about are left out. */
const MAX_FAULTS = 10;

/** Steps for the comparison of a whole filter: below a second. Docker's default needs a few thousand. */
const MAX_STEPS = 40_000_000;

/** A call on which a program and the plain reading of its profile differ. */
export interface Fault {
  readonly arch: ArchName;
  readonly record: SeccompData;
  /** The SECCOMP_RET_* words: the program's, and what the profile says. */
  readonly actual: number;
  readonly plain: number;
  readonly entry: ReadEntry;
}

/**
 * The calls, one for each number at most, on which libseccomp's program decides otherwise than the
 * profile says: its faults (linked chains that are forgotten or joined, missing loads, loads that are
 * left out) are in the program, as in the real one. The runtime's stub is none of them and not looked at.
 *
 * Only entries of two or more rules can be hit, and all entries of an architecture at once where the
 * load of the number is missing; so these are compared, for every value of every argument.
 */
export function findFaults(compiled: CompiledFilter, read: ReadPolicy): readonly Fault[] {
  return compareEntries(compiled, read).faults;
}

/** The faults, and the entries that were too much to compare. */
function compareEntries(
  { program, stubLength, endian }: CompiledFilter,
  read: ReadPolicy,
): { faults: readonly Fault[]; unsure: readonly ReadEntry[] } {
  const decision = decisionsOf(program.instructions.slice(stubLength));
  if (decision === undefined) return { faults: [], unsure: read.reading.entries };
  const budget: Budget = { left: MAX_STEPS };
  const faults: Fault[] = [];
  const unsure: ReadEntry[] = [];
  const seen = new Set<ArchName>();
  for (const entry of read.reading.entries) {
    if (faults.length === MAX_FAULTS) break;
    const first = !seen.has(entry.arch);
    seen.add(entry.arch);
    if (!first && (entry.rules.length < 2 || entry.decision.kind === "leaf")) continue;
    const { arch, nr } = entry;
    const region: Region = new Map([
      [ARCH_OFFSET, onlyWord(ARCHITECTURES[arch].audit)],
      [NR_OFFSET, onlyWord(nr >>> 0)],
    ]);
    const found = compareWith(decision, entry, region, budget);
    if (found.kind === "unknown") unsure.push(entry);
    if (found.kind !== "different") continue;
    const record = recordOfWords(found.words, endian);
    faults.push({ arch, record, actual: found.left.ret, plain: found.right.ret, entry });
  }
  return { faults, unsure };
}

/** With the tree as its rules mean it, and with each rule read for itself, where the rules agree. */
function compareWith(
  program: Decision,
  entry: ReadEntry,
  region: Region,
  shared: Budget,
): Comparison {
  // One call may use up half of what is left, so that the others have a share.
  const budget: Budget = { left: shared.left / 2 };
  const before = budget.left;
  const compare = (): Comparison => {
    const byTree = compareDecisions(program, entry.decision, region, { budget });
    if (byTree.kind === "different" || entry.rules.length < 2) return byTree;
    const rules = entry.byRules();
    if (rules === undefined) return { kind: "unknown" };
    const same = (left: Leaf, right: Leaf): boolean => right === CONFLICT || left.ret === right.ret;
    const byRules = compareDecisions(program, rules, region, { budget, same });
    return byRules.kind === "equal" ? byTree : byRules;
  };
  const found = compare();
  shared.left -= before - budget.left;
  return found;
}

/** What the user is told about faults. */
export function faultWarnings(compiled: CompiledFilter): readonly Warning[] {
  const { libseccomp, arch: native } = compiled.target;
  const read = readPolicy(compiled.policy, compiled.target);
  const { faults, unsure } = compareEntries(compiled, read);
  const placeOf = ({ rules }: ReadEntry) => read.calls[rules[0] ?? -1]?.place;
  const warnings = faults.map(({ arch, record, actual, plain, entry }): Warning => {
    const [is, should] = [decodeVerdict(actual, native), decodeVerdict(plain, native)];
    const call = `${formatCall(record, arch)}${arch === native ? "" : ` on ${arch}`}`;
    const does =
      executes(is) === executes(should)
        ? "decides otherwise than your profile says"
        : executes(is)
          ? "allows what your profile denies"
          : "denies what your profile allows";
    return {
      code: "libseccomp-fault",
      message: `libseccomp ${libseccomp} ${does}: ${call} gets ${formatVerdict(is)} instead of ${formatVerdict(should)}`,
      place: placeOf(entry),
      hint: "the fault is in the program that the library generates: use fewer conditions on this call, or another order of its entries",
    };
  });
  const [first] = unsure;
  if (first === undefined) return warnings;
  const names = [...new Set(unsure.map(({ arch, nr }) => syscallName(arch, nr) ?? `${nr}`))];
  const shown = names.length > 5 ? `${names.slice(0, 5).join(", ")} and more` : names.join(", ");
  return [
    ...warnings,
    {
      code: "not-compared",
      message: `${shown}: too many conditions to compare libseccomp's program with the profile for every call`,
      place: placeOf(first),
      hint: "faults of libseccomp may remain; --runtime ideal shows what the profile says",
    },
  ];
}
