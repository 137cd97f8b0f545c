import { formatVerdict } from "../../seccomp/verdict.js";
import type { CaseResult } from "../../suite/results.js";
import type { TargetRun } from "../../suite/runner.js";

export type CaseStatus = CaseResult["status"];

/** Never by colour alone: a sign and a word. */
const SIGNS: Readonly<Record<CaseStatus, readonly [sign: string, word: string]>> = {
  passed: ["✓", "passed"],
  failed: ["✗", "failed"],
  skipped: ["–", "skipped"],
  todo: ["…", "to do"],
};

/** Rows that are shown of one target; those that failed come first where there are more. */
const MOST_ROWS = 400;

/** The cases of one target of the suite's matrix. */
export function SuiteCases({
  run,
  goTo,
  tryCall,
}: {
  run: TargetRun;
  goTo: (line: number) => void;
  tryCall: (call: string) => void;
}) {
  const many = run.cases.length > MOST_ROWS;
  const ordered = many
    ? [...run.cases].sort((a, b) => Number(b.status === "failed") - Number(a.status === "failed"))
    : run.cases;
  return (
    <table class="suite-cases">
      <caption class={run.label === "" ? "unseen" : ""}>{run.label || "Cases"}</caption>
      <thead class="unseen">
        <tr>
          <th scope="col">Outcome</th>
          <th scope="col">Line</th>
          <th scope="col">Case</th>
        </tr>
      </thead>
      <tbody>
        {ordered.slice(0, MOST_ROWS).map((one) => (
          <Row key={`${one.case.path}`} one={one} goTo={goTo} tryCall={tryCall} />
        ))}
        {many && (
          <tr>
            <td colSpan={3} class="muted">
              and {run.cases.length - MOST_ROWS} more
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function Row({
  one,
  goTo,
  tryCall,
}: {
  one: CaseResult;
  goTo: (line: number) => void;
  tryCall: (call: string) => void;
}) {
  const [sign, word] = SIGNS[one.status];
  const { line } = one.case.place;
  const missed = one.results.filter(({ passed }) => !passed).flatMap(({ failures }) => failures);
  return (
    <tr class={`case-${one.status}`}>
      <td class="outcome">
        <b aria-hidden="true">{sign}</b> {word}
      </td>
      <td>
        <button type="button" class="link" onClick={() => goTo(line)}>
          line {line}
        </button>
      </td>
      <td>
        {one.case.title}
        {missed.slice(0, 3).map(({ call, answer }) => (
          <div key={call.text} class="missed">
            <button type="button" class="link mono" onClick={() => tryCall(call.text)}>
              {call.text}
            </button>{" "}
            gets {formatVerdict(answer.verdict)}, expected {one.case.expect?.text ?? "nothing yet"}
          </div>
        ))}
      </td>
    </tr>
  );
}
