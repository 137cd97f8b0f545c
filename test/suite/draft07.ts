/** The part of JSON Schema draft-07 that our schema uses; anything else is an error, not a pass. */
export type Schema = { readonly [key: string]: unknown };

const NOTES = ["$schema", "$id", "title", "description", "examples"];

type Check = (rule: never, value: unknown, schema: Schema) => boolean;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const CHECKS: Record<string, Check> = {
  type: (rule: string, value) => {
    if (rule === "array") return Array.isArray(value);
    if (rule === "object") return isMap(value);
    return typeof value === rule;
  },
  enum: (rule: unknown[], value) => rule.includes(value),
  minLength: (rule: number, value) => typeof value !== "string" || value.length >= rule,
  minItems: (rule: number, value) => !Array.isArray(value) || value.length >= rule,
  items: (rule: Schema, value) => !Array.isArray(value) || value.every((v) => accepts(rule, v)),
  anyOf: (rule: Schema[], value) => rule.some((one) => accepts(one, value)),
  oneOf: (rule: Schema[], value) => rule.filter((one) => accepts(one, value)).length === 1,
  required: (rule: string[], value) =>
    !isMap(value) || rule.every((key) => Object.hasOwn(value, key)),
  properties: (rule: Record<string, Schema>, value) =>
    !isMap(value) ||
    Object.entries(value).every(([key, v]) => {
      const schema = Object.hasOwn(rule, key) ? rule[key] : undefined;
      return schema === undefined || accepts(schema, v);
    }),
  additionalProperties: (rule: boolean, value, schema) =>
    rule ||
    !isMap(value) ||
    Object.keys(value).every((key) => Object.hasOwn(schema.properties as object, key)),
};

export function accepts(schema: Schema, value: unknown): boolean {
  return Object.entries(schema)
    .filter(([keyword]) => !NOTES.includes(keyword))
    .every(([keyword, rule]) => {
      const check = CHECKS[keyword];
      if (!check) throw new Error(`the schema uses ${keyword}, which this checker does not know`);
      return check(rule as never, value, schema);
    });
}
