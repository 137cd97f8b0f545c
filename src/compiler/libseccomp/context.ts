import { ARCHITECTURES, type ArchName } from "../../abi/architecture.js";
import { tableHasArch } from "../../abi/syscalls.js";
import type { Endian } from "../../bpf/instruction.js";
import { SeccompSimError } from "../../errors.js";
import { actionName, MAX_ERRNO, SECCOMP_RET_DATA } from "../../seccomp/action.js";
import type { CompareOp, Condition, FilterRule, Program } from "../model.js";
import { Entry } from "./entry.js";
import { generateProgram } from "./generate.js";
import {
  directNumber,
  hasMux,
  multiplexed,
  nameOfNumber,
  resolveSyscall,
  SYSCALL_UNKNOWN,
} from "./names.js";
import { type Chain, makeChain, WorkBudget } from "./node.js";
import { type PlainReading, readRules } from "./reading.js";

/** What a call into libseccomp returns: 0, or the errno it stands for. */
export type Errno = 0 | "EINVAL" | "EEXIST" | "EACCES" | "EFAULT" | "EDOM";

export interface ContextOptions {
  /** Release whose code is modelled: 2.5.0 to 2.6.1. */
  readonly version: string;
  /** Release whose syscall table is used, where a distribution mixes them. */
  readonly table?: string;
  readonly native: ArchName;
  /** SECCOMP_RET_* word for calls without a rule. */
  readonly defaultAction: number;
  /** For architectures that the filter does not list; KILL_THREAD unless set. */
  readonly badArchAction?: number;
  readonly optimize?: 1 | 2;
  /** Adds rules without the faults of the release: for the plain reading. */
  readonly faultless?: boolean;
}

/** One rule as it reached an entry. */
interface EntryCall {
  readonly conditions: readonly Condition[];
  readonly action: number;
  readonly id: number;
}

/** One architecture of the filter with its entries by call number, and what they were made of. */
interface ArchFilter {
  readonly name: ArchName;
  readonly entries: Map<number, { readonly entry: Entry; readonly calls: EntryCall[] }>;
}

const OPERATORS: ReadonlySet<CompareOp> = new Set([
  "NE",
  "LT",
  "LE",
  "EQ",
  "GE",
  "GT",
  "MASKED_EQ",
]);

/** libseccomp src/db.c `db_action_valid`: only ERRNO (below 4095) and TRACE carry data. */
function isValidAction(action: number): boolean {
  const data = action & SECCOMP_RET_DATA;
  switch (actionName(action)) {
    case undefined:
      return false;
    case "ERRNO":
      return data < MAX_ERRNO;
    case "TRACE":
      return true;
    default:
      return data === 0;
  }
}

/** libseccomp src/api.c `seccomp_rule_add_array`, src/db.c `db_col_rule_add`. */
function areValidConditions(conditions: readonly Condition[]): boolean {
  const seen = new Set<number>();
  return conditions.every(({ index, op }) => {
    const valid = index >= 0 && index <= 5 && !seen.has(index) && OPERATORS.has(op);
    seen.add(index);
    return valid;
  });
}

/**
 * A filter under construction, as a libseccomp release builds it (`scmp_filter_ctx`): the same
 * return code for each call, and the same program, instruction for instruction.
 *
 * ```ts
 * const context = new Context({ version: "2.6.1", native: "x86_64", defaultAction: 0x00050001 });
 * context.addRule({ action: 0x7fff0000, syscall: "read", conditions: [] }); // 0
 * context.generate().instructions.length; // 8
 * ```
 */
export class Context {
  private readonly archs: ArchFilter[] = [];
  private readonly table: string;
  private readonly falseSideBug: boolean;
  private endian: Endian;
  private ruleCount = 0;
  private readonly budget = new WorkBudget();

  /** Throws `invalid-action` for a default or bad-arch action that libseccomp refuses. */
  constructor(private readonly options: ContextOptions) {
    this.table = options.table ?? options.version;
    this.falseSideBug = options.version !== "2.6.1" && !options.faultless;
    this.endian = ARCHITECTURES[options.native].endian;
    for (const action of [options.defaultAction, options.badArchAction ?? 0]) {
      if (isValidAction(action)) continue;
      throw new SeccompSimError(
        "invalid-action",
        `libseccomp does not accept the action 0x${action.toString(16)}`,
      );
    }
    const added = this.addArch(options.native);
    if (added !== 0) {
      throw new SeccompSimError(
        "unknown-architecture",
        `libseccomp ${options.version} does not know the architecture ${options.native}`,
      );
    }
  }

  /** `seccomp_arch_add`: EINVAL unknown here, EEXIST present, EDOM of the other byte order. */
  addArch(name: ArchName): Errno {
    if (!tableHasArch(this.table, name)) return "EINVAL";
    if (this.archs.some((arch) => arch.name === name)) return "EEXIST";
    const { endian } = ARCHITECTURES[name];
    if (this.archs.length > 0 && endian !== this.endian) return "EDOM";
    this.endian = endian;
    this.archs.push({ name, entries: new Map() });
    return 0;
  }

  /** `seccomp_arch_remove`. */
  removeArch(name: ArchName): Errno {
    const index = this.archs.findIndex((arch) => arch.name === name);
    if (index < 0) return "EEXIST";
    this.archs.splice(index, 1);
    return 0;
  }

