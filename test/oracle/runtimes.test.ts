import { release } from "node:os";
import { afterAll, describe, expect, test } from "vitest";
import { syscallNames } from "../../src/abi/syscalls.js";
import { convertSource } from "../../src/analysis/convert.js";
import { createSimulator } from "../../src/analysis/simulator.js";
import { documentOf, loadProfile, presetSource, type Source } from "../../src/analysis/source.js";
import { SeccompSimError } from "../../src/errors.js";
import { readProfile } from "../../src/profile/document.js";
import { resolveProfile } from "../../src/profile/resolve.js";
import { parseTarget, type TargetOptions } from "../../src/profile/target-options.js";
import { compilePolicy } from "../../src/runtime/compile.js";
import type { SeccompData } from "../../src/seccomp/record.js";
import type { Verdict } from "../../src/seccomp/verdict.js";
import type { Target } from "../../src/target.js";
import { profileFixtures, readFixture } from "../profile/read-fixture.js";
import { orderless } from "./compared-filters.js";
import { installedRelease } from "./installed-libseccomp.js";
import {
  configWith,
  type InstalledRuntime,
  lacksRights,
  lacksRuntimes,
  makeCalls,
  RUNTIMES,
  type Started,
  startContainers,
  versionOf,
} from "./installed-runtimes.js";
import { buildNative } from "./native.js";
import { oddProfiles } from "./odd-profiles.js";
import { Random } from "./random.js";
import { randomProfile } from "./random-profile.js";

const rights = lacksRights();
if (rights !== undefined) console.warn(`skipped: the runtimes oracle, because ${rights}`);
const native = rights ?? buildNative("runtimes", [], lacksRuntimes);
const library = typeof native === "string" ? native : buildNative("libseccomp", ["seccomp"]);
const PROFILES = 250;

const X86_64 = 0xc000003e;
const I386 = 0x40000003;
/** SECCOMP_FILTER_FLAG_NEW_LISTENER */
const NEW_LISTENER = 8;
const UNHEARD = "listenerPath is not set";
/** Executed whatever a filter says: uretprobe and uprobe. */
const UNASKED = [335, 336];

type ProfileSource = Parameters<typeof documentOf>[0];

function asProfile(source: Source): ProfileSource {
  if (source.kind !== "profile" && source.kind !== "preset") throw new Error("not a profile");
  return source;
}

const docker = () => asProfile(presetSource("docker-default"));

/** What we say that a runtime makes of a profile, or why it is refused. */
type Ours =
  | { readonly kind: "loaded"; readonly program: readonly string[]; readonly stubLength: number }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "none" };

function model(source: () => ProfileSource, target: Target): Ours {
  try {
    const document = documentOf(source(), target);
    const { profile } = readProfile(document, target.engine, target.runtime);
    const policy = resolveProfile(profile, target);
    if (policy.off) return { kind: "none" };
    const { program, stubLength } = compilePolicy(policy, target);
    return { kind: "loaded", program: orderless(program.instructions, stubLength), stubLength };
  } catch (error) {
    if (error instanceof SeccompSimError) return { kind: "failed", message: error.message };
    throw error;
  }
}

/** What a refusal of ours has in common with the runtime's; nothing where ours is about JSON. */
function sharedWords(message: string): string {
  const pattern = /^.* refuses the profile: (?:crun: )?(.*?)(?: \(E\w+(?: for \w+)?\))?$/;
  return comparable(pattern.exec(message)?.[1] ?? "");
}

/**
 * Without what a logger escapes, without crun's backquotes, which early releases do not put everywhere,
 * and without which of two functions it calls for a rule, which an empty list of conditions changes.
 */
