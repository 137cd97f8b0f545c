import { ARCHITECTURES, type ArchName } from "../../abi/architecture.js";
import { syscallIndex, syscallNames, tableHasArch } from "../../abi/syscalls.js";
import type { Endian } from "../../bpf/instruction.js";
import { SeccompSimError } from "../../errors.js";
import { ACTION_SINCE, actionName, MAX_ERRNO, SECCOMP_RET_DATA } from "../../seccomp/action.js";
import { isAtLeast, type KernelVersion } from "../../target.js";
import type { CompareOp, Condition, FilterRule, Program } from "../model.js";
import { addToEntry, callsOf, type Entry, type EntryCall } from "./entry.js";
import { generateProgram } from "./generate.js";
import {
  multiplexed,
  nameOfNumber,
  type Resolver,
  resolverOf,
  SHARED_PSEUDO,
  SYSCALL_UNKNOWN,
} from "./names.js";
import { type Chain, makeChain, WorkBudget } from "./node.js";
import { type PlainReading, readRules } from "./reading.js";
import { Tree } from "./tree.js";

/** What a call into libseccomp returns: 0, or the errno it stands for. */
export type Errno = 0 | "EINVAL" | "EEXIST" | "EACCES" | "EFAULT" | "EDOM";

export interface ContextOptions {
  /** Release whose code is modelled: 2.5.0 to 2.6.1. */
  readonly version: string;
  /** Release whose syscall table is used, where a distribution mixes them. */
  readonly table?: string;
  readonly native: ArchName;
  /** The one that would run the filter; unless given, one that knows all actions. */
  readonly kernel?: KernelVersion;
  /** SECCOMP_RET_* word for calls without a rule. */
  readonly defaultAction: number;
  /** For architectures that the filter does not list; KILL_THREAD unless set. */
  readonly badArchAction?: number;
  readonly optimize?: 1 | 2;
  /** Adds rules without the faults of the release: for the plain reading. */
  readonly faultless?: boolean;
}

