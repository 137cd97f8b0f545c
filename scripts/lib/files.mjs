import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Every file under `path` (a file stands for itself), depth first, in name order. */
export function listFiles(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => listFiles(join(path, name)));
}

/**
 * Are `outputs` all there, and none older than the newest of `inputs`? Paths; directories stand for the
 * files in them.
 */
export function isFresh(inputs, outputs) {
  const made = outputs.map((path) => listFiles(path).map((file) => statSync(file).mtimeMs));
  if (made.some((times) => times.length === 0)) return false;
  const oldest = Math.min(...made.flat());
  return inputs.flatMap(listFiles).every((file) => statSync(file).mtimeMs <= oldest);
}

/** A name next to `path` that no other build uses. */
export function temporaryName(path) {
  return `${path}.${process.pid}.tmp`;
}

/** Writes `path` in one step: readers see the old file or the new one, never a part. */
export function writeAtomic(path, content, mode) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  writeFileSync(temporary, content, mode === undefined ? {} : { mode });
  renameSync(temporary, path);
}

/** Puts the directory `from` in the place of `to`. */
export function replaceDirectory(from, to) {
  const old = `${temporaryName(to)}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(to)) renameSync(to, old);
  try {
    renameSync(from, to);
  } catch (error) {
    // A build beside this one was faster; what it put there is as new as ours.
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    rmSync(from, { recursive: true, force: true });
  }
  rmSync(old, { recursive: true, force: true });
}

/** Dates files back to when the build began, so that an edit made meanwhile counts as newer. */
export function dateFiles(paths, date) {
  for (const file of paths.flatMap(listFiles)) utimesSync(file, date, date);
}
