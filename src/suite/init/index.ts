import { ARCHITECTURES, type ArchName } from "../../abi/architecture.js";
import { servedArchs } from "../../abi/compat.js";
import { formatCall } from "../../abi/format-call.js";
import { syscallName, syscallNames, syscallNumber } from "../../abi/syscalls.js";
import { type Coverage, createCoverage } from "../../analysis/coverage/index.js";
import { type EntryItems, itemsOf, type ProfileItems } from "../../analysis/coverage/items.js";
import { regionOf } from "../../analysis/coverage/reach.js";
import { TargetWatch } from "../../analysis/coverage/watch.js";
import { compile, createSimulator } from "../../analysis/simulator.js";
import type { Source } from "../../analysis/source.js";
import type { Leaf } from "../../bpf/decision.js";
import { HOLDS, type ReadEntry } from "../../compiler/index.js";
import { SeccompSimError } from "../../errors.js";
import { parseTarget, type TargetOptions } from "../../profile/target-options.js";
import { encodeRecord, type SeccompData } from "../../seccomp/record.js";
import { readSuite } from "../reader.js";
import { runSuiteSync } from "../runner.js";
import { valuesAtBounds } from "./bounds.js";
import { filterCases } from "./filter.js";
import { type InitMatrix, type InitTarget, initMatrix } from "./matrix.js";
import { witnessOf } from "./witness.js";
import { ABOUT_FILTERS, expectationOf, type InitCase, writeSuite } from "./write.js";

export interface InitSuite {
  readonly text: string;
  /** What the suite covers, as it will be measured. */
  readonly coverage: ReturnType<Coverage["report"]>;
}

/**
 * A first suite for a profile, which passes: for each entry calls that it decides and calls that it does not, both
 * sides of gates and conditions, and the outcomes beside entries. For a filter: each verdict of each call.
 *
 * Throws SeccompSimError for a source that is neither, or that loads no filter on the target.
 *
 * @param name what the suite calls the profile
 * @param schema where editors find the suites' schema
 */
export function initSuite(
  source: Source,
  name: string,
  options: TargetOptions,
  schema: string,
): InitSuite {
  if (source.kind === "filter") return filterSuite(source, name, options, schema);
  if (source.kind !== "profile" && source.kind !== "preset") {
    throw new SeccompSimError("no-profile", `${source.name} is no profile with entries`, {
      hint: "write a suite for it by hand",
    });
  }
  const { profile, policy } = compile(source, parseTarget(options));
  if (profile === undefined || policy === undefined || policy.off) {
    throw new SeccompSimError("no-profile", `${source.name} switches seccomp off: nothing to test`);
  }
  const matrix = initMatrix(source, profile, options);
  const coverage = createCoverage();
  try {
    const cases = new Writer(itemsOf(profile), matrix, coverage).write();
    return { text: writeSuite(name, matrix, cases, schema), coverage: coverage.report() };
  } finally {
    coverage.close();
    for (const { simulator } of matrix.targets) simulator.close();
  }
}

function filterSuite(
  source: Source,
  name: string,
  options: TargetOptions,
  schema: string,
): InitSuite {
  const simulator = createSimulator(source, parseTarget(options));
  const coverage = createCoverage();
  try {
    const cases = filterCases(simulator);
    const text = writeSuite(name, { fixed: options, axes: {} }, cases, schema, ABOUT_FILTERS);
    const observe: Coverage["observe"] = (...seen) => coverage.observe(...seen);
    runSuiteSync(readSuite(text, name), () => simulator, { explain: false, observe });
    return { text, coverage: coverage.report() };
  } finally {
    coverage.close();
    simulator.close();
  }
}

interface Place extends InitTarget {
  readonly watch: TargetWatch;
}

/** Makes cases until every item is covered, asking the very measure that the user will see. */
class Writer {
  private readonly places: readonly Place[];
  private readonly cases: InitCase[] = [];

  constructor(
    private readonly items: ProfileItems,
    matrix: InitMatrix,
    private readonly coverage: Coverage,
  ) {
    const budget = { left: 50_000_000 };
    this.places = matrix.targets.map((one) => {
      const [loaded] = one.simulator.loaded;
      if (loaded?.policy === undefined) throw new Error("a profile without a policy");
      const { target, policy, filter, read } = loaded;
      const watch = new TargetWatch(
        items,
        policy,
        target,
        { compiled: filter?.compiled, read },
        budget,
      );
      return { ...one, watch };
    });
  }

  write(): readonly InitCase[] {
    for (const entry of this.items.entries) {
      this.forget(entry);
      this.matching(entry);
      this.bounds(entry);
      this.neighbours(entry);
      this.shut(entry);
    }
    this.outcomes();
    return this.cases;
  }

