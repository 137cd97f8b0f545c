import { tableKnows } from "../../abi/syscalls.js";
import type { Budget } from "../../bpf/word-set.js";
import { HOLDS, type ReadEntry } from "../../compiler/index.js";
import type { GatePart } from "../../profile/gates.js";
import { syscallTable } from "../../target.js";
import type { ConditionItems, EntryItems, GateItems, Item } from "./items.js";
import { reachableLeaves, regionOf } from "./reach.js";
import type { Check, TargetWatch, Watched } from "./watch.js";

/** Why an item is not covered: a case is missing, or no case can do it, which is proven. */
export interface Missing {
  readonly state: "uncovered" | "unreachable";
  readonly reason: string;
}

const uncovered = (reason: string): Missing => ({ state: "uncovered", reason });
const unreachable = (reason: string): Missing => ({ state: "unreachable", reason });

/** A rule on a target, and the calls that it was added for. */
interface RuleOn {
  readonly watch: TargetWatch;
  readonly rule: number;
  readonly calls: readonly Watched[];
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Says why items of an entry are not covered, by what its profile is on the targets that were tried. */
export class Reasons {
  /** By entry. */
  private readonly rules = new Map<number, RuleOn[]>();
  private readonly checks = new Map<ConditionItems, { read: ReadEntry; check: Check }[]>();
  /** Gates that are shut on some target whose architectures have a call of the entry. */
  private readonly callable: ReadonlySet<Item>;

  constructor(
    private readonly watches: readonly TargetWatch[],
    private readonly budget: Budget,
  ) {
    this.callable = new Set(watches.flatMap((watch) => [...watch.shutItems]));
    for (const watch of watches) this.index(watch);
  }

  private index(watch: TargetWatch): void {
    const calls = new Map<number, Watched[]>();
    for (const one of watch.watched) {
      const { read, checks } = one;
      if (read === undefined) continue;
      for (const rule of read.rules) push(calls, rule, one);
      for (const check of checks) push(this.checks, check.items, { read, check });
    }
    watch.read.calls.forEach(({ entry }, rule) => {
      push(this.rules, entry, { watch, rule, calls: calls.get(rule) ?? [] });
    });
  }

  private rulesOf({ source }: EntryItems): readonly RuleOn[] {
    return this.rules.get(source.index) ?? [];
  }

  /** The entry, or one of its names. */
  of(entry: EntryItems, name?: Item): Missing {
    if (entry.names.length === 0) return unreachable("it names no call");
    const shut = this.shutEverywhere(entry);
    if (shut !== undefined) return shut;
    const inForce = this.watches.filter((watch) => watch.has(entry.source.index));
    const rules = this.rulesOf(entry).filter(
      ({ watch, rule }) => name === undefined || watch.names[rule] === name,
    );
    if (rules.length === 0) return unreachable(whyNoRule(entry, inForce, name));
    const here = rules.flatMap((one) => one.calls.map((call) => ({ ...one, call })));
    const [first] = here;
    if (first === undefined) return unreachable("the targets' architectures have no such call");
    if (here.some(({ call, rule }) => call.rules.has(rule))) {
      return uncovered("no case makes a call that it decides");
    }
    const [decides = -1] = first.call.rules;
    const other = first.watch.read.calls[decides];
    if (other === undefined) return unreachable("no call meets its conditions");
    const whose =
      other.entry === entry.source.index
        ? `its rule for ${other.name}`
        : `entry ${other.entry} (line ${other.place.line})`;
    return unreachable(`${whose} decides all its calls`);
  }

  gate(entry: EntryItems, { part, open }: GateItems, item: Item): Missing {
    if (item === open) {
      const isOpen = this.watches.some(({ target }) => part.isOpen(target));
      if (isOpen || !part.opens || entry.never !== undefined) return this.of(entry);
      return uncovered(`no target opens it: add one ${need(part, true)}`);
    }
    if (!part.shuts) return unreachable("no target shuts it");
    const where = this.watches.filter(({ target }) => !part.isOpen(target));
    if (where.length === 0) return uncovered(`no target shuts it: add one ${need(part, false)}`);
    return this.callable.has(item)
      ? uncovered("no case makes its calls where it is shut")
      : unreachable("where it is shut, the targets' architectures have no such call");
  }

  condition(entry: EntryItems, items: ConditionItems, item: Item): Missing {
    if (!entry.entry.covered) {
      const missing = this.of(entry);
      if (missing.state === "unreachable" || this.shutEverywhere(entry)) return missing;
    }
    const checks = this.checks.get(items) ?? [];
    if (checks.length === 0) return unreachable("no rule that decides anything has it");
    const wanted = item === items.holds;
    const possible = checks.some(({ read, check }) => {
      const leaves = reachableLeaves(check.decision, regionOf(read), this.budget);
      return leaves === undefined || [...leaves].some((leaf) => (leaf === HOLDS) === wanted);
    });
    if (!possible) return unreachable(wanted ? "it never holds" : "it always holds");
    return uncovered(
      wanted
        ? "no case makes a call for which it holds"
        : "no case makes a call for which it fails",
    );
  }

  private shutEverywhere(entry: EntryItems): Missing | undefined {
    if (entry.never !== undefined) return unreachable(entry.never);
    if (this.watches.some((watch) => watch.has(entry.source.index))) return undefined;
    const targets = this.watches.map(({ target }) => target);
    const parts = entry.gates.map(({ part }) => part);
    const shut = parts.filter((part) => !targets.some((target) => part.isOpen(target)));
    if (parts.length === 0) return unreachable("the engine drops it");
    const needs = (shut.length > 0 ? shut : parts).map((part) => need(part, true));
    return uncovered(
      `its gates are shut on every target: add one ${[...new Set(needs)].join(" and ")}`,
    );
  }
}

function whyNoRule(
  { names }: EntryItems,
  inForce: readonly TargetWatch[],
  name: Item | undefined,
): string {
  const text = name?.text;
  if (text !== undefined && names.find(({ word }) => word.value === text)?.item !== name) {
    return "the entry has the name twice";
  }
  const asked = text === undefined ? names.map(({ word }) => word.value) : [text];
  const known = inForce.some(({ target }) =>
    asked.some((one) => tableKnows(syscallTable(target), one.split("\0", 1)[0] ?? "")),
  );
  if (!known) return "libseccomp does not know such a call";
  return "its action is the default action, so that no rule is made";
}

/** What opens or shuts a part, for "add a target …". */
function need({ side, key, text }: GatePart, open: boolean): string {
  const has = (side === "includes") === open;
  switch (key) {
    case "caps":
      return `${has ? "with" : "without"} ${text}`;
    case "arches":
      return has
        ? `of architecture ${text.replaceAll(", ", " or ")}`
        : `of another architecture than ${text}`;
    case "minKernel":
      return has ? `with Linux ${text}` : `with Linux before ${text}`;
  }
}
