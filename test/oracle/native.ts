import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A program of test/oracle/native, built with the system's compiler. */
export interface Native {
  run(input: string | Uint8Array): string;
  remove(): void;
}

/** Why the oracle cannot run here, or the built program. In CI nothing may be missing. */
export function buildNative(
  name: string,
  libraries: readonly string[] = [],
  more: () => string | undefined = () => undefined,
): Native | string {
  const missing = unavailable(libraries) ?? more();
  if (missing !== undefined) {
    if (process.env.CI) throw new Error(`in CI every oracle must run, but ${missing}`);
    console.warn(`skipped: the ${name} oracle, because ${missing}`);
    return missing;
  }
  const folder = mkdtempSync(join(tmpdir(), "seccomp-sim-oracle-"));
  const program = join(folder, name);
  const source = fileURLToPath(new URL(`native/${name}.c`, import.meta.url));
  execFileSync("cc", ["-O2", "-o", program, source, ...libraries.map((one) => `-l${one}`)]);
  return {
    run(input) {
      const { stdout, status, signal } = spawnSync(program, { input, maxBuffer: 1 << 29 });
      if (status !== 0) throw new Error(`${name} ended with ${signal ?? status}`);
      return stdout.toString();
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function unavailable(libraries: readonly string[]): string | undefined {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.arch !== "x64") return `it makes x86_64 calls, and this is ${process.arch}`;
  if (spawnSync("cc", ["--version"]).status !== 0) return "there is no C compiler";
  for (const library of libraries) {
    if (!existsSync(`/usr/include/${library}.h`)) return `lib${library}'s headers are missing`;
  }
  return undefined;
}