  /** An entry's cases stand for themselves: what those of others happened to cover is covered again. */
  private forget({ entry, names, gates, conditions }: EntryItems): void {
    const items = [
      entry,
      ...names.map(({ item }) => item),
      ...gates.flatMap(({ open, shut }) => [open, shut]),
      ...conditions.flatMap(({ holds, fails }) => [holds, fails]),
    ];
    for (const item of items) item.covered = false;
    for (const { watch } of this.places) for (const one of watch.watched) one.settled = false;
  }

  /** Calls that the entry decides: each name once, on the first target where that can be. */
  private matching(entry: EntryItems): void {
    for (const place of this.places) {
      if (!place.watch.has(entry.source.index)) continue;
      const calls: [SeccompData, ArchName][] = [];
      const done = new Set<unknown>();
      place.watch.read.calls.forEach((call, rule) => {
        const item = place.watch.names[rule];
        if (call.entry !== entry.source.index || item === undefined) return;
        if (item.covered || done.has(item)) return;
        const found = this.decidedBy(place, rule, call.name);
        if (found === undefined) return;
        done.add(item);
        calls.push(found);
      });
      this.add(place, entry, "", calls);
    }
  }

  private decidedBy(place: Place, rule: number, name: string): [SeccompData, ArchName] | undefined {
    const reads = place.watch.watched.flatMap(({ read, rules }) =>
      read?.rules.includes(rule) && rules.has(rule) ? [read] : [],
    );
    const own = (read: ReadEntry): number => (syscallName(read.arch, read.nr) === name ? 0 : 1);
    for (const read of reads.sort((a, b) => own(a) - own(b))) {
      const { endian } = place.simulator;
      const record = witnessOf(read.decision, regionOf(read), endian, (leaf) => leaf.rule === rule);
      if (record !== undefined) return [record, read.arch];
    }
    return undefined;
  }

  /** Arguments on the other side of each condition; for an entry without, the nearest other call. */
  private neighbours(entry: EntryItems): void {
    if (entry.conditions.length === 0) {
      this.nearest(entry);
      return;
    }
    for (const items of entry.conditions) {
      for (const [item, wanted] of [
        [items.holds, true],
        [items.fails, false],
      ] as const) {
        for (const place of this.places) {
          if (item.covered) break;
          const calls = place.watch.watched.flatMap(({ read, checks }) => {
            const check = read && checks.find((one) => one.items === items);
            if (check === undefined || check.selectors.length > 0) return [];
            const region = regionOf(read as ReadEntry);
            const { endian } = place.simulator;
            const is = (leaf: unknown): boolean => (leaf === HOLDS) === wanted;
            const found = witnessOf(check.decision, region, endian, is);
            return found === undefined
              ? []
              : [[found, (read as ReadEntry).arch] as [SeccompData, ArchName]];
          });
          this.add(place, entry, `, ${item.text} is ${item.side}`, calls.slice(0, 1));
        }
      }
    }
  }

  /** Calls at the bounds of each condition, of its two sides and more, where the entry decides one that meets it. */
  private bounds(entry: EntryItems): void {
    for (const items of entry.conditions) {
      for (const place of this.places) {
        const { endian } = place.simulator;
        const isOwn = ({ rule }: Leaf): boolean =>
          rule !== undefined && place.watch.read.calls[rule]?.entry === entry.source.index;
        const calls = place.watch.watched.flatMap(({ read, checks }) => {
          const check = checks.find((one) => one.items === items && one.selectors.length === 0);
          if (read === undefined || check === undefined) return [];
          const met = witnessOf(read.decision, regionOf(read), endian, isOwn);
          return met === undefined ? [] : [[met, read.arch] as const];
        });
        const [first] = calls;
        if (first === undefined) continue;
        const [{ args, ...met }, arch] = first;
        const index = Number(items.condition.index);
        const { bits } = ARCHITECTURES[arch];
        const records = valuesAtBounds(items.condition, args[index] ?? 0n, bits).map(
          (value): [SeccompData, ArchName] => [{ ...met, args: args.with(index, value) }, arch],
        );
        this.add(place, entry, `, at the bounds of ${items.holds.text}`, records);
        break;
      }
    }
  }