  /**
   * `seccomp_rule_add_array`. The rule reaches every architecture of the filter or none. Its number,
   * counted over all calls from 0, names it in the program's provenance.
   */
  addRule(rule: FilterRule): Errno {
    const id = this.ruleCount++;
    const { native } = this.options;
    if (this.archs.length === 0 || rule.conditions.length > 6) return "EINVAL";
    const nr =
      typeof rule.syscall === "number"
        ? rule.syscall
        : resolveSyscall(this.table, native, rule.syscall);
    if (nr < 0 && nr > -100) return "EINVAL";
    if (!isValidAction(rule.action)) return "EINVAL";
    if (rule.action === this.options.defaultAction) return "EACCES";
    if (!areValidConditions(rule.conditions)) return "EINVAL";

    const undo: (() => void)[] = [];
    let error: Errno = 0;
    for (const arch of this.archs) {
      const result = this.addToArch(arch, nr, rule, id, undo);
      if (error === 0) error = result;
    }
    if (error !== 0) for (const restore of undo.reverse()) restore();
    return error;
  }

  /** The finished program. Throws `no-architecture` (EINVAL) where all have been removed. */
  generate(): Program {
    if (this.archs.length === 0) {
      throw new SeccompSimError(
        "no-architecture",
        "a filter without an architecture has no program",
      );
    }
    return generateProgram({
      archs: this.archs.map(({ name, entries }) => ({
        name,
        entries: [...entries.values()].map(({ entry }) => entry),
      })),
      ...this.actions(),
      optimize: this.options.optimize ?? 1,
    });
  }

  /** What the rules mean, whatever program is generated from them. */
  reading(): PlainReading {
    return readRules({
      archs: this.archs.map((arch) => ({
        name: arch.name,
        entries: [...arch.entries.values()].map(({ entry, calls }) => ({
          entry,
          conditions: calls.map(({ conditions }) => conditions),
          chains: () => calls.map((call) => ({ ...call, ...this.chain(arch, call) })),
        })),
      })),
      ...this.actions(),
    });
  }

  private actions() {
    const { defaultAction, badArchAction = 0 } = this.options;
    return { endian: this.endian, defaultAction, badArchAction };
  }

  /** libseccomp src/arch.c `arch_filter_rule_add`, src/syscalls.c `abi_rule_add`. */
  private addToArch(
    arch: ArchFilter,
    nativeNr: number,
    rule: FilterRule,
    id: number,
    undo: (() => void)[],
  ): Errno {
    const { native } = this.options;
    const isNative = arch.name === native;
    const architecture = ARCHITECTURES[arch.name];
    const name =
      typeof rule.syscall === "string" && nativeNr > -10000
        ? rule.syscall
        : nameOfNumber(this.table, native, nativeNr);
    let nr = nativeNr;
    if (!isNative) {
      if (name === undefined) return "EFAULT";
      nr = resolveSyscall(this.table, arch.name, name);
      if (nr === SYSCALL_UNKNOWN) return "EFAULT";
    }
    const add = (to: number, conditions: readonly Condition[]) =>
      this.addEntry(arch, to, conditions, rule.action, id, undo);

    if (!hasMux(this.table, architecture)) return add(nr, rule.conditions);
    const mux = name === undefined ? undefined : multiplexed(name);
    if (name === undefined || mux === undefined) {
      return nr < 0 ? 0 : add(nr, rule.conditions);
    }
    const select: Condition = {
      index: 0,
      op: "EQ",
      value: BigInt(mux.selector),
      valueTwo: 0n,
    };
    const viaMux = add(architecture[mux.via] as number, [
      select,
      ...rule.conditions.filter(({ index }) => index !== 0),
    ]);
    if (viaMux !== 0) return viaMux;
    return add(directNumber(this.table, arch.name, name), rule.conditions);
  }

  private addEntry(
    arch: ArchFilter,
    nr: number,
    conditions: readonly Condition[],
    action: number,
    id: number,
    undo: (() => void)[],
  ): Errno {
    const { entries } = arch;
    const key = nr >>> 0;
    const call: EntryCall = { conditions, action, id };
    const made = entries.get(key);
    if (made === undefined) {
      entries.set(key, { entry: this.makeEntry(arch, nr, [call]), calls: [call] });
      undo.push(() => entries.delete(key));
      return 0;
    }
    const { entry, calls } = made;
    undo.push(() => {
      calls.pop();
      entries.set(key, { entry: this.makeEntry(arch, nr, calls), calls });
    });
    calls.push(call);
    return entry.add(this.chain(arch, call), action, id) ? 0 : "EEXIST";
  }

  /** An entry from its rules; they went well before, so going back to them is making it anew. */
  private makeEntry(arch: ArchFilter, nr: number, calls: readonly EntryCall[]): Entry {
    const entry = new Entry(nr, this.falseSideBug, this.budget);
    calls.forEach((call, i) => {
      const chain = this.chain(arch, call);
      if (i === 0) entry.start(chain, call.action, call.id);
      else entry.add(chain, call.action, call.id);
    });
    return entry;
  }

  private chain(arch: ArchFilter, { conditions, action, id }: EntryCall): Chain {
    return makeChain(conditions, action, id, ARCHITECTURES[arch.name], this.endian);
  }
}
