import type { BenchResult } from "../analysis/bench.js";
import type { CallCost } from "../analysis/cost.js";
import { EVALUATORS } from "../analysis/timing.js";
import { PLAIN, printable, type Style } from "./style.js";

/** Longer names stand above the table, and for them their numbers in it. */
const MAX_HEAD = 24;
const BAR_WIDTH = 32;
const MOST_EXPENSIVE = 8;
/** Calls that are rarer than this are not worth a line, however much they cost. */
const RARE = 1e-4;
const MOST_FREQUENT = 8;

/**
 * Sizes, costs and times for people: a column for each input, those after the first with their ratio to
 * it, then bars, the calls that the kernel's bitmap leaves to the filters, what other programs would
 * cost, and of the calls that are not rare those that execute most.
 */
export function formatBench(results: readonly BenchResult[], style: Style = PLAIN): string {
  const long = results.some(({ name }) => name.length > MAX_HEAD);
  const heads = results.map(({ name }, i) => (long ? `[${i + 1}]` : printable(name)));
  const legend = long ? results.map(({ name }, i) => `[${i + 1}] ${printable(name)}`) : [];
  return [
    ...legend,
    ...(long ? [""] : []),
    ...table(heads, rowsOf(results), style),
    ...(results.length > 1 ? bars(results, heads, style) : []),
    ...results.flatMap((one, i) => behindBitmap(one, heads[i] ?? "", style)),
    ...results.flatMap((one, i) => variants(one, heads[i] ?? "", style)),
    ...results.flatMap((one, i) => expensive(one, heads[i] ?? "", style)),
    "",
  ].join("\n");
}

/** The same for programs; times are nanoseconds per verdict. */
export function benchJson(results: readonly BenchResult[]): string {
  const inputs = results.map(({ name, instructions, cost, bitmap, evaluators }) => ({
    name,
    instructions,
    executed: cost.executed,
    bitmap,
    evaluators,
  }));
  return `${JSON.stringify({ inputs }, null, 2)}\n`;
}

/** A line of the table; a heading has no values. */
interface Row {
  readonly label: string;
  readonly values?: readonly number[];
  readonly text?: (value: number, i: number) => string;
  /** Parts of a whole say enough without a ratio. */
  readonly ratio?: false;
}

function rowsOf(results: readonly BenchResult[]): Row[] {
  const row = (
    label: string,
    value: (one: BenchResult) => number,
    text: Row["text"] = fine,
  ): Row => ({ label, values: results.map(value), text });
  return [
    row("instructions", (one) => one.instructions, String),
    { label: "executed per call" },
    row("  mean", (one) => one.cost.executed.mean),
    row("  p50", (one) => one.cost.executed.p50, String),
    row("  p99", (one) => one.cost.executed.p99, String),
    { label: "allowed by the kernel's bitmap, no filter run" },
    {
      ...row("  system calls", (one) => one.bitmap.cached, cachedOf(results)),
      ratio: false,
    },
    { ...row("  of these records", (one) => one.cost.answered, percent), ratio: false },
    row("  executed per call then", (one) => one.cost.meanBehindBitmap),
    { label: "ns per verdict here: median (p10)" },
    ...EVALUATORS.flatMap((name) =>
      (["stream", "hot"] as const).map((walk) => {
        const p10 = (i: number): number => results[i]?.evaluators[name][walk].p10 ?? 0;
        return row(
          `  ${name}, ${walk}`,
          (one) => one.evaluators[name][walk].median,
          (value, i) => `${fine(value)} (${fine(p10(i))})`,
        );
      }),
    ),
  ];
}

