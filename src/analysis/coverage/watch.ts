import { ARCHITECTURES } from "../../abi/architecture.js";
import { type Decision, decisionsOf, follow, type Leaf } from "../../bpf/decision.js";
import { RET_K } from "../../bpf/opcode.js";
import type { Budget } from "../../bpf/word-set.js";
import {
  type Condition,
  directNumber,
  HOLDS,
  type ReadEntry,
  readCondition,
} from "../../compiler/index.js";
import type { Policy } from "../../profile/policy.js";
import { cString } from "../../runtime/calls.js";
import { type CompiledFilter, type ReadPolicy, readPolicy } from "../../runtime/compile.js";
import { ARCH_OFFSET, decodeRecord, NR_OFFSET, RECORD_SIZE } from "../../seccomp/record.js";
import { alwaysAllowed } from "../../seccomp/special.js";
import { syscallTable, type Target } from "../../target.js";
import type { ConditionItems, EntryItems, GateItems, Item, ProfileItems } from "./items.js";
import { reachableLeaves, regionOf } from "./reach.js";

/** A condition of a rule that may decide the call, and what must hold for the rule to be asked. */
export interface Check {
  readonly items: ConditionItems;
  readonly decision: Decision;
  /** What a multiplexer must select. */
  readonly selectors: readonly Decision[];
}

/** One number on one architecture. */
export interface Watched {
  readonly read: ReadEntry | undefined;
  /** The rules that decide some of its calls; all where that is not known. */
  readonly rules: ReadonlySet<number>;
  readonly checks: readonly Check[];
  /** Gates that are shut here, of entries that name this call. */
  readonly shut: GateItems[];
  /** Nothing more can be learnt from it. */
  settled: boolean;
}

/** What a word of the record is; the place of the record is set from outside. */
interface Cursor {
  at: number;
  word(offset: number): number;
}

/**
 * What a profile says on one target, watched for the calls that are made. A call counts for the entry whose
 * rule decides it in the plain reading of the policy: where several entries name it, the one whose action
 * libseccomp's tree of their rules leads to. What the runtime's stub answers, or the kernel without asking
 * filters, counts for no entry.
 */
export class TargetWatch {
  readonly read: ReadPolicy;
  readonly hasStub: boolean;
  private readonly stub: Decision | undefined;
  private readonly byArch = new Map<number, Map<number, Watched>>();
  private readonly entries: ReadonlyMap<number, EntryItems>;
  /** The name's item of each rule; of a name that an entry gives twice, the first. */
  readonly names: readonly (Item | undefined)[];

  /** @param budget shared by all targets, for what only improves the report */
  constructor(
    readonly items: ProfileItems,
    readonly policy: Policy,
    readonly target: Target,
    loaded: {
      readonly compiled: CompiledFilter | undefined;
      readonly read: ReadPolicy | undefined;
    },
    private readonly budget: Budget,
  ) {
    this.read = loaded.read ?? readPolicy(policy, target);
    this.stub = stubOf(loaded.compiled);
    this.hasStub = this.stub !== undefined;
    const inForce = new Set(policy.entries.map(({ index }) => index));
    this.entries = new Map(
      items.entries
        .filter(({ source }) => inForce.has(source.index))
        .map((entry) => [entry.source.index, entry]),
    );
    this.names = this.nameItems();
    for (const arch of this.read.reading.archs) {
      const { audit } = ARCHITECTURES[arch];
      this.byArch.set(audit, this.byArch.get(audit) ?? new Map());
    }
    for (const entry of this.read.reading.entries) this.watch(entry);
    for (const entry of items.entries) if (!inForce.has(entry.source.index)) this.watchShut(entry);
  }

  /** The calls that rules were made for. */
  get watched(): readonly Watched[] {
    return [...this.byArch.values()].flatMap((numbers) => [...numbers.values()]);
  }

  /** The shut sides of gates that some call can show here. */
  readonly shutItems = new Set<Item>();

  /** Whether the entry is in force here. */
  has(index: number): boolean {
    return this.entries.has(index);
  }

  /** Looks at records of 64 bytes. */
  observe(records: Uint8Array): void {
    const little = ARCHITECTURES[this.target.arch].endian === "little";
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    const cursor: Cursor = {
      at: 0,
      word: (offset) => view.getUint32(cursor.at + offset, little),
    };
    for (; cursor.at + RECORD_SIZE <= records.length; cursor.at += RECORD_SIZE) {
      const arch = view.getUint32(cursor.at + ARCH_OFFSET, little);
      const numbers = this.byArch.get(arch);
      if (numbers === undefined) {
        this.items.badArch.covered = true;
        continue;
      }
      const nr = view.getUint32(cursor.at + NR_OFFSET, little);
      const watched = numbers.get(nr);
      if (watched === undefined) this.other(records, cursor, nr, arch);
      else if (!watched.settled) this.decided(watched, records, cursor, nr, arch);
    }
  }

  /** A number that no rule is for. */
  private other(records: Uint8Array, cursor: Cursor, nr: number, arch: number): void {
    const { badArch, defaultAction, stub } = this.items;
    if (badArch.covered && defaultAction.covered && (stub.covered || !this.hasStub)) return;
    if (alwaysAllowed({ nr, arch }, this.target.kernel) !== undefined) return;
    if (this.stub !== undefined && follow(this.stub, cursor.word).ret !== 0) {
      stub.covered = true;
      return;
    }
    const { endian } = ARCHITECTURES[this.target.arch];
    const { why } = this.read.reading.decide(decodeRecord(records, endian, cursor.at));
    if (why === "badArch") badArch.covered = true;
    else defaultAction.covered = true;
  }

