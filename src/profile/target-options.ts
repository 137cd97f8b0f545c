import { CAPABILITIES, DOCKER_DEFAULT_CAPS, parseCapability } from "../abi/capabilities.js";
import { ARCH_SPELLINGS, archByName } from "../abi/names.js";
import { suggest } from "../abi/suggest.js";
import { SeccompSimError } from "../errors.js";
import type {
  EngineName,
  KernelVersion,
  LibseccompVersion,
  RuntimeName,
  Target,
} from "../target.js";

/** A target as text, from the command line or a suite; what is absent has its default. */
export interface TargetOptions {
  /** libseccomp's name, an alias such as amd64, or SCMP_ARCH_*; default x86_64. */
  readonly arch?: string | undefined;
  /** The set to begin with: none, docker (default) or all. */
  readonly caps?: string | undefined;
  /** Further capabilities, with or without CAP_, in any case. */
  readonly cap?: readonly string[] | undefined;
  /** "X.Y", anything after is ignored; default 6.1. */
  readonly kernel?: string | undefined;
  /** runc (default), crun, youki, libseccomp or ideal; runc with a release as in runc@1.1. */
  readonly runtime?: string | undefined;
  /** Release of the library, code and table; default 2.6.1. */
  readonly libseccomp?: string | undefined;
  /** Release of the syscall table, where a distribution mixes them: Debian 12 has 2.5.4 with 2.5.5's. */
  readonly table?: string | undefined;
  readonly optimize?: string | number | undefined;
  /** docker, podman, containerd or oci; default: what the profile's format means, usually docker. */
  readonly engine?: string | undefined;
}

const CAP_SETS: Readonly<Record<string, readonly string[]>> = {
  none: [],
  docker: DOCKER_DEFAULT_CAPS,
  all: CAPABILITIES,
};

/** The container engines, and a runtime's own config.json. */
export const ENGINES: readonly EngineName[] = ["docker", "podman", "containerd", "oci"];
export const RUNTIMES: readonly RuntimeName[] = ["runc", "crun", "youki", "libseccomp", "ideal"];
/** runc releases that are modelled, by minor number. */
export const RUNC_MINORS = ["1.1", "1.2", "1.3", "1.4", "1.5"] as const;
export const LIBSECCOMP_VERSIONS: readonly LibseccompVersion[] = [
  "2.5.0",
  "2.5.1",
  "2.5.2",
  "2.5.3",
  "2.5.4",
  "2.5.5",
  "2.5.6",
  "2.6.0",
  "2.6.1",
];

/**
 * The target that the options describe. Throws SeccompSimError for a word that is not known.
 *
 * `parseTarget({ arch: "arm64", cap: ["sys_admin"] })`
 */
export function parseTarget(options: TargetOptions = {}): Target {
  const caps = oneOf("caps", options.caps ?? "docker", Object.keys(CAP_SETS));
  const optimize = options.optimize === undefined ? undefined : String(options.optimize);
  return {
    engine: options.engine === undefined ? undefined : oneOf("engine", options.engine, ENGINES),
    ...parseRuntime(options.runtime ?? "runc"),
    libseccomp: oneOf("libseccomp", options.libseccomp ?? "2.6.1", LIBSECCOMP_VERSIONS),
    table:
      options.table === undefined ? undefined : oneOf("table", options.table, LIBSECCOMP_VERSIONS),
    optimize:
      optimize === undefined
        ? undefined
        : oneOf("optimize", optimize, ["1", "2"] as const) === "1"
          ? 1
          : 2,
    arch: parseArch(options.arch ?? "x86_64"),
    caps: [
      ...new Set([...(CAP_SETS[caps] ?? []), ...(options.cap ?? []).map(parseCapability)]),
    ].sort(),
    kernel: parseKernel(options.kernel ?? "6.1"),
  };
}

/** A target as it is, or as options. */
export function asTarget(target: Target | TargetOptions): Target {
  return typeof target.kernel === "object"
    ? (target as Target)
    : parseTarget(target as TargetOptions);
}

