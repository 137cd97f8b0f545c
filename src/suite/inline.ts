import type { Source } from "../analysis/source.js";
import { documentOfJson } from "../profile/document.js";
import type { JsonMember, JsonValue } from "../profile/json/value.js";
import type { Path, SuiteDocument } from "./document.js";

/** A profile that is written in a suite, as the JSON that it stands for; places are the suite's. */
export function inlineSource(doc: SuiteDocument, path: Path): Source {
  const root = toJson(doc, path, valueAt(doc.data, path));
  const json = { root, placeAt: doc.placeAt };
  return { kind: "profile", name: doc.file, document: documentOfJson(json, doc.file) };
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce((value, key) => (value as Record<string | number, unknown>)[key], data);
}

function toJson(doc: SuiteDocument, path: Path, value: unknown): JsonValue {
  const offset = doc.placeOf(path).offset ?? 0;
  switch (typeof value) {
    case "string":
      return { kind: "string", offset, value };
    case "boolean":
      return { kind: "boolean", offset, value };
    case "bigint":
      return { kind: "number", offset, literal: String(value) };
    case "number":
      return { kind: "number", offset, literal: doc.sourceOf(path) ?? String(value) };
  }
  if (Array.isArray(value)) {
    const items = value.map((item, i) => toJson(doc, [...path, i], item));
    return { kind: "array", offset, items };
  }
  if (typeof value !== "object" || value === null) return { kind: "null", offset };
  const members = Object.entries(value).map(([key, item]): JsonMember => {
    const at = [...path, key];
    return { key, keyOffset: doc.placeOfKey(at).offset ?? 0, value: toJson(doc, at, item) };
  });
  return { kind: "object", offset, members };
}
