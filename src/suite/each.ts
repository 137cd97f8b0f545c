import { suggest } from "../abi/suggest.js";
import { badSuite } from "./complaint.js";
import type { Path, SuiteDocument } from "./document.js";
import type { CaseData } from "./schema.js";

/** A case, or one row of its table: the data with `${x}` filled in, and where its parts stand. */
export interface SpeltCase {
  readonly data: CaseData;
  readonly path: Path;
  /** The row, for cases that have a table. */
  readonly row: Path | undefined;
}

const VARIABLE = /\$\{([^{}]*)\}/g;

/** The keys in which variables are filled in. */
const FILLED = ["name", "description", "call", "calls", "arch", "expect"] as const;

/** A case for each row of `each`; the case as it is where there is no table. */
export function spellRows(data: CaseData, path: Path, doc: SuiteDocument): readonly SpeltCase[] {
  if (data.each === undefined) return [{ data, path, row: undefined }];
  const columns = new Set(data.each.flatMap((row) => Object.keys(row)));
  const used = new Set<string>();
  const spelt = data.each.map((row, i): SpeltCase => {
    const rowPath: Path = [...path, "each", i];
    for (const column of columns) {
      if (Object.hasOwn(row, column)) continue;
      throw badSuite(`this row has no "${column}", which other rows have`, doc.placeOf(rowPath));
    }
    const values = new Map(
      Object.entries(row).map(([column, value]) => [
        column,
        typeof value === "string" ? value : (doc.sourceOf([...rowPath, column]) ?? String(value)),
      ]),
    );
    const filled: Record<string, unknown> = { ...data };
    for (const key of FILLED) {
      if (data[key] !== undefined) filled[key] = fill(data[key], values, [...path, key], doc, used);
    }
    return { data: filled as CaseData, path, row: rowPath };
  });
  for (const column of columns) {
    if (used.has(column)) continue;
    const at = data.each.findIndex((row) => Object.hasOwn(row, column));
    throw badSuite(
      `the column "${column}" is not used`,
      doc.placeOfKey([...path, "each", at, column]),
      `write \${${column}} in the call, the name or the expectation`,
    );
  }
  return spelt;
}

function fill(
  value: unknown,
  values: ReadonlyMap<string, string>,
  path: Path,
  doc: SuiteDocument,
  used: Set<string>,
): unknown {
  if (Array.isArray(value)) {
    return value.map((item, i) => fill(item, values, [...path, i], doc, used));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        fill(item, values, [...path, key], doc, used),
      ]),
    );
  }
  if (typeof value !== "string" || !value.includes("${")) return value;
  return value.replace(VARIABLE, (_, name: string) => {
    const column = name.trim();
    const found = values.get(column);
    used.add(column);
    if (found !== undefined) return found;
    const near = suggest(column, values.keys());
    throw badSuite(
      `\${${column}} is no column of each`,
      doc.placeOf(path),
      near === undefined
        ? `its columns are ${[...values.keys()].join(", ")}`
        : `did you mean ${near}?`,
    );
  });
}
