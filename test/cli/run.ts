import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";

export const CLI = resolve("dist/cli.js");

export interface Ran {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** Runs the built command line as a user would. */
export function run(args: readonly string[], options: RunOptions = {}): Ran {
  const { stdout, ...rest } = runBytes(args, options);
  return { ...rest, stdout: stdout.toString() };
}

export function runBytes(
  args: readonly string[],
  { input, cwd, env }: RunOptions = {},
): Omit<Ran, "stdout"> & { readonly stdout: Buffer } {
  const options: SpawnSyncOptions = {
    input: input ?? "",
    env: { PATH: process.env.PATH ?? "", ...env },
    maxBuffer: 1 << 28,
    timeout: 50_000,
    ...(cwd === undefined ? {} : { cwd }),
  };
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], options);
  return { status, signal, stdout: stdout as Buffer, stderr: String(stderr) };
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "seccomp-sim-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
