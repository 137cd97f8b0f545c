import type { ArchName } from "../abi/architecture.js";
import { parsePattern, patternOf, takeNumbers } from "../abi/call-pattern.js";
import { servedArchs } from "../abi/compat.js";
import { ARCH_SPELLINGS, archByName } from "../abi/names.js";
import { suggest } from "../abi/suggest.js";
import { SeccompSimError } from "../errors.js";
import { badSuite, located, pathText } from "./complaint.js";
import type { SuiteDocument } from "./document.js";
import type { SpeltCase } from "./each.js";
import type { CallPattern } from "./suite.js";

/** Whether more targets than one are there to choose from, for hints. */
export interface CallsContext {
  readonly doc: SuiteDocument;
  readonly matrix: boolean;
}

/** The calls of a case on a kernel of the native architecture. */
export function readCalls(
  spelt: SpeltCase,
  native: ArchName,
  context: CallsContext,
): readonly CallPattern[] {
  const { data, path, row } = spelt;
  const { doc } = context;
  const texts = data.calls ?? [data.call ?? ""];
  const arch = archOf(spelt, native, context);
  const callsAt = [...path, data.calls ? "calls" : "call"];
  const patterns = texts.map((text, i): CallPattern => {
    const at = data.calls ? [...callsAt, i] : callsAt;
    const place = doc.placeOf(row ?? at);
    const read = () => explained(String(text), context, (call) => parsePattern(call, arch, native));
    const pattern = located(doc, row ?? at, read, at);
    return { ...pattern, place };
  });
  const isPlain = patterns.every(({ negated }) => !negated);
  const given = isPlain ? patterns : patterns.filter(({ negated }) => !negated);
  if (given.length === 0) {
    throw badSuite(
      `${pathText(callsAt)}: there is nothing to take these calls away from`,
      doc.placeOf(path),
      'begin with a set, such as calls: ["@all", "!mount"]',
    );
  }
  const taken = isPlain ? given : takeAway(given, patterns);
  const left = taken.filter((one) => one.count > 0n);
  if (left.length > 0) return left;
  throw badSuite(
    `${pathText(callsAt)}: no call of this case is left on ${arch}`,
    doc.placeOf(row ?? path),
    context.matrix ? "leave the architecture out with only: or except:" : undefined,
  );
}

/** What is left of calls without those that are negated. */
function takeAway(
  given: readonly CallPattern[],
  patterns: readonly CallPattern[],
): readonly CallPattern[] {
  const away = patterns.filter(({ negated }) => negated).flatMap(({ numbers }) => numbers);
  return given.map((one) => ({
    ...patternOf({ ...one, numbers: takeNumbers(one.numbers, away) }),
    place: one.place,
  }));
}

/** Adds what the suite, rather than the call by itself, has to do with a mistake. */
function explained<T>(text: string, { matrix }: CallsContext, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    const notHere = error.code === "syscall-not-on-arch" || error.code === "constant-not-on-arch";
    const more =
      notHere && matrix ? "limit the case with only: or except: { arch: ... }" : undefined;
    const open = error.message === "the call has no closing )" ? QUOTE : undefined;
    const unfilled = /\$\{/.test(text) ? EACH : undefined;
    const hint = [error.hint, more, open, unfilled].filter((one) => one !== undefined).join("; ");
    throw new SeccompSimError(error.code, error.message, {
      place: error.place,
      hint: hint === "" ? undefined : hint,
      cause: error,
    });
  }
}

const EACH = "the case has no each: whose rows would fill it in";
const QUOTE = "inside [ ] a comma divides: quote a call that has one";

/** `arch:` of the case, which must be one whose calls the kernel takes. */
function archOf({ data, path, row }: SpeltCase, native: ArchName, { doc, matrix }: CallsContext) {
  if (data.arch === undefined) return native;
  const at = [...path, "arch"];
  const place = doc.placeOf(row ?? at);
  const found = archByName(data.arch);
  if (found === undefined) {
    const near = suggest(data.arch, ARCH_SPELLINGS);
    throw badSuite(
      `${pathText(at)}: unknown arch ${JSON.stringify(data.arch)}`,
      place,
      near === undefined ? "expected a name such as x86_64, x32, arm" : `did you mean ${near}?`,
    );
  }
  const served = servedArchs(native);
  if (served.includes(found.name)) return found.name;
  const limit = matrix ? "; limit the case with only: or except: { arch: ... }" : "";
  throw badSuite(
    `${pathText(at)}: a kernel for ${native} takes no calls of ${found.name}`,
    place,
    `it takes calls of ${served.join(", ")}${limit}`,
  );
}
