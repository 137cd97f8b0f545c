import { createTwoFilesPatch } from "diff";
import { formatPlace, SeccompSimError } from "../errors.js";
import { openSuite, SuiteSimulators } from "../node/suite-files.js";
import { printable, type Style } from "../report/style.js";
import { formatVerdict } from "../seccomp/verdict.js";
import type { Path } from "../suite/document.js";
import { parseExpectation } from "../suite/expectation.js";
import { runSuite } from "../suite/runner.js";
import type { Suite, SuiteCase } from "../suite/suite.js";
import { type Recording, recordExpectations } from "../suite/update.js";
import { note } from "./output.js";
import { writeResult } from "./write-file.js";

interface Wanted {
  /** Only cases with such a title are recorded. */
  readonly run?: RegExp | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * `test --update`: writes the verdicts that the cases with `record: true` get into their suite, after the
 * difference was shown on standard error. Nothing is written when all is as it was.
 */
export async function updateSuite(path: string, style: Style, options: Wanted): Promise<void> {
  if (path === "-") {
    throw new SeccompSimError("update-stdin", "--update cannot write to standard input", {
      hint: "give the suite as a file",
    });
  }
  const { suite, text } = openSuite(path);
  const recordings = await recordingsOf(suite, path, options);
  const updated = recordExpectations(text, recordings);
  if (updated === text || options.signal?.aborted) return;
  note(formatDiff(path, text, updated, style));
  await writeResult(path, updated);
}

/** What a case, or the rows of its table, get. */
interface Found {
  readonly cases: readonly SuiteCase[];
  /** For each of them. */
  readonly words: readonly (readonly string[])[];
  /** What all of them get, errors by their numbers. */
  readonly numbered: readonly string[];
}

/** What the cases get that are marked so; one that names this very verdict stays as it is written. */
async function recordingsOf(
  suite: Suite,
  path: string,
  { run, signal }: Wanted,
): Promise<readonly Recording[]> {
  const marked = new Map<string, SuiteCase[]>();
  for (const one of suite.cases) {
    if (!one.record || one.skip !== undefined) continue;
    const key = caseOf(one).join(" ");
    marked.set(key, [...(marked.get(key) ?? []), one]);
  }
  // The rows of a table share what is written: all of them are asked, or none.
  const wanted = [...marked.values()].filter((rows) =>
    rows.some(({ title }) => run?.test(title) ?? true),
  );
  const found = await wordsOf(suite, path, wanted.flat(), signal);
  return wanted.flatMap((cases): Recording[] => {
    const words = cases.map((one) => [...(found.get(wordsKey(one))?.words ?? [])].sort());
    const numbered = cases.flatMap((one) => [...(found.get(wordsKey(one))?.numbered ?? [])]);
    return recordingOf({ cases, words, numbered: [...new Set(numbered)].sort() });
  });
}

function recordingOf({ cases, words, numbered }: Found): Recording[] {
  const [one] = cases;
  const [first = []] = words;
  const text = (some: readonly string[]): string => some.join(" or ");
  if (one === undefined || words.some(({ length }) => length === 0)) return [];
  if (words.some((others) => text(others) !== text(first))) throw rowsDiffer({ cases, words });
  if ([first, numbered].some((same) => parseExpectation(same).text === one.expect?.text)) return [];
  if (first.length > 1) {
    note(
      `note: ${formatPlace(one.place)}: the calls get ${first.length} different verdicts; any of them will pass. Split the case to be stricter`,
    );
  }
  return [{ path: caseOf(one), place: one.place, words: first }];
}

function rowsDiffer({ cases, words }: Pick<Found, "cases" | "words">): SeccompSimError {
  const rows = cases.map(({ place }, i) => `line ${place.line} ${words[i]?.join(" or ")}`);
  const most = 10;
  const more = rows.length > most ? `, and ${rows.length - most} more` : "";
  return new SeccompSimError(
    "rows-differ",
    `the rows of a table get different verdicts, so none can be recorded: ${rows.slice(0, most).join(", ")}${more}`,
    {
      place: cases[0]?.place,
      hint: "leave record out, and give each row its verdict, in a column that expect names",
    },
  );
}

/** The case that a row stands in, else the case itself: `["cases", 3]`. */
function caseOf({ path }: SuiteCase): Path {
  return path.slice(0, 2);
}

function wordsKey({ path }: Pick<SuiteCase, "path">): string {
  return path.join(" ");
}

/** What a case gets: in words, and the same with errors by their numbers. */
interface Gets {
  readonly words: Set<string>;
  readonly numbered: Set<string>;
}

/** What cases get, by their paths, over all targets that they belong to. */
async function wordsOf(
  suite: Suite,
  path: string,
  cases: readonly SuiteCase[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Gets>> {
  // Without an expectation every call is looked at, not only up to the first that is not as expected.
  const asked = { ...suite, cases: cases.map((one) => ({ ...one, expect: undefined })) };
  const simulators = new SuiteSimulators(suite, path);
  try {
    const { runs } = await runSuite(asked, (target) => simulators.next(target), {
      signal,
      nearest: false,
    });
    const gets = new Map<string, Gets>();
    for (const result of runs.flatMap((one) => one.cases)) {
      const key = wordsKey(result.case);
      const found = gets.get(key) ?? { words: new Set(), numbered: new Set() };
      gets.set(key, found);
      for (const verdict of result.results.flatMap(({ verdicts }) => verdicts)) {
        const word = parseExpectation(formatVerdict(verdict)).text;
        const isError = verdict.action === "ERRNO";
        found.words.add(word);
        found.numbered.add(isError ? parseExpectation(`errno(${verdict.data})`).text : word);
      }
    }
    return gets;
  } finally {
    simulators.close();
  }
}

function formatDiff(path: string, before: string, after: string, style: Style): string {
  const patch = createTwoFilesPatch(path, path, before, after, undefined, undefined, {
    context: 2,
  });
  // The lines above only set patches apart.
  const lines = patch.slice(patch.indexOf("--- ")).trimEnd().split("\n");
  return lines.map((line) => marked(printable(line), style)).join("\n");
}

function marked(line: string, style: Style): string {
  if (line.startsWith("+")) return style.good(line);
  if (line.startsWith("-")) return style.bad(line);
  return line.startsWith("@") ? style.faint(line) : line;
}
