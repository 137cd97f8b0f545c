import type { ArchName } from "./architecture.js";
import { SET_TABLE } from "./sets.gen.js";
import { syscallNames, syscallNumber } from "./syscalls.js";

/** Every call of an architecture's table. */
export const ALL_CALLS = "@all";

let table: ReadonlyMap<string, readonly string[]> | undefined;

function sets(): ReadonlyMap<string, readonly string[]> {
  table ??= new Map(
    SET_TABLE.trim()
      .split("\n")
      .map((line): [string, string[]] => {
        const [name = "", ...members] = line.split(" ");
        return [name, members];
      }),
  );
  return table;
}

/**
 * The named sets of calls: systemd's (`@file-system`, see systemd.exec(5) SystemCallFilter=), `@all`, and
 * `@docker-denied`, the calls that Docker's article of release 1.10 lists as blocked.
 */
export function setNames(): readonly string[] {
  return [ALL_CALLS, ...sets().keys()];
}

/** The names in a set and in the sets that it holds; `undefined` for an unknown set. */
export function setMembers(set: string): readonly string[] | undefined {
  if (set === ALL_CALLS) return syscallNames();
  if (!sets().has(set)) return undefined;
  const names = new Set<string>();
  const opened = new Set<string>();
  const open = (name: string): void => {
    if (opened.has(name)) return;
    opened.add(name);
    for (const member of sets().get(name) ?? []) {
      if (member.startsWith("@")) open(member);
      else names.add(member);
    }
  };
  open(set);
  return [...names];
}

/** The numbers of a set's calls that the architecture has; `undefined` for an unknown set. */
export function setNumbers(set: string, arch: ArchName): readonly number[] | undefined {
  return setMembers(set)?.flatMap((name) => syscallNumber(arch, name) ?? []);
}