/** One architecture of the filter with its entries by call number, as unsigned. */
interface ArchFilter {
  readonly name: ArchName;
  readonly resolver: Resolver;
  readonly entries: Map<number, Entry>;
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

/** A call's number by the index of its name. */
function numberOf({ numbers }: Resolver, index: number | undefined): number {
  return index === undefined ? SYSCALL_UNKNOWN : (numbers[index] as number);
}

/**
 * libseccomp src/system.c `sys_chk_seccomp_action`: only ERRNO (below 4095) and TRACE carry data, and the
 * running kernel is asked for its newer actions.
 */
function isValidAction(action: number, kernel: KernelVersion | undefined): boolean {
  const data = action & SECCOMP_RET_DATA;
  const name = actionName(action);
  switch (name) {
    case undefined:
      return false;
    case "ERRNO":
      return data < MAX_ERRNO;
    case "TRACE":
      return true;
    default: {
      const since = ACTION_SINCE[name];
      return data === 0 && (!kernel || !since || isAtLeast(kernel, since));
    }
  }
}

function invalidAction(action: number): SeccompSimError {
  const word = `0x${action.toString(16)}`;
  return new SeccompSimError("invalid-action", `libseccomp does not accept the action ${word}`);
}

function unknownArchitecture({ version, native }: ContextOptions): SeccompSimError {
  return new SeccompSimError(
    "unknown-architecture",
    `libseccomp ${version} does not know the architecture ${native}`,
  );
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
  private readonly native: Resolver;
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
      if (isValidAction(action, options.kernel)) continue;
      throw invalidAction(action);
    }
    const added = this.addArch(options.native);
    if (added !== 0) {
      throw unknownArchitecture(options);
    }
    this.native = resolverOf(this.table, options.native);
  }

  /** `seccomp_arch_add`: EINVAL unknown here, EEXIST present, EDOM of the other byte order. */
  addArch(name: ArchName): Errno {
    if (!tableHasArch(this.table, name)) return "EINVAL";
    if (this.archs.some((arch) => arch.name === name)) return "EEXIST";
    const { endian } = ARCHITECTURES[name];
    if (this.archs.length > 0 && endian !== this.endian) return "EDOM";
    this.endian = endian;
    this.archs.push({ name, resolver: resolverOf(this.table, name), entries: new Map() });
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
    if (this.archs.length === 0 || rule.conditions.length > 6) return "EINVAL";
    const { syscall, action, conditions } = rule;
    const given = typeof syscall === "string" ? syscallIndex(syscall) : undefined;
    const nr = typeof syscall === "number" ? syscall : numberOf(this.native, given);
    if (nr < 0 && nr > -100) return "EINVAL";
    if (!isValidAction(action, this.options.kernel)) return "EINVAL";
    if (action === this.options.defaultAction) return "EACCES";
    if (conditions.length > 0 && !areValidConditions(conditions)) return "EINVAL";

    const index = given !== undefined && nr !== SHARED_PSEUDO ? given : this.indexOfNumber(nr);
    const call: EntryCall = { conditions, action, id };
    let error: Errno = 0;
    // Until the engine optimises it, a loop with an iterator makes an object for each turn: a thousand here.
    for (let i = 0; i < this.archs.length; i++) {
      const result = this.addToArch(this.archs[i] as ArchFilter, nr, index, call);
      if (error === 0) error = result;
    }
    if (error !== 0) this.undo(id);
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
      archs: this.archs,
      ...this.actions(),
      optimize: this.options.optimize ?? 1,
    });
  }

  /** What the rules mean, whatever program is generated from them. */
  reading(): PlainReading {
    return readRules({
      archs: this.archs.map((arch) => ({
        name: arch.name,
        entries: [...arch.entries.values()].map((entry) => ({
          entry,
          conditions: callsOf(entry).map(({ conditions }) => conditions),
          chains: () => callsOf(entry).map((call) => ({ ...call, ...this.chain(arch, call) })),
        })),
      })),
      endian: this.endian,
      ...this.actions(),
    });
  }

  private actions() {
    const { defaultAction, badArchAction = 0 } = this.options;
    return { defaultAction, badArchAction };
  }

  /** libseccomp src/arch.c `arch_filter_rule_add`, src/syscalls.c `abi_rule_add`. */
  private addToArch(
    arch: ArchFilter,
    nativeNr: number,
    index: number | undefined,
    call: EntryCall,
  ): Errno {
    const { resolver } = arch;
    let nr = nativeNr;
    if (arch.name !== this.options.native) {
      nr = numberOf(resolver, index);
      if (nr === SYSCALL_UNKNOWN) return "EFAULT";
    }
    if (!resolver.mux) return this.addEntry(arch, nr, call);
    const name = index === undefined ? undefined : syscallNames()[index];
    const mux = name === undefined ? undefined : multiplexed(name);
    if (index === undefined || mux === undefined) return nr < 0 ? 0 : this.addEntry(arch, nr, call);
    const select: Condition = {
      index: 0,
      op: "EQ",
      value: BigInt(mux.selector),
      valueTwo: 0n,
    };
    const viaMux = this.addEntry(arch, ARCHITECTURES[arch.name][mux.via] as number, {
      ...call,
      conditions: [select, ...call.conditions.filter(({ index }) => index !== 0)],
    });
    return viaMux === 0 ? this.addEntry(arch, resolver.directs[index] as number, call) : viaMux;
  }

  private addEntry(arch: ArchFilter, nr: number, call: EntryCall): Errno {
    const { entries } = arch;
    const entry = entries.get(nr >>> 0);
    if (entry === undefined) {
      entries.set(nr >>> 0, this.makeEntry(arch, nr, call));
      return 0;
    }
    return addToEntry(entry, call, this.chain(arch, call)) ? 0 : "EEXIST";
  }

  /** Takes a rule out again, wherever it has been added. */
  private undo(rule: number): void {
    for (const arch of this.archs) {
      for (const [key, entry] of arch.entries) {
        const calls = callsOf(entry);
        const [first, ...others] = calls.filter(({ id }) => id !== rule);
        if (first === undefined) arch.entries.delete(key);
        else if (others.length + 1 < calls.length) {
          // They went well before, so going back to them is making the entry anew.
          const again = this.makeEntry(arch, entry.nr, first);
          for (const call of others) addToEntry(again, call, this.chain(arch, call));
          arch.entries.set(key, again);
        }
      }
    }
  }

  /** An entry of one rule. */
  private makeEntry(arch: ArchFilter, nr: number, call: EntryCall): Entry {
    const tree = call.conditions.length === 0 ? undefined : this.makeTree(arch, call);
    return { arch: arch.name, nr, first: call, later: undefined, tree, unconditional: call };
  }

  private makeTree(arch: ArchFilter, call: EntryCall): Tree | undefined {
    const chain = this.chain(arch, call);
    return chain.head === null ? undefined : new Tree(chain, this.budget, this.falseSideBug);
  }

  private indexOfNumber(nr: number): number | undefined {
    const name = nameOfNumber(this.table, this.options.native, nr);
    return name === undefined ? undefined : syscallIndex(name);
  }

  private chain(arch: ArchFilter, { conditions, action, id }: EntryCall): Chain {
    return makeChain(conditions, action, id, ARCHITECTURES[arch.name], this.endian);
  }
}
