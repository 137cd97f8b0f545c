import type { ArchName } from "../abi/architecture.js";
import type { Place } from "../errors.js";
import { readJson } from "../profile/json/read.js";
import type { JsonObject, JsonValue } from "../profile/json/value.js";
import { badSuite } from "./complaint.js";
import { MAX_CHARACTERS, MAX_DEPTH, type Path, type SuiteDocument, tooLarge } from "./document.js";
import { readSuite } from "./reader.js";
import type { Suite } from "./suite.js";

/**
 * Reads a suite that is JSON, much faster than `readSuite` would as YAML. Throws SeccompSimError with the
 * place of the first mistake.
 *
 * @param arch as of `readSuite`
 */
export function readJsonSuite(text: string, file: string, arch?: ArchName): Suite {
  return readSuite(text, file, readJsonDocument, arch);
}

/** What `readDocument` makes of the same text. */
export function readJsonDocument(text: string, file: string): SuiteDocument {
  if (text.length > MAX_CHARACTERS) throw tooLarge(file);
  const { root, placeAt } = readJson(text, file);
  const find = (path: Path) => {
    let found: JsonValue | undefined = root;
    let [offset, keyOffset] = [root.offset, 0];
    for (const step of path) {
      if (found?.kind === "array" && typeof step === "number") {
        found = found.items[step];
        keyOffset = offset;
      } else {
        const member: JsonObject["members"][number] | undefined =
          found?.kind === "object"
            ? found.members.find(({ key }) => key === String(step))
            : undefined;
        if (member !== undefined) keyOffset = member.keyOffset;
        found = member?.value;
      }
      if (found === undefined) break;
      offset = found.offset;
    }
    return { found, offset, keyOffset };
  };
  return {
    file,
    data: plain(root, placeAt, 0),
    warnings: [],
    placeAt,
    placeOf: (path) => placeAt(find(path).offset),
    placeOfKey: (path) => placeAt(find(path).keyOffset),
    sourceOf: (path) => {
      const { found } = find(path);
      switch (found?.kind) {
        case "null":
          return "null";
        case "boolean":
        case "string":
          return String(found.value);
        case "number":
          return found.literal;
      }
      return undefined;
    },
  };
}

function plain(value: JsonValue, placeAt: (offset: number) => Place, depth: number): unknown {
  if (depth > MAX_DEPTH) {
    throw badSuite("the file is nested too deeply", placeAt(value.offset), undefined);
  }
  switch (value.kind) {
    case "null":
      return null;
    case "boolean":
    case "string":
      return value.value;
    case "number":
      return /[.eE]/.test(value.literal) ? Number(value.literal) : BigInt(value.literal);
    case "array":
      return value.items.map((item) => plain(item, placeAt, depth + 1));
  }
  const entries = new Map<string, unknown>();
  for (const { key, keyOffset, value: item } of value.members) {
    if (entries.has(key)) throw badSuite(`the key "${key}" is given twice`, placeAt(keyOffset));
    entries.set(key, plain(item, placeAt, depth + 1));
  }
  return Object.fromEntries(entries);
}
