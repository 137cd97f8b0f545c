import type { CoverageItem, CoverageReport } from "../analysis/coverage/index.js";

/**
 * Coverage of profiles as lcov's tracefile (linux-test-project/lcov, man geninfo "FILES"), for viewers
 * that mark lines: an entry is a function, an entry, name or outcome a line, a gate or condition a branch of
 * two sides on its line. What cannot be exercised is left out. A line is hit if all that begins on it is.
 */
export function formatLcov({ profiles }: CoverageReport): string {
  // Two readings of one file (for two engines) are one record.
  const byFile = new Map<string, CoverageItem[]>();
  for (const { file, items } of profiles) {
    const counted = items.filter(({ state }) => state !== "unreachable");
    byFile.set(file, [...(byFile.get(file) ?? []), ...counted]);
  }
  return [...byFile].map(([file, items]) => record(file, items)).join("");
}

function record(file: string, items: readonly CoverageItem[]): string {
  const hit = (item: CoverageItem): number => (item.state === "covered" ? 1 : 0);
  const functions = items.filter(({ kind }) => kind === "entry");
  const branches = items.filter(({ kind }) => kind === "gate" || kind === "condition");
  const lines = new Map<number, number>();
  for (const item of items) {
    if (item.side !== undefined) continue;
    const { line } = item.place;
    lines.set(line, Math.min(lines.get(line) ?? 1, hit(item)));
  }
  const nameOf = (item: CoverageItem): string => `entry ${item.entry}`;
  const count = (list: readonly CoverageItem[]): number =>
    list.filter((one) => hit(one) > 0).length;
  const sides = new Map<number, number>();
  const text = [
    "TN:",
    `SF:${file.replace(/[\r\n]/g, " ")}`,
    ...functions.map((one) => `FN:${one.place.line},${nameOf(one)}`),
    ...functions.map((one) => `FNDA:${hit(one)},${nameOf(one)}`),
    `FNF:${functions.length}`,
    `FNH:${count(functions)}`,
    ...branches.map((one) => {
      const { line } = one.place;
      const side = sides.get(line) ?? 0;
      sides.set(line, side + 1);
      return `BRDA:${line},${one.entry},${side},${hit(one)}`;
    }),
    `BRF:${branches.length}`,
    `BRH:${count(branches)}`,
    ...[...lines].sort(([a], [b]) => a - b).map(([line, hits]) => `DA:${line},${hits}`),
    `LF:${lines.size}`,
    `LH:${[...lines.values()].filter((hits) => hits > 0).length}`,
    "end_of_record",
  ];
  return `${text.join("\n")}\n`;
}
