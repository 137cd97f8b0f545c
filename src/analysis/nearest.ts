import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { type ParsedCall, parseCall } from "../abi/call.js";
import { archByAudit } from "../abi/names.js";
import { syscallName, syscallNumber } from "../abi/syscalls.js";
import { type Place, SeccompSimError } from "../errors.js";
import { runReference } from "../evaluator/reference.js";
import { readProfile } from "../profile/document.js";
import { ENGINE_RULES } from "../profile/engine-rules.js";
import type { Profile, ProfileEntry } from "../profile/profile.js";
import { errnoOf, namesOf } from "../profile/resolve.js";
import { actionWord } from "../runtime/spec.js";
import { encodeRecord, type SeccompData } from "../seccomp/record.js";
import { alwaysAllowed } from "../seccomp/special.js";
import { combine } from "../seccomp/stack.js";
import { decodeVerdict, type Verdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";
import type { Answer } from "./because.js";
import { argumentLacks, gateLacks, type Lack, nameLacks, type Supplied, supply } from "./lacks.js";
import { compile, type LoadedSource, type Simulator } from "./simulator.js";
import { documentOf, type Source } from "./source.js";

/** An entry that names the call and says something else than what the call gets. */
export interface NearEntry {
  /** Where the entry stands. */
  readonly place: Place;
  /** Index into the profile's `syscalls`. */
  readonly entry: number;
  /** The system call, for the names of its arguments. */
  readonly call: { readonly name: string; readonly arch: ArchName };
  /** What the entry says. */
  readonly verdict: Verdict;
  readonly lacks: readonly Lack[];
  /** The target and the call with what is lacking supplied, and what the call gets there. */
  readonly supplied: Supplied;
  readonly outcome: Verdict;
}

/** Entries that are tried out; each means to compile the profile for another target. */
const MAX_TRIED = 12;

/** How far it is to what is lacking. */
const DISTANCE: Readonly<Record<Lack["kind"], number>> = {
  overridden: 1,
  argument: 2,
  cap: 2,
  excludedCap: 3,
  kernel: 3,
  libseccomp: 3,
  excludedKernel: 4,
  arch: 10,
  excludedArch: 10,
};

/**
 * The entries of a simulator's profiles that name a call and would decide otherwise, and what each
 * lacked, the nearest first. What supplying that leads to was tried out. No entry where the kernel asks
 * no filter.
 *
 * ```ts
 * findNearest(simulator, "clone(CLONE_NEWUSER)")[0].lacks; // [{ kind: "argument", … }]
 * ```
 *
 * @param known what the call gets, where that was asked already; then the simulator may be closed
 */
export function findNearest(
  simulator: Simulator,
  call: string | Pick<ParsedCall, "record">,
  known?: Answer,
): readonly NearEntry[] {
  const { target, sources } = simulator;
  const { record } = typeof call === "string" ? parseCall(call, target.arch) : call;
  const answer = known ?? simulator.evaluate({ record });
  const arch = archByAudit(record.arch, record.nr)?.name;
  const name = arch === undefined ? undefined : syscallName(arch, record.nr);
  if (answer.because.kind === "mode" || arch === undefined || name === undefined) return [];
  const near: NearEntry[] = [];
  const tried = new Trials(sources);
  for (const source of sources) {
    if (source.kind !== "profile" && source.kind !== "preset") continue;
    const { profile } = readProfile(documentOf(source, target), target.engine, target.runtime);
    const candidates = profile.syscalls
      .flatMap((entry) => candidateOf(entry, profile, target, record, arch, name) ?? [])
      .filter(({ ret }) => ret !== answer.ret)
      .map((one) => {
        if (one.lacks.length > 0) return one;
        const lacks: readonly Lack[] = [{ kind: "overridden", because: answer.because }];
        return { ...one, lacks };
      })
      .sort((a, b) => distance(a.lacks) - distance(b.lacks));
    for (const { entry, ret, lacks } of candidates.slice(0, MAX_TRIED)) {
      const supplied = supplyAll(lacks, { target, record }, profile, name);
      if (supplied === undefined || gateLacks(entry, profile, supplied.target).length > 0) continue;
      const word = tried.ask(supplied);
      if (word === undefined) continue;
      near.push({
        place: entry.place,
        entry: entry.index,
        call: { name, arch },
        verdict: decodeVerdict(ret, target.arch),
        lacks,
        supplied,
        outcome: decodeVerdict(word, target.arch),
      });
    }
  }
  return near.sort((a, b) => rank(a) - rank(b));
}

function distance(lacks: readonly Lack[]): number {
  return lacks.reduce((sum, { kind }) => sum + DISTANCE[kind], 0);
}

/** What supplying does not help with comes last. */
function rank({ lacks, verdict, outcome }: NearEntry): number {
  return distance(lacks) + (verdict.ret === outcome.ret ? 0 : 100);
}

interface Candidate {
  readonly entry: ProfileEntry;
  readonly ret: number;
  readonly lacks: readonly Lack[];
}

function candidateOf(
  entry: ProfileEntry,
  profile: Profile,
  target: Target,
  record: SeccompData,
  arch: ArchName,
  name: string,
): Candidate | undefined {
  try {
    const names = namesOf(entry, ENGINE_RULES[profile.engine]);
    if (!names.some(({ value }) => value === name)) return undefined;
    const ret = actionWord(entry.action, errnoOf(entry.errno, entry.errnoRet, target.arch));
    const lacks = [
      ...gateLacks(entry, profile, target),
      ...nameLacks(name, target),
      ...argumentLacks(entry.args, record, arch),
    ];
    return { entry, ret, lacks };
  } catch (error) {
    // An entry that is not in force may hold words that nobody would take.
    if (error instanceof SeccompSimError) return undefined;
    throw error;
  }
}

function supplyAll(
  lacks: readonly Lack[],
  from: Supplied,
  { engine }: Profile,
  name: string,
): Supplied | undefined {
  let supplied: Supplied | undefined = from;
  for (const lack of lacks) {
    if (supplied === undefined) return undefined;
    const { target, record }: Supplied = supplied;
    supplied = supply(lack, supplied, (words) => {
      const arch = (Object.keys(ARCHITECTURES) as ArchName[]).find(
        (one) => one !== "x32" && words.includes(ENGINE_RULES[engine].word(one)),
      );
      const nr = arch === undefined ? undefined : syscallNumber(arch, name);
      if (arch === undefined || nr === undefined) return undefined;
      const { audit } = ARCHITECTURES[arch];
      return { target: { ...target, arch }, record: { ...record, nr, arch: audit } };
    });
  }
  return supplied;
}

/** The sources on other targets, each compiled once. */
class Trials {
  private readonly compiled = new Map<string, readonly LoadedSource[] | undefined>();

  constructor(private readonly sources: readonly Source[]) {}

  /** The word that a call gets on a target; `undefined` where the sources cannot be loaded there. */
  ask({ target, record }: Supplied): number | undefined {
    if (alwaysAllowed(record, target.kernel) !== undefined) return undefined;
    const made = this.on(target);
    if (made === undefined) return undefined;
    const { endian } = ARCHITECTURES[target.arch];
    const bytes = encodeRecord(record, endian);
    const words = made.flatMap(({ filter, read }) => {
      if (read !== undefined) return [read.reading.decide(record).ret];
      return filter === undefined ? [] : [runReference(filter.instructions, bytes, endian)];
    });
    return words.length === 0 ? undefined : combine(words.reverse()).ret;
  }

  private on(target: Target): readonly LoadedSource[] | undefined {
    const key = JSON.stringify(target);
    if (!this.compiled.has(key)) this.compiled.set(key, this.compile(target));
    return this.compiled.get(key);
  }

  private compile(target: Target): readonly LoadedSource[] | undefined {
    try {
      return this.sources.map((source) => compile(source, target));
    } catch (error) {
      if (error instanceof SeccompSimError) return undefined;
      throw error;
    }
  }
}