  private decided(
    watched: Watched,
    records: Uint8Array,
    cursor: Cursor,
    nr: number,
    arch: number,
  ): void {
    for (const { shut } of watched.shut) shut.covered = true;
    watched.shut.length = 0;
    const { read } = watched;
    if (read === undefined) {
      this.other(records, cursor, nr, arch);
      watched.settled = this.items.defaultAction.covered;
      return;
    }
    const leaf = follow(read.decision, cursor.word);
    if (leaf.rule === undefined) this.items.defaultAction.covered = true;
    else this.hit(leaf.rule);
    for (const { items, decision, selectors } of watched.checks) {
      if (items.holds.covered && items.fails.covered) continue;
      if (!selectors.every((one) => holds(one, cursor))) continue;
      (holds(decision, cursor) ? items.holds : items.fails).covered = true;
    }
    watched.settled = this.isSettled(watched, read.decision);
  }

  private hit(rule: number): void {
    const call = this.read.calls[rule];
    const items = call && this.entries.get(call.entry);
    if (items === undefined) return;
    items.entry.covered = true;
    for (const { open } of items.gates) open.covered = true;
    const name = this.names[rule];
    if (name !== undefined) name.covered = true;
  }

  private isSettled({ rules, checks }: Watched, decision: Decision): boolean {
    if (decision.kind === "leaf") {
      return checks.every(({ items }) => items.holds.covered || items.fails.covered);
    }
    if (!this.items.defaultAction.covered) return false;
    if (!checks.every(({ items }) => items.holds.covered && items.fails.covered)) return false;
    return [...rules].every((rule) => this.names[rule]?.covered !== false);
  }

  private nameItems(): readonly (Item | undefined)[] {
    const byEntry = new Map<EntryItems, Map<string, Item>>();
    return this.read.calls.map(({ entry, name }) => {
      const items = this.entries.get(entry);
      if (items === undefined) return undefined;
      let byName = byEntry.get(items);
      if (byName === undefined) {
        byName = new Map();
        for (const { word, item } of items.names) {
          const text = cString(word.value);
          if (!byName.has(text)) byName.set(text, item);
        }
        byEntry.set(items, byName);
      }
      return byName.get(name);
    });
  }

  private watch(read: ReadEntry): void {
    const arch = ARCHITECTURES[read.arch];
    const nr = read.nr >>> 0;
    const isAsked = alwaysAllowed({ nr, arch: arch.audit }, this.target.kernel) === undefined;
    if (!isAsked || this.isStubs(nr, arch.audit)) return;
    const leaves = reachableLeaves(read.decision, regionOf(read), this.budget);
    const reached = [...(leaves ?? [])].flatMap(({ rule }: Leaf) => rule ?? []);
    const rules = new Set(leaves === undefined ? read.rules : reached);
    const checks: Check[] = [];
    read.rules.forEach((rule, i) => {
      if (rules.has(rule)) checks.push(...this.checks(read, rule, read.conditions[i] ?? []));
    });
    this.numbersOf(arch.audit).set(nr, { read, rules, checks, shut: [], settled: false });
  }

  /** The checks of a rule's own conditions; others came with the multiplexer. */
  private checks(read: ReadEntry, rule: number, came: readonly Condition[]): Check[] {
    const arch = ARCHITECTURES[read.arch];
    const call = this.read.calls[rule];
    const entry = call && this.entries.get(call.entry);
    if (entry === undefined) return [];
    const own = came.filter((one) => call?.conditions.includes(one));
    const selectors = came
      .filter((one) => !own.includes(one))
      .map((one) => readCondition(one, arch));
    return own.flatMap((condition) => {
      const decision = readCondition(condition, arch);
      return entry.conditions
        .filter(({ condition: { index, op, value, valueTwo } }) => {
          const same = index === BigInt(condition.index) && value === condition.value;
          return same && op.value === `SCMP_CMP_${condition.op}` && valueTwo === condition.valueTwo;
        })
        .map((items): Check => ({ items, decision, selectors }));
    });
  }

  /** The calls that an entry would have if its gates were open. */
  private watchShut(entry: EntryItems): void {
    const gates = entry.gates.filter(({ part }) => !part.isOpen(this.target));
    if (gates.length === 0) return;
    for (const { word } of entry.names) {
      for (const arch of this.read.reading.archs) {
        const nr = directNumber(syscallTable(this.target), arch, cString(word.value));
        if (nr < 0) continue;
        for (const { shut } of gates) this.shutItems.add(shut);
        const numbers = this.numbersOf(ARCHITECTURES[arch].audit);
        const watched = numbers.get(nr >>> 0);
        if (watched !== undefined) watched.shut.push(...gates);
        else {
          const none = { read: undefined, rules: new Set<number>(), checks: [] };
          numbers.set(nr >>> 0, { ...none, shut: [...gates], settled: false });
        }
      }
    }
  }

  private numbersOf(audit: number): Map<number, Watched> {
    return this.byArch.get(audit) as Map<number, Watched>;
  }

  private isStubs(nr: number, arch: number): boolean {
    const wordAt = (offset: number): number => (offset === NR_OFFSET ? nr : arch);
    return this.stub !== undefined && follow(this.stub, wordAt).ret !== 0;
  }
}

function holds(decision: Decision, cursor: Cursor): boolean {
  return follow(decision, cursor.word) === HOLDS;
}

/** The stub alone: 0 where it leaves the call to the filter. */
function stubOf(compiled: CompiledFilter | undefined): Decision | undefined {
  if (compiled === undefined || compiled.stubLength === 0) return undefined;
  const stub = compiled.program.instructions.slice(0, compiled.stubLength);
  return decisionsOf([...stub, { code: RET_K, jt: 0, jf: 0, k: 0 }]);
}
