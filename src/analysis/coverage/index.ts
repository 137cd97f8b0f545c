import { filterKey } from "../../bpf/encode.js";
import type { Budget } from "../../bpf/word-set.js";
import type { Place } from "../../errors.js";
import type { Profile } from "../../profile/profile.js";
import { recordCount } from "../../seccomp/record.js";
import type { LoadedSource, Simulator } from "../simulator.js";
import {
  type FilterCoverage,
  FilterWatch,
  filterCoverage,
  type MarkedFilter,
  type Share,
} from "./filters.js";
import { type CoverageKind, type Item, itemsOf, type ProfileItems } from "./items.js";
import { type Missing, Reasons } from "./reasons.js";
import { TargetWatch } from "./watch.js";

export type { FilterCoverage, Share } from "./filters.js";
export type { CoverageKind } from "./items.js";

/** One part of a profile, and whether calls exercised it. */
export interface CoverageItem {
  readonly kind: CoverageKind;
  readonly place: Place;
  /** Index into the profile's `syscalls`; none for the default action and its kin. */
  readonly entry: number | undefined;
  readonly text: string;
  /** Which half of a gate or condition. */
  readonly side: "open" | "shut" | "true" | "false" | undefined;
  /** What no case can exercise is "unreachable", where that is proven; it does not count. */
  readonly state: "covered" | "uncovered" | "unreachable";
  /** Why it is not covered, and what it needs. */
  readonly reason: string | undefined;
}

/** What calls exercised of a profile, on some targets. */
export interface ProfileCoverage extends Share {
  readonly file: string;
  /** The targets' labels; "" is a suite's only one. */
  readonly targets: readonly string[];
  readonly items: readonly CoverageItem[];
}

export interface CoverageReport {
  readonly profiles: readonly ProfileCoverage[];
  readonly filters: readonly FilterCoverage[];
}

/** Steps for proofs that something cannot be reached: a second or two for all of a run. */
const MAX_STEPS = 50_000_000;

/** A profile's items, and where they were watched. */
interface Followed {
  readonly items: ProfileItems;
  readonly targets: Set<string>;
  readonly watches: TargetWatch[];
}

/** Gathers what calls exercise. Owns memory of the machine: `close()` it. */
export class Coverage {
  private readonly profiles = new Map<string, Followed>();
  private readonly filters = new Map<string, MarkedFilter>();
  private readonly known = new Map<
    Simulator,
    { watches: TargetWatch[]; filters: FilterWatch | undefined }
  >();
  private readonly budget: Budget = { left: MAX_STEPS };

  /**
   * Takes note of records (64 bytes each, in the simulator's byte order) that were evaluated on a target of a
   * suite. Profiles of the same text are one, whichever suite they are tested by.
   */
  observe(simulator: Simulator, target: { readonly label: string }, records: Uint8Array): void {
    recordCount(records);
    const { watches, filters } = this.known.get(simulator) ?? this.follow(simulator, target.label);
    for (const watch of watches) watch.observe(records);
    filters?.observe(records);
  }

  /** What was exercised so far. */
  report(): CoverageReport {
    return {
      profiles: [...this.profiles.values()].map((one) => this.profileCoverage(one)),
      filters: [...this.filters.values()].map(filterCoverage),
    };
  }

  close(): void {
    for (const { filters } of this.known.values()) filters?.close();
    this.known.clear();
  }

  private follow(simulator: Simulator, label: string) {
    const watches = simulator.loaded.flatMap((one) => this.watch(one, label));
    const marked = simulator.filters.map(({ name, instructions }): MarkedFilter => {
      const key = `${name}\n${filterKey(instructions)}`;
      const filter = this.filters.get(key) ?? {
        name,
        instructions,
        targets: new Set(),
        marks: new Uint8Array(instructions.length),
      };
      this.filters.set(key, filter);
      filter.targets.add(label);
      return filter;
    });
    const filters = marked.length > 0 ? new FilterWatch(simulator, marked) : undefined;
    const known = { watches, filters };
    this.known.set(simulator, known);
    return known;
  }

  private watch(
    { profile, policy, filter, read, target }: LoadedSource,
    label: string,
  ): TargetWatch[] {
    if (profile === undefined || policy === undefined || policy.off) return [];
    const key = fingerprint(profile);
    const followed = this.profiles.get(key) ?? {
      items: itemsOf(profile),
      targets: new Set(),
      watches: [],
    };
    this.profiles.set(key, followed);
    followed.targets.add(label);
    const loaded = { compiled: filter?.compiled, read };
    const watch = new TargetWatch(followed.items, policy, target, loaded, this.budget);
    followed.watches.push(watch);
    return [watch];
  }

  private profileCoverage({ items, targets, watches }: Followed): ProfileCoverage {
    const reasons = new Reasons(watches, this.budget);
    const judged: CoverageItem[] = [];
    const add = ({ covered, ...item }: Item, why: () => Missing): void => {
      judged.push({ ...item, ...(covered ? { state: "covered", reason: undefined } : why()) });
    };
    const missing = (reason: string) => (): Missing => ({ state: "uncovered", reason });
    add(items.defaultAction, missing("no case makes a call that no rule decides"));
    const foreign = watches.some(({ hasForeign }) => hasForeign);
    add(items.badArch, () =>
      foreign
        ? { state: "uncovered", reason: "no case makes a call of such an architecture" }
        : { state: "unreachable", reason: "the kernel takes no calls of another one" },
    );
    if (watches.some(({ hasStub }) => hasStub)) {
      add(items.stub, missing("no case makes a call that is newer than all names"));
    }
    for (const entry of items.entries) {
      add(entry.entry, () => reasons.of(entry));
      for (const { item } of entry.names) add(item, () => reasons.of(entry, item));
      for (const gate of entry.gates) {
        for (const item of [gate.open, gate.shut]) add(item, () => reasons.gate(entry, gate, item));
      }
      for (const condition of entry.conditions) {
        for (const item of [condition.holds, condition.fails]) {
          add(item, () => reasons.condition(entry, condition, item));
        }
      }
    }
    const counted = judged.filter(({ state }) => state !== "unreachable");
    const covered = counted.filter(({ state }) => state === "covered").length;
    const { file } = items.profile;
    return { file, targets: [...targets], items: judged, covered, total: counted.length };
  }
}

/** Where profiles are the same, whatever object they are. */
function fingerprint(profile: Profile): string {
  return JSON.stringify(profile, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
}

/** A whole number of tenths; 100 only where everything is covered. */
export function percentOf({ covered, total }: Share): number {
  return total === 0 ? 100 : Math.floor((covered / total) * 1000) / 10;
}

/** Everything that was covered, taken together. */
export function totalShare(shares: readonly Share[]): Share {
  const sum = (of: (share: Share) => number): number => shares.reduce((n, one) => n + of(one), 0);
  return { covered: sum(({ covered }) => covered), total: sum(({ total }) => total) };
}

/**
 * Gathers what the calls of tests exercise of profiles and of filters.
 *
 * ```ts
 * const coverage = createCoverage();
 * runSuite(suite, simulatorFor, { observe: coverage.observe.bind(coverage) });
 * coverage.report().profiles[0]?.items;
 * ```
 */
export function createCoverage(): Coverage {
  return new Coverage();
}