function table(heads: readonly string[], rows: readonly Row[], style: Style): string[] {
  const cells = rows.map(({ values = [], text = fine, ratio }) =>
    values.map((value, i) => {
      const base = values[0] ?? 0;
      const beside = i > 0 && ratio !== false && base > 0 ? `  ${fine(value / base)}x` : "";
      return `${text(value, i)}${beside}`;
    }),
  );
  const labelWidth = Math.max(...rows.map(({ label, values }) => (values ? label.length : 0)));
  const widths = heads.map((head, i) =>
    Math.max(head.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  const line = (label: string, row: readonly string[]): string =>
    [label.padEnd(labelWidth), ...row.map((cell, i) => cell.padStart(widths[i] ?? 0))]
      .join("   ")
      .trimEnd();
  return [
    style.strong(line("", heads)),
    ...rows.map(({ label }, r) => line(label, cells[r] ?? [])),
  ];
}

function variants({ variants }: BenchResult, head: string, style: Style): string[] {
  const [first] = variants;
  if (first === undefined) return [];
  const width = Math.max(...variants.map(({ name }) => name.length));
  const longest = Math.max(...variants.map(({ cost }) => cost.executed.mean));
  return [
    "",
    `${style.strong(`${head} in other forms`)} ${style.faint("size, executed per call: mean, p50, p99")}`,
    ...variants.map(({ name, instructions: size, cost: { executed } }) => {
      const numbers = [
        String(size).padStart(5),
        fine(executed.mean).padStart(8),
        String(executed.p50).padStart(5),
        String(executed.p99).padStart(5),
      ].join(" ");
      return `  ${name.padEnd(width)} ${numbers}  ${bar(executed.mean, longest)}`;
    }),
  ];
}

/** The calls that the bitmap leaves to the filters. */
function behindBitmap({ cost, bitmap }: BenchResult, head: string, style: Style): string[] {
  if (bitmap.cached === 0) return ["", `${head}: the kernel's bitmap answers no call`];
  const total = countOf(cost.calls);
  const left = cost.calls.filter(({ cached }) => !cached).sort((a, b) => b.count - a.count);
  if (left.length === 0) return ["", `${head}: the kernel's bitmap answers all of these calls`];
  const shown = left.slice(0, MOST_FREQUENT).map((one) => {
    return `  ${printable(callName(one))} ${percent(one.count / total)}`;
  });
  const more = left.length - shown.length;
  return [
    "",
    `${style.strong(`calls that the bitmap leaves to ${head}`)} ${style.faint("part of all calls")}`,
    ...shown,
    ...(more > 0 ? [style.faint(`  and ${more} more`)] : []),
  ];
}

function expensive({ cost }: BenchResult, head: string, style: Style): string[] {
  const total = countOf(cost.calls);
  const common = cost.calls.filter(({ count }) => count >= RARE * total);
  const shown = (common.length > 0 ? common : cost.calls).slice(0, MOST_EXPENSIVE);
  const executed = total * cost.executed.mean;
  const names = shown.map((one) => printable(callName(one)));
  const width = Math.max(...names.map((name) => name.length));
  const longest = shown[0]?.mean ?? 0;
  const columns = "executed per call, part of all calls, of all executed; + bitmap answers";
  return [
    "",
    `${style.strong(`most expensive calls of ${head}`)} ${style.faint(columns)}`,
    ...shown.map((one, i) => {
      const numbers = [
        fine(one.mean).padStart(8),
        percent(one.count / total).padStart(7),
        percent((one.count * one.mean) / executed).padStart(7),
        one.cached ? "+" : " ",
      ].join(" ");
      return `  ${(names[i] ?? "").padEnd(width)} ${numbers} ${bar(one.mean, longest)}`;
    }),
  ];
}

function countOf(calls: readonly CallCost[]): number {
  return calls.reduce((sum, { count }) => sum + count, 0);
}

/** `mount (x86)`; a number without a name is written with `#`. */
function callName({ name, archName }: CallCost): string {
  return `${name} (${archName})`;
}

function bars(results: readonly BenchResult[], heads: readonly string[], style: Style): string[] {
  const means = results.map(({ cost }) => cost.executed.mean);
  const width = Math.max(...heads.map((head) => head.length));
  const longest = Math.max(...means);
  const lines = means.map((mean, i) => {
    return `  ${(heads[i] ?? "").padEnd(width)} ${fine(mean).padStart(8)}  ${bar(mean, longest)}`;
  });
  return ["", style.strong("executed per call, mean"), ...lines];
}

/** In eighths of a character. */
function bar(value: number, longest: number): string {
  const eighths = longest > 0 ? Math.max(1, Math.round((value / longest) * BAR_WIDTH * 8)) : 0;
  const rest = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) + (rest > 0 ? String.fromCharCode(0x2590 - rest) : "");
}

const percent = (part: number): string => `${(100 * part).toFixed(part < 0.1 ? 2 : 1)} %`;

/** Three digits or so. */
function fine(value: number): string {
  if (value === 0) return "0";
  return value < 100 ? value.toFixed(2) : value.toFixed(1);
}

function cachedOf(results: readonly BenchResult[]): (value: number, i: number) => string {
  return (value, i) => `${value} of ${results[i]?.bitmap.total ?? 0}`;
}
