import { createTwoFilesPatch } from "diff";
import { formatPlace, SeccompSimError } from "../errors.js";
import { openSuite, SuiteSimulators } from "../node/suite-files.js";
import { printable, type Style } from "../report/style.js";
import { formatVerdict } from "../seccomp/verdict.js";
import { parseExpectation } from "../suite/expectation.js";
import { runSuite } from "../suite/runner.js";
import type { Suite } from "../suite/suite.js";
import { type Recording, recordExpectations } from "../suite/update.js";
import { note } from "./output.js";
import { writeResult } from "./write-file.js";

/**
 * `test --update`: writes the verdicts that the cases with `record: true` get into their suite, after the
 * difference was shown on standard error. Nothing is written when all is as it was.
 */
export async function updateSuite(
  path: string,
  style: Style,
  options: { readonly run?: RegExp | undefined; readonly signal?: AbortSignal | undefined },
): Promise<void> {
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

/** What the cases get that are marked so; an expectation that holds already stays as it is written. */
async function recordingsOf(
  suite: Suite,
  path: string,
  options: { readonly run?: RegExp | undefined; readonly signal?: AbortSignal | undefined },
): Promise<readonly Recording[]> {
  const marked = suite.cases.filter(({ record, skip }) => record && skip === undefined);
  // Without an expectation every call is looked at, not only up to the first that is not as expected.
  const asked = { ...suite, cases: marked.map((one) => ({ ...one, expect: undefined })) };
  const simulators = new SuiteSimulators(suite, path);
  try {
    const { runs } = await runSuite(asked, (target) => simulators.next(target), {
      ...options,
      nearest: false,
    });
    const words = new Map<string, Set<string>>();
    for (const result of runs.flatMap(({ cases }) => cases)) {
      const key = JSON.stringify(result.case.path);
      const found = words.get(key) ?? new Set();
      words.set(key, found);
      for (const verdict of result.results.flatMap(({ verdicts }) => verdicts)) {
        found.add(parseExpectation(formatVerdict(verdict)).text);
      }
    }
    return marked.flatMap((one): Recording[] => {
      const found = [...(words.get(JSON.stringify(one.path)) ?? [])].sort();
      if (found.length === 0) return [];
      if (one.expect !== undefined && parseExpectation(found).text === one.expect.text) return [];
      if (found.length > 1) {
        note(
          `note: ${formatPlace(one.place)}: the calls get ${found.length} different verdicts; any of them will pass. Split the case to be stricter`,
        );
      }
      return [{ path: one.path, words: found }];
    });
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
