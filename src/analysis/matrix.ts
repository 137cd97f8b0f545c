import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { formatCall } from "../abi/format-call.js";
import { syscallNames, syscallNumber } from "../abi/syscalls.js";
import type { Region } from "../bpf/compare.js";
import { type Part, partition } from "../bpf/partition.js";
import { type Budget, memberOfWordSet } from "../bpf/word-set.js";
import { ARGS_COUNT, ARGS_OFFSET, IP_OFFSET, type SeccompData } from "../seccomp/record.js";
import { combine } from "../seccomp/stack.js";
import type { Verdict } from "../seccomp/verdict.js";
import { CallViews } from "./call-views.js";
import { type Condition, conditionOf, meets } from "./condition.js";
import type { Simulator } from "./simulator.js";

/** What becomes of all calls of one number. */
export interface MatrixRow {
  readonly arch: ArchName;
  readonly nr: number;
  readonly name: string;
  /**
   * `always`: one verdict. `depends`: the arguments decide, and the parts are all there is.
   * `unsplit`: too much to look at; the parts are examples only, without conditions.
   */
  readonly kind: "always" | "depends" | "unsplit";
  /** One for each verdict; no call belongs to two of them. */
  readonly parts: readonly MatrixPart[];
}

export interface MatrixPart {
  readonly verdict: Verdict;
  /** Which calls it gets; `undefined` in an `unsplit` row. */
  readonly condition: Condition | undefined;
  /** One of them, and how it is written. */
  readonly witness: SeccompData;
  readonly call: string;
}

/** Steps for one number, and for all. */
const ROW_STEPS = 200_000;
const ALL_STEPS = 30_000_000;

const ALWAYS: Condition = [[]];

/**
 * Every system call of the given architectures (by default the target's own) with its verdicts; where
 * arguments decide, divided exactly, for every value. In the order of the tables' numbers.
 */
export function createMatrix(
  simulator: Simulator,
  archs: readonly ArchName[] = [simulator.target.arch],
): readonly MatrixRow[] {
  const views = new CallViews(simulator);
  const budget: Budget = { left: ALL_STEPS };
  return archs.flatMap((arch) =>
    callsOf(arch).map(({ name, nr }) => matrixRow(simulator, views, arch, nr, name, budget)),
  );
}

/** Names and numbers of an architecture's calls, by number. */
export function callsOf(arch: ArchName): readonly { name: string; nr: number }[] {
  return syscallNames()
    .flatMap((name) => {
      const nr = syscallNumber(arch, name);
      return nr === undefined ? [] : [{ name, nr }];
    })
    .sort((a, b) => a.nr - b.nr);
}

function matrixRow(
  simulator: Simulator,
  views: CallViews,
  arch: ArchName,
  nr: number,
  name: string,
  budget: Budget,
): MatrixRow {
  const part = (
    ret: number,
    regions: readonly Region[],
    condition: Condition | undefined,
  ): MatrixPart => {
    const witness = plainestOf(regions.map((region) => witnessOf(arch, nr, region)));
    return {
      verdict: simulator.verdictOf(ret),
      condition,
      witness,
      call: formatCall(witness, arch),
    };
  };
  const anything: readonly Region[] = [new Map()];
  const settled = views.settled(arch, nr);
  if (settled !== undefined) {
    return { arch, nr, name, kind: "always", parts: [part(settled, anything, ALWAYS)] };
  }
  const filters = views.of(arch, nr);
  if (filters === undefined) {
    const { ret } = simulator.evaluate({ record: witnessOf(arch, nr, new Map()) });
    return { arch, nr, name, kind: "unsplit", parts: [part(ret, anything, undefined)] };
  }
  const share: Budget = { left: Math.min(ROW_STEPS, budget.left) };
  const before = share.left;
  const { parts, complete } = partition(filters, share);
  budget.left -= before - share.left;
  const byRet = groupByRet(parts);
  const kind = !complete ? "unsplit" : byRet.size === 1 ? "always" : "depends";
  return {
    arch,
    nr,
    name,
    kind,
    parts: [...byRet].map(([ret, regions]) =>
      part(
        ret,
        kind === "always" ? anything : regions,
        complete ? (kind === "always" ? ALWAYS : conditionOf(regions)) : undefined,
      ),
    ),
  };
}

function groupByRet(parts: readonly Part[]): Map<number, Region[]> {
  const groups = new Map<number, Region[]>();
  for (const { leaves, region } of parts) {
    const { ret } = combine(leaves.map((leaf) => leaf.ret));
    const group = groups.get(ret);
    if (group === undefined) groups.set(ret, [region]);
    else group.push(region);
  }
  return groups;
}

/** The call of a region (of little-endian words) with the least words. */
export function witnessOf(arch: ArchName, nr: number, region: Region): SeccompData {
  const word = (offset: number): bigint => {
    const set = region.get(offset);
    const member = set === undefined ? 0 : memberOfWordSet(set);
    return BigInt(typeof member === "number" ? member : 0);
  };
  const wide = (at: number): bigint => word(at) | (word(at + 4) << 32n);
  return {
    nr,
    arch: ARCHITECTURES[arch].audit,
    ip: wide(IP_OFFSET),
    args: Array.from({ length: ARGS_COUNT }, (_, i) => wide(ARGS_OFFSET + 8 * i)),
  };
}

/** The call with the smallest arguments. */
export function plainestOf(records: readonly SeccompData[]): SeccompData {
  return records.reduce(plainer);
}

function plainer(a: SeccompData, b: SeccompData): SeccompData {
  const i = a.args.findIndex((value, index) => value !== b.args[index]);
  return (a.args[i] ?? 0n) <= (b.args[i] ?? 0n) ? a : b;
}

/** The part of a row that a call of its number belongs to. */
export function partOf(row: MatrixRow, record: SeccompData): MatrixPart | undefined {
  return row.parts.find(({ condition }) => condition !== undefined && meets(condition, record));
}