function comparable(text: string): string {
  return text
    .replace(/[`\\]/g, "")
    .replace(/\0/g, "x00")
    .replace(/value '-?\d+'/, "")
    .replace(/(seccomp_rule_add)(_array| \w+)/, "$1");
}

function difference(ours: Ours, theirs: Started): object | undefined {
  if (ours.kind === "loaded" && theirs.kind === "loaded") {
    const program = orderless(theirs.filter, ours.stubLength);
    return JSON.stringify(program) === JSON.stringify(ours.program)
      ? undefined
      : { why: "program" };
  }
  if (ours.kind === "failed" && theirs.kind === "failed") {
    const same = comparable(theirs.message).includes(sharedWords(ours.message));
    return same ? undefined : { ours, theirs };
  }
  // The filter is on before runc finds that nobody listens, and the oracle looks no further.
  const listens = theirs.kind === "loaded" && (theirs.flags & NEW_LISTENER) !== 0;
  if (listens && ours.kind === "failed" && ours.message.endsWith(UNHEARD)) return undefined;
  if (ours.kind === theirs.kind) return undefined;
  const words = (one: Ours | Started) => (one.kind === "failed" ? one.message : one.kind);
  return { ours: words(ours), theirs: words(theirs) };
}

/** A verdict in the oracle's words. */
function outcome({ action, data }: Verdict): string {
  switch (action) {
    case "ALLOW":
    case "LOG":
      return "passed";
    case "ERRNO":
      return data === 0 ? "ret 0" : `ret -${Math.min(data, 4095)}`;
    case "TRAP":
      return `trap ${data}`;
    case "TRACE":
      return `trace ${data}`;
    default:
      return "killed";
  }
}

/** Numbers of all three kinds of calls that an x86_64 kernel knows, with changing arguments. */
function allCalls(random: Random): SeccompData[] {
  const call = (nr: number, arch: number, mask: bigint): SeccompData => {
    return { nr, arch, ip: 0n, args: Array.from({ length: 6 }, () => random.wide() & mask) };
  };
  const numbers = Array.from({ length: 475 }, (_, nr) => nr);
  return [
    ...numbers.filter((nr) => !UNASKED.includes(nr)).map((nr) => call(nr, X86_64, -1n)),
    ...numbers.map((nr) => call(nr, I386, 0xffffffffn)),
    ...numbers.map((nr) => call(nr + 0x40000000, X86_64, -1n)),
    ...[0x7fffffff, 0x80000000, -1, -2].map((nr) => call(nr, X86_64, -1n)),
  ];
}

/** All actions but NOTIFY, which runc wants a listener for; the runtimes themselves still run under it. */
const MIXED = {
  defaultAction: "SCMP_ACT_ALLOW",
  architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  syscalls: [
    { names: ["chroot", "pivot_root", "setns", "acct"], action: "SCMP_ACT_ERRNO", errnoRet: 77 },
    { names: ["mount", "umount2"], action: "SCMP_ACT_TRAP" },
    { names: ["ptrace"], action: "SCMP_ACT_TRACE", errnoRet: 300 },
    { names: ["reboot"], action: "SCMP_ACT_KILL" },
    { names: ["swapon"], action: "SCMP_ACT_KILL_PROCESS" },
    { names: ["sync", "syncfs"], action: "SCMP_ACT_LOG" },
    { names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 0 },
    {
      names: ["kill"],
      action: "SCMP_ACT_ERRNO",
      args: [{ index: 1, value: 5, op: "SCMP_CMP_LE" }],
    },
  ],
};

describe.skipIf(typeof library === "string")("the installed runc and crun", () => {
  const real = native as Exclude<typeof native, string>;
  const { version, table } =
    typeof library === "string" ? { version: "", table: "" } : installedRelease(library);
  const [runc, crun] = RUNTIMES.map(versionOf);
  afterAll(() => {
    real.remove();
    if (typeof library !== "string") library.remove();
  });

  const targetOf = (runtime: InstalledRuntime, options: TargetOptions): Target =>
    parseTarget({
      runtime: runtime === "runc" ? `runc@${runc}` : runtime,
      libseccomp: version,
      table,
      kernel: release(),
      ...options,
    });

  /** Expects both runtimes to make of each profile what we say; `oci` is what they are given. */
  function expectSame(
    profiles: readonly { source: () => ProfileSource; oci: string; options: TargetOptions }[],
    what: string,
  ) {
    const jobs = profiles.flatMap(({ oci, ...profile }) =>
      RUNTIMES.map((runtime) => ({ ...profile, runtime, config: configWith(oci) })),
    );
    const theirs = startContainers(real, jobs);
    const counts = { loaded: 0, failed: 0, none: 0 };
    const different = jobs.flatMap(({ runtime, config, source, options }, i) => {
      const ours = model(source, targetOf(runtime, options));
      counts[ours.kind] += 1;
      const found = difference(ours, theirs[i] as Started);
      return found === undefined ? [] : [{ runtime, config, ...found }];
    });
    expect(different.length, JSON.stringify(different.slice(0, 3), null, 1)).toBe(0);
    console.info(
      `runc ${runc}, crun ${crun}: ${what}: ${jobs.length} containers, the same ${counts.loaded} ` +
        `programs and ${counts.failed} refusals, ${counts.none} without a filter`,
    );
    return counts;
  }

  /** A `linux.seccomp`, read by the runtimes themselves. */
  const own = (oci: string) => {
    const source = () => asProfile(loadProfile(configWith(oci), { file: "config.json" }));
    return { source, oci, options: { engine: "oci" } };
  };

  test(`load the same programs of ${PROFILES} random profiles, or refuse them in the same words`, () => {
    const random = new Random(20261127);
    const names = syscallNames();
    const profiles = Array.from({ length: PROFILES }, () => own(randomProfile(random, names)));
    const { loaded, failed } = expectSame(profiles, "random profiles");
    expect(loaded).toBeGreaterThan(PROFILES);
    expect(failed).toBeGreaterThan(PROFILES / 4);
  }, 300_000);

  test("read odd JSON as we do", () => {
    const { none } = expectSame(oddProfiles().map(own), "odd JSON");
    expect(none).toBeGreaterThan(2);
  });

  test("load the same programs of published profiles, as Docker resolves them", () => {
    const sources = [
      docker,
      ...profileFixtures.map((file) => () => {
        return asProfile(loadProfile(readFixture(file), { file, type: "docker" }));
      }),
    ];
    const profiles = sources.flatMap((source) =>
      [{}, { cap: ["SYS_ADMIN"] }, { caps: "all" }, { caps: "none" }].flatMap((container) => {
        const options = { engine: "docker", ...container };
        const settings = { resolve: true };
        try {
          const { text } = convertSource(source(), targetOf("runc", options), "oci", settings);
          return [{ source, oci: text, options }];
        } catch (error) {
          // Docker itself refuses it.
          expect(error).toMatchObject({ code: "invalid-kernel" });
          return [];
        }
      }),
    );
    const { loaded } = expectSame(profiles, "published profiles");
    expect(loaded).toBeGreaterThan(150);
  });

  test.for(RUNTIMES)("%s: calls in a container end as our verdicts say", (runtime) => {
    const random = new Random(20261128);
    const options = { engine: "docker" };
    const subjects = [
      { source: docker, options },
      { source: docker, options: { ...options, caps: "all" } },
      own(JSON.stringify(MIXED)),
    ];
    let compared = 0;
    for (const { source, options } of subjects) {
      const target = targetOf(runtime, options);
      const { text } = convertSource(source(), target, "oci", { resolve: true });
      const calls = allCalls(random);
      const simulator = createSimulator(source(), target);
      const ours = calls.map((record) => outcome(simulator.evaluate({ record }).verdict));
      simulator.close();
      const theirs = makeCalls(real, runtime, configWith(text), calls);
      const different = calls.flatMap((call, i) => {
        return ours[i] === theirs[i] ? [] : [{ ...call, ours: ours[i], theirs: theirs[i] }];
      });
      expect(theirs.length, theirs[0]).toBe(calls.length);
      expect(different).toEqual([]);
      expect(new Set(ours).size).toBeGreaterThan(1);
      compared += calls.length;
    }
    console.info(`${runtime}: ${compared} calls compared, 0 differ`);
  });

  test("runc starts no container with NOTIFY and nobody to hear of it", () => {
    const syscalls = [{ names: ["no_such_call"], action: "SCMP_ACT_NOTIFY" }];
    const { source, oci, options } = own(JSON.stringify({ ...MIXED, syscalls }));
    const ours = model(source, targetOf("runc", options));
    const [call] = allCalls(new Random(1)) as [SeccompData];
    const [theirs] = makeCalls(real, "runc", configWith(oci), [call]);
    expect(ours).toMatchObject({ kind: "failed", message: expect.stringContaining(UNHEARD) });
    expect(theirs).toContain(UNHEARD);
  });
});
