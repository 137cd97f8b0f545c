// The figures that must hold, each with the bound that must and the one that is aimed at. What cannot be
// measured (no compiler, or a part that does not exist) is listed as such.
import { ratioOf, ratioOfLows } from "./rounds.mjs";
import { nativeName } from "./throughput.mjs";

const SWITCH = nativeName("switch");
const COMPILED = nativeName("compiled");
const TOUCH = nativeName("touch");

/** `ours` to `theirs` on the stream of a filter and a mix; `walk` and `ratio` where others are meant. */
const ratio = (text, ours, theirs, must, aim, more = {}) => ({
  text,
  must,
  aim,
  measure({ throughput }) {
    const { filter = "docker-254-o1", mix = "real", walk = "stream", how = ratioOf } = more;
    const found = throughput.find(
      (one) => one.filter === filter && one.mix === mix && one.walk === walk,
    );
    return found && how(found.samples[ours], found.samples[theirs]);
  },
});

const compile = (text, temperature, must, aim) => ({
  text,
  must,
  aim,
  measure: ({ compiled }) => ratioOf(compiled[temperature].ready, compiled[temperature].library),
});

const executed = (one) => one.executed.mean;

/** A property of a generated program, as throughput.mjs found it. */
const program = (text, filter, must, aim, property, mix = "real") => ({
  text,
  must,
  aim,
  measure({ throughput }) {
    const found = throughput.find((one) => one.filter === filter && one.mix === mix);
    const value = found && property(found);
    return value === undefined ? undefined : { median: value };
  },
});

/** A time of the eval command to its bound, for the first or the second length of its input. */
const command = (text, length, time) => ({
  text,
  must: 2.0,
  aim: undefined,
  measure({ command }) {
    const found = command?.lengths[length];
    return found && ratioOf(found[time], found.bound);
  },
});

const TABLE = "table-interpreter";
const JIT = "jit";
const COLUMNS = "jit-columns";

export const FIGURES = [
  ratio("plain interpreter / C switch", "interpreter", SWITCH, 1.0, 0.85),
  ratio("table interpreter / C switch: real", TABLE, SWITCH, 0.08, 0.04),
  ratio("– uniform", TABLE, SWITCH, 0.03, 0.015, { mix: "uniform" }),
  ratio("– real, docker-254-o2", TABLE, SWITCH, 0.3, 0.18, { filter: "docker-254-o2" }),
  ratio("JIT / filter compiled by C -O3: stream", JIT, COMPILED, 0.65, 0.45),
  ratio("– hot", JIT, COMPILED, 0.5, 0.3, { walk: "hot" }),
  ratio("– stream, docker-254-o2", JIT, COMPILED, 0.6, 0.4, { filter: "docker-254-o2" }),
  ratio("– stream, opt-size", JIT, COMPILED, 0.9, 0.65, { filter: "opt-size" }),
  ratio("– stream, tiny10", JIT, COMPILED, 1.0, 0.75, { filter: "tiny10" }),
  ratio("– stream, big", JIT, COMPILED, 1.1, 0.7, { filter: "big" }),
  ratio("JIT / touching the records, p10 to p10", JIT, TOUCH, 1.8, 1.3, { how: ratioOfLows }),
  ratio("JIT on a header column / touching the records", COLUMNS, TOUCH, 1.0, 0.6),
  ratio("a call for each verdict / C switch (hot)", "jit, a call each", SWITCH, 0.08, 0.045, {
    walk: "hot",
  }),
  compile(
    "Docker's JSON to a ready evaluator / libseccomp's rules to BPF: warm",
    "warm",
    0.5,
    0.15,
  ),
  compile("– cold", "cold", 2.0, 0.5),
  {
    text: "two workers / one, in verdicts per second",
    must: 1.7,
    aim: 1.9,
    atLeast: true,
    measure: ({ workers }) => workers && ratioOf(workers.one, workers.two),
  },
  program("Docker's default, optimal: instructions", "optimal", 260, 231, ({ length }) => length),
  program("– executed per call, real", "optimal", 11.5, 9.8, executed),
  program("– balanced, executed per call, uniform", "balanced", 13, 11.7, executed, "uniform"),
  program("– weighted, executed per call, real", "weighted", 7.5, 6.7, executed),
  {
    text: "verdicts in which our evaluators differ (the run stops at one)",
    must: 0,
    aim: 0,
    measure: ({ throughput }) => throughput.length > 0 && { median: 0 },
  },
  command("the eval command / `cat` plus the bare loop, in time: 1 GB", 0, "whole"),
  command("– without the start of the process", 0, "running"),
  command("– 4 GB", 1, "whole"),
];

/** Every figure with its measurement; `holds` is `undefined` where there is none. */
export function measureFigures(results) {
  return FIGURES.map(({ text, must, aim, atLeast, measure }) => {
    const measured = measure(results) || undefined;
    const holds = measured && (atLeast ? measured.median >= must : measured.median <= must);
    return { text, must, aim, measured, holds };
  });
}
