import type { TargetAnswer, TargetRow } from "../analysis/targets.js";
import { formatTarget } from "../profile/target-options.js";
import { formatVerdict } from "../seccomp/verdict.js";
import { PLAIN, printable, type Style } from "./style.js";

/** Longer calls are named by a number in the head of the table, and written out above it. */
const MAX_HEAD = 24;

/**
 * A line for each target and a column for each call; an answer that is not the first target's is marked
 * with `*`.
 */
export function formatTargets(
  rows: readonly TargetRow[],
  calls: readonly string[],
  style: Style = PLAIN,
): string {
  const [base] = rows;
  if (base === undefined) return "";
  const long = calls.some((call) => call.length > MAX_HEAD);
  const heads = calls.map((call, i) => (long ? `[${i + 1}]` : printable(call)));
  const labels = rows.map(({ options }) => labelOf(options));
  const cells = rows.map(({ answers }) => answers.map(textOf));
  const width = Math.max("target".length, ...labels.map((label) => label.length));
  const widths = heads.map((head, i) =>
    Math.max(head.length, ...cells.map((row) => (row[i] ?? "").length + 2)),
  );
  const line = (label: string, row: readonly string[]): string =>
    [label.padEnd(width), ...row].join("  ").trimEnd();
  const legend = long ? calls.map((call, i) => `[${i + 1}] ${printable(call)}`) : [];
  const body = rows.map((row, r) =>
    line(
      labels[r] ?? "",
      row.answers.map((answer, i) => {
        const text = `${cells[r]?.[i] ?? ""}${answer.differs ? " *" : ""}`.padEnd(widths[i] ?? 0);
        return answer.differs ? style.bad(text) : text;
      }),
    ),
  );
  const head = style.strong(
    line(
      "target",
      heads.map((one, i) => one.padEnd(widths[i] ?? 0)),
    ),
  );
  return [...legend, ...(long ? [""] : []), head, ...body, "", ...notes(rows, style), ""].join(
    "\n",
  );
}

function notes(rows: readonly TargetRow[], style: Style): string[] {
  const [base] = rows;
  const different = rows.filter(({ answers }) => answers.some(({ differs }) => differs)).length;
  const refusals = new Map<string, string>();
  for (const { answers, options } of rows) {
    const refused = answers.find((one) => one.kind === "refused");
    if (refused?.kind !== "refused" || refusals.has(refused.error.message)) continue;
    refusals.set(refused.error.message, labelOf(options));
  }
  return [
    ...[...refusals].map(([message, label]) => `refused (${label}): ${printable(message)}`),
    `${different} of ${rows.length} targets differ (*) from the first`,
    style.faint(`first target: ${base === undefined ? "" : formatTarget(base.target)}`),
  ];
}

function labelOf(options: TargetRow["options"]): string {
  const parts = Object.entries(options).map(([dimension, value]) => `${dimension} ${value}`);
  return parts.length === 0 ? "as given" : parts.join(", ");
}

function textOf(answer: TargetAnswer): string {
  switch (answer.kind) {
    case "answer":
      return formatVerdict(answer.verdict);
    case "refused":
      return "refused";
    case "no-call":
      return "no such call";
  }
}
