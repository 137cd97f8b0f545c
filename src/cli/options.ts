import { type Command, InvalidArgumentError, Option } from "commander";
import type { SourceType } from "../analysis/source.js";
import type { FilterText } from "../bpf/filter-text.js";
import type { TargetOptions } from "../profile/target-options.js";

/** The target, as every command takes it. Values stay text: the library reads and checks them. */
export function targetOptions(command: Command): Command {
  return engineOption(containerOptions(command))
    .option(
      "--runtime <NAME>",
      "runc (or a release: runc@1.1), crun, youki, libseccomp alone, or ideal: the plain reading (default: runc)",
    )
    .option("--libseccomp <VERSION>", "release, 2.5.0 to 2.6.1 (default: 2.6.1)")
    .option(
      "--table <VERSION>",
      "release of its syscall table, where a distribution mixes them: Debian 12 has 2.5.4 with 2.5.5's",
    )
    .option("--optimize <LEVEL>", "1 or 2 (default: what the runtime chooses)");
}

export function engineOption(command: Command): Command {
  return command.option(
    "--engine <NAME>",
    "whose rules resolve the profile: docker, podman, containerd, oci (default: by the file, usually docker)",
  );
}

/** The part of the target that a profile may depend on. */
export function containerOptions(command: Command): Command {
  return command
    .option("-a, --arch <NAME>", "native architecture (default: x86_64)")
    .option("--caps <SET>", "capabilities to begin with: none, docker or all (default: docker)")
    .option("--cap <NAME>", "one more capability; may be repeated", collect)
    .option("--kernel <X.Y>", "kernel version (default: 6.1)");
}

/** How PROFILE is read, and what is loaded on top of it. */
export function sourceOptions(command: Command): Command {
  return command.addOption(typeOption());
}

export function stackOption(command: Command): Command {
  return command.option(
    "--stack <FILTER>",
    "one more filter or profile, loaded after PROFILE; may be repeated, oldest first",
    collect,
  );
}

function typeOption(): Option {
  return new Option("--type <TYPE>", "what PROFILE is; else its content tells").choices([
    "docker",
    "oci",
    "kubernetes",
    "raw",
    "asm",
    "c",
    "decimal",
  ]);
}

/** The forms that filters are written in. */
export type Form = "raw" | FilterText | "json";

export function emitOption(): Option {
  const what =
    "struct sock_filter[] in the architecture's byte order, a listing, a C array, JSON, or numbers as tcpdump -ddd prints";
  return new Option("--emit <FORM>", what)
    .choices(["raw", "asm", "c", "json", "decimal"] satisfies Form[])
    .default("raw");
}

export function formatOption(choices: readonly string[]): Option {
  return new Option("--format <FORMAT>", "output").choices(choices).default(choices[0]);
}

export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Reads `--workers`, which is at least `least`. */
export function workerCount(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,2}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`It must be a number from ${least} to 99.`);
  };
}

export interface CommonOptions {
  readonly arch?: string;
  readonly caps?: string;
  readonly cap?: string[];
  readonly kernel?: string;
  readonly engine?: string;
  readonly runtime?: string;
  readonly libseccomp?: string;
  readonly table?: string;
  readonly optimize?: string;
  readonly type?: SourceType;
  readonly stack?: string[];
}

/** The part of the options that makes up the target. */
export function pickTarget(options: CommonOptions): TargetOptions {
  const keys = [
    "arch",
    "caps",
    "cap",
    "kernel",
    "engine",
    "runtime",
    "libseccomp",
    "table",
    "optimize",
  ] as const;
  const given = keys.filter((key) => options[key] !== undefined);
  return Object.fromEntries(given.map((key) => [key, options[key]])) as TargetOptions;
}
