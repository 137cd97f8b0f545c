import type { Pattern } from "../abi/call-pattern.js";
import type { Source } from "../analysis/source.js";
import type { Place, Warning } from "../errors.js";
import type { TargetOptions } from "../profile/target-options.js";
import type { Target } from "../target.js";
import type { Path } from "./document.js";
import type { Expectation } from "./expectation.js";

/** A suite file, read and checked: whatever is wrong with it has been said. */
export interface Suite {
  readonly file: string;
  /** First the profile (or the oldest filter of `stack`), then what is loaded after it. */
  readonly subjects: readonly [SuiteSubject, ...SuiteSubject[]];
  /** The matrix, spelt out: at least one target. */
  readonly targets: readonly SuiteTarget[];
  /** `each` rows are spelt out. */
  readonly cases: readonly SuiteCase[];
  readonly warnings: readonly Warning[];
}

/** What a suite is about. */
export type SuiteSubject =
  /** What the command line calls PROFILE; relative files are meant from the suite's folder. */
  | { readonly kind: "argument"; readonly text: string; readonly place: Place }
  /** A profile that is written in the suite itself; its complaints point there. */
  | { readonly kind: "inline"; readonly source: Source; readonly place: Place };

/** One target of the matrix. */
export interface SuiteTarget {
  /** What tells it from the others: `arch=aarch64 caps=none`; "" where there is only one. */
  readonly label: string;
  readonly target: Target;
  /** The values of the dimensions that vary, as in the label. */
  readonly options: Readonly<Partial<Record<keyof TargetOptions, string>>>;
}

/** What reports say of a case. */
export interface CaseHead {
  readonly name: string | undefined;
  /** The name, or what the calls are, for reports. */
  readonly title: string;
  readonly description: string | undefined;
  readonly place: Place;
  /** Where the case is in the document. */
  readonly path: Path;
  /** Why it is not run ("" when no reason is given). */
  readonly skip: string | undefined;
  /** Why it may fail: it is run, and a failure does not fail the suite. */
  readonly todo: string | undefined;
  /** `record: true`: the actual verdict may be written as `expect`. */
  readonly record: boolean;
  /** `undefined` only where nothing was recorded yet. */
  readonly expect: Pick<Expectation, "text"> | undefined;
}

export interface SuiteCase extends CaseHead {
  readonly expect: Expectation | undefined;
  /** Whether the case belongs to this target of the matrix (`only`, `except`). */
  appliesTo(target: SuiteTarget): boolean;
  /** The calls for a target that the case belongs to. */
  callsFor(target: SuiteTarget): readonly CallPattern[];
}

/** Calls written as one, and where. */
export interface CallPattern extends Pattern {
  readonly place: Place;
}

/** What reports say of a suite. */
export interface SuiteHead {
  readonly file: string;
  readonly subjects: readonly (
    | Pick<Extract<SuiteSubject, { kind: "argument" }>, "kind" | "text">
    | Pick<Extract<SuiteSubject, { kind: "inline" }>, "kind">
  )[];
}

/** What the subjects are called in reports. */
export function subjectsName({ subjects }: SuiteHead): string {
  return subjects.map((one) => (one.kind === "argument" ? one.text : "inline profile")).join(" + ");
}