  private nearest(entry: EntryItems): void {
    for (const place of this.places) {
      if (!place.watch.has(entry.source.index)) continue;
      const native = place.simulator.target.arch;
      const numbers = entry.names.flatMap(({ word }) => syscallNumber(native, word.value) ?? []);
      const [first] = numbers;
      if (first === undefined) continue;
      const mine = new Set(numbers);
      const { audit } = ARCHITECTURES[native];
      const others = syscallNames()
        .flatMap((one) => syscallNumber(native, one) ?? [])
        .filter((nr) => !mine.has(nr))
        .sort((a, b) => Math.abs(a - first) - Math.abs(b - first));
      const records = others.map(
        (nr): SeccompData => ({ nr, arch: audit, ip: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] }),
      );
      const kindOf = (record: SeccompData) => place.simulator.evaluate({ record }).because;
      // Rather one that no entry has: it would belong to that entry's cases.
      const record =
        records.find((one) => kindOf(one).kind === "default") ??
        records.find((one) => {
          const because = kindOf(one);
          return because.kind !== "entry" || because.entry !== entry.source.index;
        });
      if (record === undefined) return;
      this.add(place, entry, ", its neighbour", [[record, native]]);
      return;
    }
  }

  /** The entry's calls where a gate keeps it out. */
  private shut(entry: EntryItems): void {
    for (const { part, shut } of entry.gates) {
      for (const place of this.places) {
        if (shut.covered) break;
        if (part.isOpen(place.simulator.target)) continue;
        const calls = place.watch.watched.flatMap(({ shut: gates, nr, arch }) =>
          gates.some((one) => one.shut === shut)
            ? [
                [{ nr, arch: ARCHITECTURES[arch].audit, ip: 0n, args: [] }, arch] as [
                  SeccompData,
                  ArchName,
                ],
              ]
            : [],
        );
        const native = calls.filter(([, arch]) => arch === place.simulator.target.arch);
        const chosen = native.length > 0 ? native : calls.slice(0, 1);
        this.add(place, entry, `, shut by ${part.side}.${part.key} ${part.text}`, chosen);
      }
    }
  }

  private outcomes(): void {
    const { defaultAction, badArch, stub } = this.items;
    for (const item of [defaultAction, badArch, stub]) item.covered = false;
    for (const place of this.places) {
      const { arch } = place.simulator.target;
      const { audit, base } = ARCHITECTURES[arch];
      const record = (nr: number, token = audit): SeccompData => ({
        nr,
        arch: token,
        ip: 0n,
        args: [],
      });
      const { archs } = place.watch.read.reading;
      const foreign = servedArchs(arch).find((one) => !archs.includes(one));
      if (!badArch.covered && foreign !== undefined) {
        const nr = syscallNumber(foreign, "getpid") ?? 0;
        const call: [SeccompData, ArchName] = [record(nr, ARCHITECTURES[foreign].audit), foreign];
        this.add(place, undefined, `a call of ${foreign}, which the filter does not serve`, [call]);
      }
      if (place.watch.hasStub && !stub.covered) {
        this.add(place, undefined, "a call that is newer than the profile", [
          [record(numberAbove(place, base)), arch],
        ]);
      }
      if (defaultAction.covered) continue;
      const numbers = Array.from({ length: 1000 }, (_, i) => base + i);
      const free = numbers.find(
        (nr) => place.simulator.evaluate({ record: record(nr) }).because.kind === "default",
      );
      const call: [SeccompData, ArchName] = [record(free ?? -1), arch];
      this.add(place, undefined, "a call that no entry names gets the default action", [call]);
    }
  }

  /** One case for each verdict and architecture of the calls. */
  private add(
    place: Place,
    entry: EntryItems | undefined,
    what: string,
    calls: readonly (readonly [SeccompData, ArchName])[],
  ): void {
    const { simulator, values, watch } = place;
    const groups = new Map<string, { arch: ArchName; expect: string; texts: string[] }>();
    for (const [record, arch] of calls) {
      const bytes = encodeRecord(record, simulator.endian);
      watch.observe(bytes);
      this.coverage.observe(simulator, { label: labelOf(values) }, bytes);
      const expect = expectationOf(simulator.evaluate({ record }).verdict);
      const key = `${arch} ${expect}`;
      const group = groups.get(key) ?? { arch, expect, texts: [] };
      groups.set(key, group);
      const text = formatCall(
        { ...record, args: [0, 1, 2, 3, 4, 5].map((i) => record.args[i] ?? 0n) },
        arch,
      );
      const isBare = record.args.every((value) => value === 0n);
      const plain = (isBare ? syscallName(arch, record.nr) : undefined) ?? text;
      if (!group.texts.includes(plain)) group.texts.push(plain);
    }
    for (const { arch, expect, texts } of groups.values()) {
      const native = simulator.target.arch;
      const head =
        entry === undefined ? what : `entry ${entry.source.index}: ${entry.entry.text}${what}`;
      const on = arch === native || entry === undefined ? "" : ` on ${arch}`;
      this.cases.push({
        name: `${head}${on}`,
        section: entry && `Entry ${entry.source.index}, line ${entry.source.place.line}`,
        only: values,
        arch: arch === native ? undefined : arch,
        calls: texts,
        expect,
      });
    }
  }
}

function labelOf(values: InitTarget["values"]): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

/** A call number above all that the profile names: arm's own calls have numbers far from the others. */
function numberAbove({ watch, simulator }: Place, base: number): number {
  const { arch } = simulator.target;
  const named = watch.read.calls.map(({ name }) => syscallNumber(arch, name) ?? 0);
  return Math.max(base + 5000, ...named.map((nr) => nr + 1));
}
