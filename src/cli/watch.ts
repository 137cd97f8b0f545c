import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** Editors write a file in several steps; what happens within this time is one change. */
const SETTLE_MS = 100;

export interface Watched {
  /** Files whose change counts. */
  readonly files: readonly string[];
  /** Folders in which new files count, if their names match. */
  readonly folders: readonly string[];
  readonly pattern: RegExp;
  /** When the files were read, in milliseconds of the epoch: what changed since counts at once. */
  readonly since: number;
  /** The files of the folders that were there then, and those that are there now. */
  readonly found: readonly string[];
  find(): readonly string[];
}

/**
 * Waits until one of the files changes, or a new one appears; gives its path. `undefined` when `signal`
 * ends the wait. `onWaiting` is called when nothing can be missed any more. Folders are watched rather
 * than files: many editors replace a file by another of its name.
 */
export function nextChange(
  watched: Watched,
  signal: AbortSignal,
  onWaiting: () => void,
): Promise<string | undefined> {
  const files = new Set(watched.files.map((file) => resolve(file)));
  const recursive = new Set(watched.folders.map((folder) => resolve(folder)));
  const folders = new Set([...[...files].map((file) => dirname(file)), ...recursive]);
  return new Promise((done) => {
    const watchers: FSWatcher[] = [];
    let timer: NodeJS.Timeout | undefined;
    const end = (change: string | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      for (const watcher of watchers) watcher.close();
      done(change);
    };
    const stop = (): void => end(undefined);
    const settle = (path: string): void => {
      clearTimeout(timer);
      timer = setTimeout(end, SETTLE_MS, path);
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop);
    const watchFolder = (folder: string, deep: boolean): void => {
      const within = recursive.has(folder);
      const listener = (_: string, name: string | null): void => {
        const path = resolve(folder, name ?? "");
        if (files.has(path) || (within && watched.pattern.test(basename(path)))) settle(path);
      };
      try {
        watchers.push(watch(folder, { recursive: deep }, listener));
      } catch {
        // A folder that has gone meanwhile: what is left is still watched.
      }
    };
    for (const folder of folders) watchFolder(folder, false);
    // On Linux, Node puts this together from watches of its own, which may miss what is quick.
    for (const folder of recursive) watchFolder(folder, true);
    if (watchers.length === 0) return stop();
    const missed =
      [...files].find((file) => changedSince(file, watched.since)) ?? newOrGone(watched);
    if (missed !== undefined) settle(missed);
    onWaiting();
  });
}

function newOrGone({ found, find }: Watched): string | undefined {
  const now = find();
  return now.find((file) => !found.includes(file)) ?? found.find((file) => !now.includes(file));
}

function changedSince(file: string, since: number): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > since;
}
