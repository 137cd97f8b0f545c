/** A place in a text: 1-based line and column (columns count UTF-16 units), 0-based offset. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly offset?: number;
}

/** Something the user should know; never changes a verdict by itself. */
export interface Warning {
  /** Stable, kebab-case: `unknown-syscall`, `unknown-key`, … */
  readonly code: string;
  readonly message: string;
  readonly place?: Place | undefined;
  readonly hint?: string | undefined;
}

export interface ErrorDetails {
  readonly place?: Place | undefined;
  /** What to do about it, when that is known. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error class of the project: a user's mistake or a refusal of the real chain, with a stable
 * `code`, a sentence, and where it is. Anything else that is thrown is a defect of ours.
 */
export class SeccompSimError extends Error {
  readonly code: string;
  readonly place: Place | undefined;
  readonly hint: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "SeccompSimError";
    this.code = code;
    this.place = details.place;
    this.hint = details.hint;
  }
}

/** `file:line:column`, as editors and terminals understand it. */
export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** Runs `work`; a mistake that it reports without a place is shown at `place`. */
export function placed<T>(place: Place | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withPlace(error, place);
  }
}

/** What was thrown; a mistake without a place gets this one. */
export function withPlace(error: unknown, place: Place | undefined): unknown {
  if (!(error instanceof SeccompSimError) || error.place !== undefined) return error;
  const { code, message, hint } = error;
  return new SeccompSimError(code, message, { place, hint, cause: error });
}