/** A name, or runc with a release: `runc@1.1.15`. */
function parseRuntime(text: string): Pick<Target, "runtime" | "runtimeVersion"> {
  const [name = "", version] = text.trim().split("@", 2);
  const runtime = oneOf("runtime", name, RUNTIMES);
  if (version === undefined) return { runtime, runtimeVersion: undefined };
  if (runtime === "runc") return { runtime, runtimeVersion: parseRelease(text) };
  throw new SeccompSimError("invalid-target", `no releases of ${runtime} are told apart`, {
    hint: `write ${runtime} alone; only runc's releases load different filters`,
  });
}

function parseRelease(text: string): NonNullable<Target["runtimeVersion"]> {
  const [, major, minor, patch = "0"] =
    /^[^@]*@v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?$/.exec(text.trim()) ?? [];
  if ((RUNC_MINORS as readonly string[]).includes(`${Number(major)}.${Number(minor)}`)) {
    return { major: Number(major), minor: Number(minor), patch: Number(patch) };
  }
  throw new SeccompSimError(
    "invalid-target",
    `${quote(text)} is not a release of runc that is modelled`,
    { hint: `runc@X.Y or runc@X.Y.Z, where X.Y is one of ${RUNC_MINORS.join(", ")}` },
  );
}

/** `runc@1.1.15`, as `--runtime` takes it. */
export function formatRuntime({ runtime, runtimeVersion: version }: Target): string {
  if (version === undefined) return runtime;
  const patch = version.patch === 0 ? "" : `.${version.patch}`;
  return `${runtime}@${version.major}.${version.minor}${patch}`;
}

function parseArch(text: string): Target["arch"] {
  const arch = archByName(text);
  if (arch !== undefined) return arch.name;
  throw unknown("arch", text, ARCH_SPELLINGS, "a name such as x86_64, aarch64, arm, s390x");
}

function parseKernel(text: string): KernelVersion {
  const [, major, minor] = /^\s*(\d{1,5})\.(\d{1,5})(?!\d)/.exec(text) ?? [];
  if (major !== undefined && minor !== undefined) {
    return { major: Number(major), minor: Number(minor) };
  }
  throw new SeccompSimError("invalid-target", `${quote(text)} is not a kernel version`, {
    hint: 'write "X.Y", such as 6.1; anything after it is ignored',
  });
}

function oneOf<T extends string>(option: string, text: string, words: readonly T[]): T {
  const word = words.find((one) => one === text.trim().toLowerCase());
  if (word !== undefined) return word;
  throw unknown(option, text, words, words.join(", "));
}

function unknown(
  option: string,
  text: string,
  words: readonly string[],
  expected: string,
): SeccompSimError {
  // Numbers are near each other without being slips: neither is 2.7.0 of 2.5.0, nor 3 of 1.
  const near = /[a-z]/i.test(text) ? suggest(text, words) : undefined;
  return new SeccompSimError("invalid-target", `unknown ${option} ${quote(text)}`, {
    hint: near === undefined ? `expected ${expected}` : `did you mean ${near}?`,
  });
}

/** The part of a target that a profile may depend on, as text. */
export function formatContainer({ arch, kernel, caps }: Target): string {
  return `${arch}, kernel ${kernel.major}.${kernel.minor}, caps ${formatCaps(caps)}`;
}

/** One line that names the whole target: it is printed with every answer. */
export function formatTarget(target: Target): string {
  const { runtime, libseccomp, table, optimize } = target;
  const parts = [
    formatContainer(target),
    target.engine ?? "docker",
    runtime === "libseccomp" ? "no runtime stub" : formatRuntime(target),
    table === undefined || table === libseccomp
      ? `libseccomp ${libseccomp}`
      : `libseccomp ${libseccomp} with the table of ${table}`,
  ];
  if (optimize !== undefined) parts.push(`optimize ${optimize}`);
  return parts.join(", ");
}

function formatCaps(caps: readonly string[]): string {
  if (caps.length === 0) return "none";
  if (CAPABILITIES.every((cap) => caps.includes(cap))) return "all";
  const short = (names: readonly string[]): string =>
    names.map((name) => name.replace(/^CAP_/, "")).join("+");
  if (!DOCKER_DEFAULT_CAPS.every((cap) => caps.includes(cap))) return short(caps);
  const more = caps.filter((cap) => !DOCKER_DEFAULT_CAPS.includes(cap));
  return ["docker", ...(more.length > 0 ? [short(more)] : [])].join("+");
}

/** A user's text inside a message: short, without control characters. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
