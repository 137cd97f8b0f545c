import {
  type CoverageItem,
  type CoverageReport,
  type ProfileCoverage,
  percentOf,
  type Share,
  totalShare,
} from "../analysis/coverage/index.js";
import { PLAIN, printable, type Style } from "./style.js";

/** What the items of each kind are called, in the order of the table. */
const KINDS: readonly (readonly [title: string, kinds: readonly CoverageItem["kind"][]])[] = [
  ["outcomes", ["default", "badArch", "stub"]],
  ["entries", ["entry"]],
  ["names", ["name"]],
  ["gates", ["gate"]],
  ["conditions", ["condition"]],
];

/** Coverage for people: percentages, and each uncovered item with its place and what it needs. */
export function formatCoverage(
  { profiles, filters }: CoverageReport,
  style: Style = PLAIN,
): string {
  const lines = profiles.flatMap((one) => formatProfile(one, style));
  for (const { name, targets, instructions, edges } of filters) {
    const on = targets.filter((label) => label !== "");
    const where = on.length === 0 ? "" : style.faint(` (${printable(on.join("; "))})`);
    lines.push(
      `Filter of ${printable(name)}${where}: ${percent(instructions)} of instructions, ${percent(edges)} of branch edges`,
    );
  }
  return lines.length === 0 ? "Coverage: no filter was loaded\n" : `${lines.join("\n")}\n`;
}

function formatProfile(profile: ProfileCoverage, style: Style): string[] {
  const { items, file } = profile;
  const full = profile.covered === profile.total;
  const head = `Coverage of ${style.strong(printable(file))}: ${(full ? style.good : style.bad)(percent(profile))}`;
  const parts = KINDS.flatMap(([title, kinds]) => {
    const share = shareOf(items.filter(({ kind }) => kinds.includes(kind)));
    return share.total === 0 ? [] : `${title} ${share.covered}/${share.total}`;
  });
  const section = (state: CoverageItem["state"], title: string): string[] => {
    const found = items.filter((item) => item.state === state);
    if (found.length === 0) return [];
    return [
      `  ${title} (${found.length}):`,
      ...found.map((item) => `    ${itemLine(item, style)}`),
    ];
  };
  return [
    head,
    `  ${parts.join(", ")}`,
    ...section("uncovered", "not exercised"),
    ...section("unreachable", "cannot be exercised, not counted"),
    "",
  ];
}

function itemLine(item: CoverageItem, style: Style): string {
  const { line, file } = item.place;
  return `${style.strong(printable(`${file}:${line}`))}: ${printable(describeItem(item))}${style.faint(`: ${printable(item.reason ?? "")}`)}`;
}

/** `entry 3, gate includes.caps CAP_SYS_ADMIN, open`. */
export function describeItem({ kind, entry, text, side }: CoverageItem): string {
  switch (kind) {
    case "default":
      return `default action ${text}`;
    case "badArch":
      return `bad-architecture action: ${text}`;
    case "stub":
      return `the runtime's stub: ${text}`;
    case "entry":
      return `entry ${entry} (${text})`;
    case "name":
      return `entry ${entry}, name ${text}`;
    case "gate":
    case "condition":
      return `entry ${entry}, ${kind} ${text}, ${side}`;
  }
}

function percent(share: Share): string {
  return `${percentOf(share)} % (${share.covered}/${share.total})`;
}

function shareOf(items: readonly CoverageItem[]): Share {
  const counted = items.filter(({ state }) => state !== "unreachable");
  return {
    covered: counted.filter(({ state }) => state === "covered").length,
    total: counted.length,
  };
}

/**
 * The same as data:
 *
 * ```
 * { SHARE, profiles: [{ file, targets, SHARE, items: [ITEM] }], filters: [FILTER] }
 * SHARE  = percent, covered, total
 * ITEM   = { kind, file, line, column, entry?, text, side?, state, reason? }
 * FILTER = { name, targets, instructions, edges, notExecuted, notTaken }
 * ```
 */
export function coverageJson({ profiles, filters }: CoverageReport): object {
  return {
    ...totals(profiles),
    profiles: profiles.map(({ file, targets, items, ...share }) => ({
      file,
      targets,
      ...totals([share]),
      items: items.map(({ kind, place, ...item }) => {
        const { line, column } = place;
        return { kind, file: place.file, line, column, ...item };
      }),
    })),
    filters,
  };
}

function totals(shares: readonly Share[]): Share & { readonly percent: number } {
  const share = totalShare(shares);
  return { percent: percentOf(share), ...share };
}
