import * as v from "valibot";

// The shape of a suite file. `schema/suite.json` says the same to editors; a test holds both equal.

const text = v.pipe(v.string(), v.nonEmpty());

/** Numbers are integers (bigint) or, like `kernel: 6.1`, decimals; the reader takes them as written. */
const word = v.union([text, v.number(), v.bigint()]);

/** The keys of the command line's target options. */
export const targetSchema = v.strictObject({
  arch: v.optional(text),
  caps: v.optional(v.picklist(["none", "docker", "all"])),
  cap: v.optional(v.union([text, v.array(text)])),
  kernel: v.optional(word),
  engine: v.optional(text),
  runtime: v.optional(text),
  libseccomp: v.optional(text),
  table: v.optional(text),
  optimize: v.optional(v.picklist([1n, 2n])),
});

const expectation = v.union([text, v.pipe(v.array(text), v.minLength(1))]);

export const caseSchema = v.strictObject({
  name: v.optional(v.string()),
  call: v.optional(text),
  calls: v.optional(v.pipe(v.array(text), v.minLength(1))),
  expect: expectation,
});

export const suiteSchema = v.strictObject({
  /** Editors look for it in JSON files. */
  $schema: v.optional(v.string()),
  profile: text,
  // valibot takes a list for an object without keys.
  target: v.optional(
    v.pipe(
      v.unknown(),
      v.check((value) => !Array.isArray(value)),
      targetSchema,
    ),
  ),
  cases: v.pipe(v.array(caseSchema), v.minLength(1)),
});

export type CaseData = v.InferOutput<typeof caseSchema>;
export type TargetData = v.InferOutput<typeof targetSchema>;

/** The known keys of the object at a path, for "did you mean". */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  if (path.length === 0) return Object.keys(suiteSchema.entries).filter((key) => key !== "$schema");
  if (path[0] === "target") return Object.keys(targetSchema.entries);
  return Object.keys(caseSchema.entries);
}
