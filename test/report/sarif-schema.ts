/** What a property may be: a type's name, a definition's (`[]` behind it: a list), or a check. */
type Rule = string | ((value: unknown) => boolean);

interface Definition {
  readonly required?: readonly string[];
  /** Of these, at least one. */
  readonly anyOf?: readonly string[];
  readonly properties: Readonly<Record<string, Rule>>;
}

const oneOf =
  (...words: readonly string[]): Rule =>
  (value) =>
    words.includes(value as string);
const atLeast =
  (minimum: number): Rule =>
  (value) =>
    Number.isInteger(value) && (value as number) >= minimum;
/** RFC 3986 `URI-reference`, its characters and its escapes. */
const uriReference: Rule = (value) =>
  typeof value === "string" &&
  /^(?:[\w.~!$&'()*+,;=:@/?#[\]-]|%[0-9A-Fa-f]{2})*$/.test(value) &&
  !/^[^/?#]*:/.test(value.replace(/^(?:file|https):\/\//, ""));

/**
 * The parts that a log of test results needs of
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json: for each
 * definition its required properties and the types of those that we write. The schema allows no others
 * than it names (`additionalProperties: false`), and here none but these pass.
 */
const DEFINITIONS: Readonly<Record<string, Definition>> = {
  log: {
    required: ["version", "runs"],
    properties: { $schema: uriReference, version: oneOf("2.1.0"), runs: "run[]" },
  },
  run: {
    required: ["tool"],
    properties: {
      tool: "tool",
      invocations: "invocation[]",
      columnKind: oneOf("utf16CodeUnits", "unicodeCodePoints"),
      results: "result[]",
    },
  },
  tool: { required: ["driver"], properties: { driver: "toolComponent" } },
  toolComponent: {
    required: ["name"],
    properties: { name: "string", version: "string", rules: "reportingDescriptor[]" },
  },
  reportingDescriptor: {
    required: ["id"],
    properties: { id: "string", shortDescription: "multiformatMessageString" },
  },
  multiformatMessageString: { required: ["text"], properties: { text: "string" } },
  invocation: {
    required: ["executionSuccessful"],
    properties: { executionSuccessful: "boolean", toolExecutionNotifications: "notification[]" },
  },
  notification: { required: ["message"], properties: { message: "message" } },
  result: {
    required: ["message"],
    properties: {
      ruleId: "string",
      ruleIndex: atLeast(-1),
      level: oneOf("none", "note", "warning", "error"),
      message: "message",
      locations: "location[]",
      relatedLocations: "location[]",
    },
  },
  message: { anyOf: ["text", "id"], properties: { text: "string" } },
  location: {
    properties: { id: atLeast(-1), physicalLocation: "physicalLocation", message: "message" },
  },
  physicalLocation: {
    anyOf: ["address", "artifactLocation"],
    properties: { artifactLocation: "artifactLocation", region: "region" },
  },
  artifactLocation: { properties: { uri: uriReference } },
  region: {
    required: ["startLine"],
    properties: { startLine: atLeast(1), startColumn: atLeast(1) },
  },
};

/** Throws, with the path, if `value` is not by the schema. */
export function validateSarif(value: unknown, definition = "log", path = "$"): void {
  const rule = DEFINITIONS[definition];
  if (!rule) throw new Error(`${path}: no definition ${definition}`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${path} must be an object`);
  }
  const { required = [], anyOf, properties } = rule;
  for (const key of required) if (!Object.hasOwn(value, key)) throw new Error(`${path}.${key}?`);
  if (anyOf && !anyOf.some((key) => Object.hasOwn(value, key))) {
    throw new Error(`${path} needs one of ${anyOf.join(", ")}`);
  }
  for (const [key, inner] of Object.entries(value)) {
    const one = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (one === undefined) throw new Error(`${path}.${key} is not known`);
    validateProperty(inner, one, `${path}.${key}`);
  }
}

function validateProperty(value: unknown, rule: Rule, path: string): void {
  if (typeof rule === "function") {
    if (!rule(value)) throw new Error(`${path} must not be ${JSON.stringify(value)}`);
  } else if (rule.endsWith("[]")) {
    if (!Array.isArray(value)) throw new Error(`${path} must be a list`);
    for (const [i, one] of value.entries()) validateSarif(one, rule.slice(0, -2), `${path}[${i}]`);
  } else if (rule === "string") {
    if (typeof value !== "string") throw new Error(`${path} must be text`);
  } else if (rule === "boolean") {
    if (typeof value !== "boolean") throw new Error(`${path} must be true or false`);
  } else validateSarif(value, rule, path);
}
