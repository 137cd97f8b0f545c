import { expect, test } from "vitest";
import { REPORTERS } from "../../src/report/reporters.js";
import { PLAIN } from "../../src/report/style.js";
import { runText } from "../suite/run.js";

const NAME = 50_000;
const SUITE = `profile: docker-default
target: { kernel: ["6.1", "6.2"] }
cases:
  - name: ${"a".repeat(NAME)}
    call: read(\${x})
    expect: allow
    each: [${Array.from({ length: 30 }, (_, i) => `{ x: ${i} }`).join()}]
`;

// A string has 2 ** 29 characters at most, which is less than cases may have together.
test.each(["pretty", "tap", "json", "ndjson", "junit"] as const)(
  "%s never makes one string of all cases",
  (name) => {
    const reporter = REPORTERS[name]({ style: PLAIN, version: "1" });
    const result = runText(SUITE, {}, { explain: false });
    const started = new Date(0);
    const outcome = { kind: "ran", file: "s.yaml", result, started, milliseconds: 0 } as const;
    const lengths = [...reporter.suite(outcome), ...reporter.end([outcome])].map(
      (part) => part.length,
    );
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(60 * NAME);
    expect(Math.max(...lengths)).toBeLessThan(10 * NAME);
  },
);
