import * as v from "valibot";

// The shape of a suite file. `schema/suite.json` says the same to editors; a test holds both equal.

const text = v.pipe(v.string(), v.nonEmpty());

/** Numbers are integers (bigint) or, like `kernel: 6.1`, decimals; the reader takes them as written. */
const word = v.union([text, v.number(), v.bigint()]);

const listOf = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.minLength(1));

/** One value, or a list of values: a dimension of the matrix. */
const varied = <T extends v.GenericSchema>(item: T) => v.union([item, listOf(item)]);

// valibot takes a list for an object without keys.
const noList = v.check((value: unknown) => !Array.isArray(value));
const map = <T extends v.GenericSchema>(schema: T) => v.pipe(v.unknown(), noList, schema);

/** The keys of the command line's target options. */
export const targetSchema = v.strictObject({
  arch: v.optional(varied(text)),
  caps: v.optional(varied(v.picklist(["none", "docker", "all"]))),
  // A list is one set; a list that holds lists varies it.
  cap: v.optional(v.union([text, v.array(v.union([text, v.array(text)]))])),
  kernel: v.optional(varied(word)),
  engine: v.optional(varied(text)),
  runtime: v.optional(varied(text)),
  libseccomp: v.optional(varied(text)),
  table: v.optional(varied(text)),
  optimize: v.optional(varied(v.picklist([1n, 2n]))),
});

/** A part of the matrix, by the values of some of its dimensions. */
export const partSchema = v.pipe(
  v.strictObject(
    Object.fromEntries(
      Object.keys(targetSchema.entries).map((key) => [key, v.optional(varied(word))]),
    ) as Record<keyof typeof targetSchema.entries, v.OptionalSchema<typeof partValue, undefined>>,
  ),
  v.check((value) => Object.keys(value).length > 0),
);
const partValue = varied(word);

const words = v.union([text, listOf(text)]);
const expectation = v.union([words, map(v.strictObject({ not: words }))]);

const reason = v.union([v.boolean(), text]);

const call = v.union([text, v.bigint()]);

/** A row gives a value to each of its columns. */
const row = map(v.record(v.string(), v.union([v.string(), v.number(), v.bigint(), v.boolean()])));

export const caseSchema = v.strictObject({
  name: v.optional(v.string()),
  description: v.optional(v.string()),
  call: v.optional(call),
  calls: v.optional(listOf(call)),
  arch: v.optional(text),
  expect: v.optional(expectation),
  skip: v.optional(reason),
  todo: v.optional(reason),
  record: v.optional(v.boolean()),
  each: v.optional(listOf(row)),
  only: v.optional(map(partSchema)),
  except: v.optional(map(partSchema)),
});

/** A file, preset or filter; or a profile written here, which its own reader checks. */
const subject = v.union([text, map(v.record(v.string(), v.unknown()))]);

export const suiteSchema = v.strictObject({
  /** Editors look for it in JSON files. */
  $schema: v.optional(v.string()),
  profile: v.optional(subject),
  stack: v.optional(listOf(subject)),
  target: v.optional(map(targetSchema)),
  cases: listOf(caseSchema),
});

export type CaseData = v.InferOutput<typeof caseSchema>;
export type TargetData = v.InferOutput<typeof targetSchema>;
export type SuiteData = v.InferOutput<typeof suiteSchema>;
export type PartData = v.InferOutput<typeof partSchema>;

/** The known keys of the object at a path, for "did you mean". */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  if (path.length === 0) return Object.keys(suiteSchema.entries).filter((key) => key !== "$schema");
  const last = path.at(-1);
  if (path[0] === "target" || last === "only" || last === "except") {
    return Object.keys(targetSchema.entries);
  }
  return last === "expect" ? ["not"] : Object.keys(caseSchema.entries);
}
