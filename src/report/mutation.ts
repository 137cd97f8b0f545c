import { type MutantResult, type MutationResult, mutationScore } from "../analysis/mutation.js";
import { formatPlace } from "../errors.js";
import { formatVerdict } from "../seccomp/verdict.js";
import { PLAIN, printable, type Style } from "./style.js";

/** For people: what the suites do not notice, with a call that would, and the score in the last line. */
export function formatMutation(result: MutationResult, style: Style = PLAIN): string {
  const { mutants, partial } = result;
  const of = (status: MutantResult["status"]) => mutants.filter((one) => one.status === status);
  const survivors = of("survived").flatMap((one) => survivorLines(one, style));
  const unknown = of("unknown").map((one) => `  ${style.faint("?   ")} ${mutantText(one)}`);
  // Such a gate is not tested at all: that is worth a line, though it does not count.
  const gates = of("equivalent")
    .filter(({ kind }) => kind === "gate")
    .map((one) => `  ${style.faint("same")} ${mutantText(one)}`);
  const lines = [
    ...section("not noticed:", survivors, style),
    ...section("not noticed, and not proven to decide otherwise:", unknown, style),
    ...section("gates that no target of the suites decides:", gates, style),
    ...(partial ? [style.bad("ended early: not all mutants were tried")] : []),
    scoreText(result, style),
  ];
  return `${lines.join("\n")}\n`;
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : [style.strong(title), ...lines];
}

function mutantText({ place, what }: MutantResult): string {
  return `${printable(formatPlace(place))}: ${printable(what)}`;
}

function survivorLines(one: MutantResult, style: Style): string[] {
  const { witness, target } = one;
  const head = `  ${style.bad("LIVE")} ${mutantText(one)}`;
  if (witness === undefined) return [head];
  const { text, left, right } = witness;
  const on = target === "" ? "" : ` [${printable(target)}]`;
  return [
    head,
    `         would be noticed by ${printable(text)}${on}: ${formatVerdict(left.verdict)}, with the mistake ${formatVerdict(right.verdict)}`,
  ];
}

function scoreText({ mutants }: MutationResult, style: Style): string {
  const { killed, survived, equivalent, unknown, percent } = mutationScore(mutants);
  if (percent === undefined) return "0 mutants decide otherwise: no score";
  const text = `${killed} of ${killed + survived} mutants noticed: ${percentText(percent)} %`;
  const apart = [
    ...(equivalent > 0 ? [`${equivalent} equivalent`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ];
  const rest = apart.length === 0 ? "" : style.faint(` (besides ${apart.join(", ")})`);
  return `${survived === 0 ? style.good(text) : style.bad(text)}${rest}`;
}

/** Rounded down: 100 is said only where everything is noticed. */
function percentText(percent: number): string {
  return (Math.floor(percent * 10) / 10).toFixed(1);
}

/**
 * ```
 * { score: { killed, survived, equivalent, unknown, percent | null }, partial, mutants: [MUTANT] }
 * MUTANT = { kind, file, line, column, what, status, target, witness | null }
 * witness = { call, nr, arch, args, profile, mutant }   verdicts
 * ```
 */
export function mutationJson({ mutants, partial }: MutationResult): object {
  const { percent, ...counts } = mutationScore(mutants);
  return {
    score: { ...counts, percent: percent ?? null },
    partial,
    mutants: mutants.map(({ kind, place, what, status, target, witness }) => ({
      kind,
      file: place.file,
      line: place.line,
      column: place.column,
      what,
      status,
      target,
      witness:
        witness === undefined
          ? null
          : {
              call: witness.text,
              nr: witness.record.nr | 0,
              arch: `0x${(witness.record.arch >>> 0).toString(16)}`,
              args: witness.record.args.map((arg) => `0x${arg.toString(16)}`),
              profile: formatVerdict(witness.left.verdict),
              mutant: formatVerdict(witness.right.verdict),
            },
    })),
  };
}
