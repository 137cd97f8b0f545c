import fc from "fast-check";
import { createSimulator, type Simulator } from "../../src/analysis/simulator.js";
import { loadProfile } from "../../src/analysis/source.js";
import { SeccompSimError } from "../../src/errors.js";
import { REPORTERS, type ReporterName } from "../../src/report/reporters.js";
import type { BrokenSuite, RanSuite, SuiteOutcome } from "../../src/report/run.js";
import { PLAIN } from "../../src/report/style.js";
import { readSuite } from "../../src/suite/reader.js";
import { runSuiteSync } from "../../src/suite/runner.js";
import type { Suite } from "../../src/suite/suite.js";

const PROFILE = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write", "unshare"], "action": "SCMP_ACT_ALLOW" }
  ]
}`;

const SUITE = `profile: web.json
cases:
  - call: read
    expect: allow
  - name: NAME
    calls:
      - write
      - mount
      - read
    expect: deny
  - call: mount
    expect: errno(EPERM)
`;

const TIMING = { started: new Date("2024-05-06T07:08:09.123Z"), milliseconds: 1234 };

/** Three cases, of which the second fails for two of its three calls, on the lines 7 and 9. */
export function ranSuite(
  name = "no files",
  file = "suites/web.seccomp.yaml",
  profile = "web.json",
): RanSuite {
  const suite = readSuite(SUITE, file);
  const cases = suite.cases.map((one) =>
    one.name === undefined ? one : { ...one, name, title: name },
  );
  const [subject] = suite.subjects;
  const named = { ...suite, cases, subjects: [{ ...subject, text: profile }] } as unknown as Suite;
  return { kind: "ran", file, result: run(named, profile), ...TIMING };
}

function run(suite: Suite, profile: string) {
  const source = loadProfile(PROFILE, { file: profile, type: "docker" });
  const open: Simulator[] = [];
  try {
    return runSuiteSync(suite, ({ target }) => {
      const simulator = createSimulator(source, target);
      open.push(simulator);
      return simulator;
    });
  } finally {
    for (const simulator of open) simulator.close();
  }
}

/** The same with nothing to complain about. */
export function passingSuite(): RanSuite {
  const ran = ranSuite();
  const runs = ran.result.runs.map((one) => ({
    ...one,
    cases: one.cases.filter(({ status }) => status === "passed"),
    passed: true,
  }));
  return { ...ran, result: { ...ran.result, runs, passed: true } };
}

export function brokenSuite(message = 'unknown key "cal"', file = "bad.seccomp.yaml"): BrokenSuite {
  const place = { file, line: 3, column: 5 };
  const error = new SeccompSimError("unknown-key", message, {
    place,
    hint: "did you mean call?",
  });
  return { kind: "broken", file, error, ...TIMING };
}

export function unreadableSuite(): BrokenSuite {
  const error = new SeccompSimError("unreadable", "gone.seccomp.yaml: no such file");
  return { kind: "broken", file: "gone.seccomp.yaml", error, ...TIMING };
}

/** The report's whole text. */
export function report(name: ReporterName, outcomes: readonly SuiteOutcome[]): string {
  const reporter = REPORTERS[name]({ style: PLAIN, version: "1.2.3" });
  const parts = outcomes.flatMap((outcome) => [...reporter.suite(outcome)]);
  return [...parts, ...reporter.end(outcomes)].join("");
}

/** Text that means something in one of the formats, or that a format cannot hold. */
export const hostile: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."\n \r \t \0 \u001b[2J \u007f \u0085 \u2028 \u202e \ud800 \udc00 \ufffe \uffff".split(
          " ",
        ),
        ..."# \\ \\# | \\| ` `` <b> </failure> ]]> <![CDATA[ &amp; & \" ' % %0A :: : , ::error:: --- ...".split(
          " ",
        ),
        ..."ok not @name #1 # SKIP # TODO * _ ~~ [a](b) http://a.b www.a.b !".split(" "),
        "  ---\n",
        "\n  ...\n",
        "\nnot ok 1",
        " # SKIP ",
        "😀",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(""));
