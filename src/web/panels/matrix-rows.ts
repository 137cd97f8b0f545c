import { setMembers, setNames } from "../../abi/syscall-sets.js";
import type { MatrixRow } from "../../analysis/matrix.js";
import { formatVerdict } from "../../seccomp/verdict.js";

export const SORTS = ["number", "name", "group"] as const;
export type Sort = (typeof SORTS)[number];

/** Sets that are no subject but a selection of others. */
const SELECTIONS = new Set(["@all", "@known", "@docker-denied", "@default", "@system-service"]);

let groups: ReadonlyMap<string, string> | undefined;

/** systemd's set that a call belongs to; the first one where there are several. */
export function groupOf(name: string): string {
  if (groups === undefined) {
    const found = new Map<string, string>();
    const subjects = setNames().filter((set) => !SELECTIONS.has(set));
    for (const set of [...subjects, "@default", "@system-service"]) {
      for (const member of setMembers(set) ?? []) {
        if (!found.has(member)) found.set(member, set);
      }
    }
    groups = found;
  }
  return groups.get(name) ?? "other";
}

export interface Choice {
  readonly search: string;
  readonly sort: Sort;
  /** Verdicts to be shown; all if empty. */
  readonly verdicts: readonly string[];
}

/** How many calls each verdict has; one with several counts for each of them. */
export function countVerdicts(rows: readonly MatrixRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { parts } of rows) {
    for (const text of new Set(parts.map(({ verdict }) => formatVerdict(verdict)))) {
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  }
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

export function chooseRows(
  rows: readonly MatrixRow[],
  { search, sort, verdicts }: Choice,
): readonly MatrixRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = rows.filter(
    ({ name, nr, parts }) =>
      words.every((word) => name.includes(word) || `${nr}` === word || groupOf(name) === word) &&
      (verdicts.length === 0 ||
        parts.some(({ verdict }) => verdicts.includes(formatVerdict(verdict)))),
  );
  if (sort === "number") return chosen;
  const key = ({ name }: MatrixRow): string => (sort === "name" ? name : groupOf(name));
  return [...chosen].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.nr - b.nr));
}
