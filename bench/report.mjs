// results.md as text, from what was measured.

import { measureFigures } from "./figures.mjs";
import { median, quantile, ratioOf } from "./rounds.mjs";
import { nativeName } from "./throughput.mjs";

const SWITCH = nativeName("switch");
const COMPILED = nativeName("compiled");

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Enough digits to tell small ratios apart, no more. */
function short(value) {
  if (value === undefined) return "–";
  if (Number.isInteger(value)) return String(value);
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toFixed(4);
}

const ms = (values, q = 0.5) =>
  values.length === 0 ? "–" : (quantile(values, q) / 1e6).toFixed(2);

function figures(results) {
  const rows = measureFigures(results).map(({ text, must, aim, measured, holds }) => [
    text,
    String(must),
    aim === undefined ? "" : String(aim),
    measured ? `**${short(measured.median)}**` : "not measured",
    measured ? (holds ? "yes" : "no") : "",
  ]);
  return table(["figure", "must", "aim", "measured", "holds"], rows);
}

function throughputOf(cases, filter) {
  const own = cases.filter((one) => one.filter === filter);
  const [{ length }] = own;
  const executed = own
    .filter((one) => one.walk === "stream")
    .map(
      ({ mix, executed: { mean, p50, p99 } }) =>
        `${mix} ${mean.toFixed(1)} (p50 ${p50}, p99 ${p99})`,
    );
  const rows = own.flatMap(({ mix, walk, samples }) =>
    Object.entries(samples).map(([name, times]) => [
      mix,
      walk,
      name,
      short(median(times)),
      short(quantile(times, 0.1)),
      short(ratioOf(times, samples[SWITCH])?.median),
      short(ratioOf(times, samples[COMPILED])?.median),
    ]),
  );
  return `### ${filter}, ${length} instructions

Executed per call: ${executed.join(", ")}.

${table(["mix", "records", "evaluator", "ns per verdict", "p10", "to C switch", "to C compiled"], rows)}
`;
}

function compileText({ version, same, release, instructions, warm, cold }) {
  const bytes =
    version === undefined
      ? "libseccomp is not installed, so the comparison is left out."
      : same === undefined
        ? `The installed libseccomp ${version} gives another program than any release of ours.`
        : `The installed libseccomp ${version} gives the same program, byte for byte, as our ${same}.`;
  const row = (name, { program, ready, library }) => [
    name,
    ms(program),
    ms(ready),
    ms(library),
    short(ratioOf(program, library)?.median),
    short(ratioOf(ready, library)?.median),
  ];
  return `## From profile to program

Docker's default for x86_64 with x86 and x32, optimize 1, as libseccomp ${release} compiles it (${instructions} instructions): ours from
JSON text, libseccomp from the same rules (it reads no JSON). ${bytes}

${table(
  [
    "",
    "ours: program, ms",
    "ours: ready evaluator, ms",
    "libseccomp, ms",
    "program ratio",
    "ready ratio",
  ],
  [row("warm", warm), row("cold", cold)],
)}
`;
}

function lengthText({ records, bytes, whole, start, cat, loop, parts }) {
  const rate = (times) => (bytes / median(times)).toFixed(2);
  return `${records.toLocaleString("en")} raw records (${(bytes / 1e6).toFixed(0)} MB):

${table(
  ["", "ms", "p10", "GB/s"],
  [
    ["the whole command", ms(whole), ms(whole, 0.1), rate(whole)],
    ["the command on an empty file", ms(start), ms(start, 0.1), ""],
    ["`cat FILE >/dev/null`", ms(cat), ms(cat, 0.1), rate(cat)],
    ["the bare loop", ms(loop), ms(loop, 0.1), rate(loop)],
  ],
)}

${parts}
`;
}

function commandText(command) {
  if (!command) return "";
  const { lengths, starts } = command;
  const [alone] = Object.values(starts);
  const rows = Object.entries(starts).map(([name, times]) => [
    `\`${name}\``,
    ms(times),
    ms(times, 0.1),
    short(ratioOf(times, alone)?.median),
  ]);
  return `## The eval command

\`seccomp-sim eval\` from a file to raw verdicts in a file, against \`cat FILE >/dev/null\` plus the bare loop of the same evaluator over
records in memory.

${lengths.map(lengthText).join("\n")}
## Starting

${table(["", "ms", "p10", "to Node alone"], rows)}
`;
}

/** All evaluators on all filters. */
export function throughputText({ walks, records, throughput }) {
  const filters = [...new Set(throughput.map((one) => one.filter))];
  return `"stream" is one pass over ${records.toLocaleString("en")} records, "hot" the first ${walks.hot.count} of them ${walks.hot.times} times. Times are nanoseconds per verdict.

${filters.map((name) => throughputOf(throughput, name)).join("\n")}`;
}

/** The whole of results.md. */
export function report({ compiler, rounds, walks, records, ...results }) {
  const left = compiler
    ? ""
    : "\nNo C compiler was found: the native baselines and all ratios to them are left out.\n";
  return `# Results

Made by \`npm run bench\`: Node ${process.version} on ${process.platform} ${process.arch}${compiler ? `, ${compiler.version}` : ""}; ${rounds} interleaved rounds.
Only ratios count: each is the median of the rounds' ratios, so not the quotient of two columns. Lower is better.
${left}
## Figures

${figures(results)}

## Throughput

${throughputText({ walks, records, throughput: results.throughput })}
${compileText(results.compiled)}
${commandText(results.command)}`;
}
