/** The part of JSON Schema draft-07 that our schema uses; anything else is an error, not a pass. */
export type Schema = { readonly [key: string]: unknown };

const NOTES = ["$schema", "$id", "title", "description", "examples", "definitions"];

type Check = (rule: never, value: unknown, schema: Schema, root: Schema) => boolean;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function hasType(type: string, value: unknown): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isMap(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

const CHECKS: Record<string, Check> = {
  type: (rule: string | string[], value) => [rule].flat().some((type) => hasType(type, value)),
  enum: (rule: unknown[], value) => rule.includes(value),
  const: (rule: unknown, value) => rule === value,
  minLength: (rule: number, value) => typeof value !== "string" || value.length >= rule,
  minItems: (rule: number, value) => !Array.isArray(value) || value.length >= rule,
  minProperties: (rule: number, value) => !isMap(value) || Object.keys(value).length >= rule,
  items: (rule: Schema, value, _, root) =>
    !Array.isArray(value) || value.every((v) => accepts(rule, v, root)),
  anyOf: (rule: Schema[], value, _, root) => rule.some((one) => accepts(one, value, root)),
  oneOf: (rule: Schema[], value, _, root) =>
    rule.filter((one) => accepts(one, value, root)).length === 1,
  $ref: (rule: string, value, _, root) => {
    const name = rule.replace("#/definitions/", "");
    return accepts((root.definitions as Record<string, Schema>)[name] as Schema, value, root);
  },
  required: (rule: string[], value) =>
    !isMap(value) || rule.every((key) => Object.hasOwn(value, key)),
  properties: (rule: Record<string, Schema>, value, _, root) =>
    !isMap(value) ||
    Object.entries(value).every(([key, v]) => {
      const schema = Object.hasOwn(rule, key) ? rule[key] : undefined;
      return schema === undefined || accepts(schema, v, root);
    }),
  additionalProperties: (rule: false | Schema, value, schema, root) =>
    !isMap(value) ||
    Object.entries(value).every(
      ([key, v]) =>
        Object.hasOwn((schema.properties ?? {}) as object, key) ||
        (rule !== false && accepts(rule, v, root)),
    ),
};

export function accepts(schema: Schema, value: unknown, root = schema): boolean {
  return Object.entries(schema)
    .filter(([keyword]) => !NOTES.includes(keyword))
    .every(([keyword, rule]) => {
      const check = CHECKS[keyword];
      if (!check) throw new Error(`the schema uses ${keyword}, which this checker does not know`);
      return check(rule as never, value, schema, root);
    });
}
