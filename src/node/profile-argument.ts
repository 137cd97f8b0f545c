import { dirname, isAbsolute, relative, resolve } from "node:path";
import type { ArchName } from "../abi/architecture.js";
import { suggest } from "../abi/suggest.js";
import { loadProfile, presetSource, type Source, type SourceType } from "../analysis/source.js";
import { SeccompSimError } from "../errors.js";
import { presetNames } from "../profile/presets/index.js";
import { readSmall } from "./input.js";

export interface ReadOptions {
  readonly type?: SourceType | undefined;
  /** Byte order and names of a filter that does not tell. */
  readonly arch: ArchName;
  /** The folder that relative files are meant from; the working directory if absent. */
  readonly base?: string | undefined;
}

/**
 * What stands for PROFILE: a preset's name, `-`, a file, or the value of Docker's own option
 * (`docker run --security-opt seccomp=FILE`; release 1.10 wrote `seccomp:FILE`), where `unconfined` and
 * `builtin` are words of Docker's. A file named like one of these is meant by `./NAME`.
 */
export function readProfileArgument(argument: string, options: ReadOptions): Source {
  const named = readArgument(argument, options.base);
  if (named.kind === "preset") return presetSource(named.name);
  const { bytes, name } = named;
  return loadProfile(bytes, { file: name, type: options.type, arch: options.arch });
}

/** The same before it is understood: a preset's name, or the bytes of a file. */
export function readArgument(
  argument: string,
  base?: string,
): { kind: "preset"; name: string } | { kind: "file"; name: string; bytes: Uint8Array } {
  const value = withoutOption(argument);
  if (value === "") throw new SeccompSimError("no-profile", `"${argument}" names no profile`);
  const path = fileOfArgument(argument, base);
  if (path === undefined) {
    return { kind: "preset", name: value === "builtin" ? "docker-default" : value };
  }
  const near = suggest(value, [...presetNames, "builtin"]);
  return { kind: "file", ...readSmall(path, near && `did you mean the preset ${near}?`) };
}

/** The file that an argument names (`-` is standard input), or `undefined` for a preset. */
export function fileOfArgument(argument: string, base?: string): string | undefined {
  const value = withoutOption(argument);
  const isOption = value !== argument;
  if (value === "builtin" || value === "unconfined" || (!isOption && isPreset(value))) {
    return undefined;
  }
  return value === "-" ? value : locate(value, base);
}

function withoutOption(argument: string): string {
  return argument.replace(/^seccomp[=:]/, "");
}

/** A path as the user would type it from the working directory. */
function locate(path: string, base: string | undefined): string {
  if (base === undefined || isAbsolute(path)) return path;
  const found = relative(process.cwd(), resolve(base, path));
  return found.startsWith("..") ? resolve(base, path) : found;
}

/** The folder of a suite, for its relative files. */
export function folderOf(file: string): string {
  return dirname(resolve(file));
}

/** Standard input can be read once. */
export function refuseTwoStdins(names: readonly string[]): void {
  const uses = names.filter((name) => /^(seccomp[=:])?-$/.test(name)).length;
  if (uses > 1) {
    throw new SeccompSimError("stdin-twice", "standard input (-) can stand for one thing only");
  }
}

function isPreset(name: string): boolean {
  return (presetNames as readonly string[]).includes(name);
}
