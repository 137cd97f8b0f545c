import { archByName } from "../abi/names.js";
import { suggest } from "../abi/suggest.js";
import { parseTarget, type TargetOptions } from "../profile/target-options.js";
import { badSuite, located } from "./complaint.js";
import type { Path, SuiteDocument } from "./document.js";
import type { PartData, TargetData } from "./schema.js";
import type { SuiteTarget } from "./suite.js";

/** Each target compiles the profile anew; more are a mistake. */
const MAX_TARGETS = 500;

type Dimension = keyof TargetOptions;

/** One value of a dimension: what the options say, and what labels and `only` call it. */
interface Value {
  readonly option: string | readonly string[];
  readonly name: string;
}

interface Axis {
  readonly dimension: Dimension;
  readonly values: readonly Value[];
}

/** The targets of a suite, in the order of their lists: the last dimension varies fastest. */
export interface Matrix {
  readonly targets: readonly SuiteTarget[];
  /** Whether a target is in the part that `only` or `except` at `path` describes. */
  part(data: PartData, path: Path): (target: SuiteTarget) => boolean;
}

/** Reads `target`. Throws SeccompSimError for unknown values, and for too large a matrix. */
export function readMatrix(data: TargetData | undefined, doc: SuiteDocument): Matrix {
  const axes = Object.entries(data ?? {}).map(([key, value]): Axis => {
    const dimension = key as Dimension;
    return { dimension, values: valuesOf(dimension, value, doc) };
  });
  const count = axes.reduce((n, { values }) => n * values.length, 1);
  if (count > MAX_TARGETS) {
    throw badSuite(
      `these lists make ${count} targets, and a suite has at most ${MAX_TARGETS}`,
      doc.placeOf(["target"]),
      "leave some values out, or split the suite",
    );
  }
  const varied = new Set(axes.filter(({ values }) => values.length > 1).map((a) => a.dimension));
  const names = new Map<SuiteTarget, ReadonlyMap<Dimension, string>>();
  const targets = combinations(axes).map((chosen): SuiteTarget => {
    const options = Object.fromEntries(chosen.map(([d, { option }]) => [d, option]));
    const shown = chosen.filter(([dimension]) => varied.has(dimension));
    const target: SuiteTarget = {
      label: shown.map(([dimension, { name }]) => `${dimension}=${name}`).join(" "),
      target: located(doc, ["target"], () => parseTarget(options as TargetOptions)),
      options: Object.fromEntries(shown.map(([dimension, { name }]) => [dimension, name])),
    };
    names.set(target, new Map(chosen.map(([dimension, { name }]) => [dimension, name])));
    return target;
  });
  const part = (wanted: PartData, path: Path): ((target: SuiteTarget) => boolean) => {
    const tests = Object.entries(wanted).map(([key, value]) => {
      const dimension = key as Dimension;
      return { dimension, names: partNames(dimension, value, [...path, key], axes, doc) };
    });
    return (target) =>
      tests.every(({ dimension, names: some }) =>
        some.has(names.get(target)?.get(dimension) ?? ""),
      );
  };
  return { targets, part };
}

function combinations(axes: readonly Axis[]): [Dimension, Value][][] {
  return axes.reduce<[Dimension, Value][][]>(
    (made, { dimension, values }) =>
      made.flatMap((one) =>
        values.map((value) => [...one, [dimension, value] as [Dimension, Value]]),
      ),
    [[]],
  );
}

/** The values of one option, each checked where it stands. */
function valuesOf(dimension: Dimension, data: unknown, doc: SuiteDocument): Value[] {
  const path: Path = ["target", dimension];
  const isList = Array.isArray(data) && (dimension !== "cap" || data.some(Array.isArray));
  const items: [unknown, Path][] = isList
    ? data.map((item, i) => [item, [...path, i]])
    : [[data, path]];
  const values = items.map(([item, at]) => readValue(dimension, item, at, doc));
  values.forEach(({ name }, i) => {
    if (values.findIndex((other) => other.name === name) === i) return;
    throw badSuite(`"target.${dimension}" has ${name} twice`, doc.placeOf(items[i]?.[1] ?? path));
  });
  return values;
}

function readValue(dimension: Dimension, data: unknown, path: Path, doc: SuiteDocument): Value {
  const option =
    dimension === "cap"
      ? (Array.isArray(data) ? data : [data]).map(String)
      : asWritten(data, path, doc);
  const target = located(doc, path, () => parseTarget({ [dimension]: option }));
  if (dimension === "cap") {
    // Capabilities by their short names, in order, so that each set has one name.
    const caps = located(doc, path, () =>
      parseTarget({ caps: "none", cap: option as string[] }),
    ).caps;
    return { option, name: caps.map((cap) => cap.replace(/^CAP_/, "")).join("+") || "none" };
  }
  return { option, name: dimension === "arch" ? target.arch : String(option) };
}

/** Plain numbers as they are written: `6.10` is not 6.1. */
function asWritten(data: unknown, path: Path, doc: SuiteDocument): string {
  return typeof data === "string" ? data.trim() : (doc.sourceOf(path) ?? String(data));
}

/** The names that a part asks for, each of which must be in the matrix. */
function partNames(
  dimension: Dimension,
  data: unknown,
  path: Path,
  axes: readonly Axis[],
  doc: SuiteDocument,
): ReadonlySet<string> {
  const axis = axes.find((one) => one.dimension === dimension);
  if (axis === undefined) {
    const known = axes.map((one) => one.dimension);
    throw badSuite(
      `the target has no "${dimension}" to choose from`,
      doc.placeOfKey(path),
      known.length === 0
        ? `give it a list: target: { ${dimension}: [...] }`
        : `it has ${known.join(", ")}`,
    );
  }
  const items: [unknown, Path][] = Array.isArray(data)
    ? data.map((item, i) => [item, [...path, i]])
    : [[data, path]];
  return new Set(items.map(([item, at]) => partName(axis, asWritten(item, at, doc), at, doc)));
}

function partName({ dimension, values }: Axis, text: string, path: Path, doc: SuiteDocument) {
  const same = (name: string): string =>
    dimension === "cap"
      ? name
          .toUpperCase()
          .replace(/\bCAP_/g, "")
          .split(/[\s+,]+/)
          .sort()
          .join("+")
      : name.toLowerCase();
  const wanted = dimension === "arch" ? (archByName(text)?.name ?? text) : text;
  const found = values.find(({ name }) => same(name) === same(wanted));
  if (found !== undefined) return found.name;
  const names = values.map(({ name }) => name);
  const near = suggest(text, names);
  throw badSuite(
    `no target of the suite has ${dimension} ${JSON.stringify(text)}`,
    doc.placeOf(path),
    near === undefined ? `it has ${names.join(", ")}` : `did you mean ${near}?`,
  );
}
