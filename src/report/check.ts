import type { ParsedCall } from "../abi/call.js";
import { parseCall } from "../abi/call.js";
import { formatCall } from "../abi/format-call.js";
import { compareSimulators } from "../analysis/equivalence.js";
import type { Explanation, Simulator } from "../analysis/simulator.js";
import { disassemble } from "../bpf/disassemble.js";
import { formatTarget } from "../profile/target-options.js";
import { formatVerdict } from "../seccomp/verdict.js";
import { type Expectation, parseExpectation } from "../suite/expectation.js";
import { nearestTo } from "../suite/nearest.js";
import { formatBecause } from "./because.js";
import { formatNearInFile } from "./nearest.js";
import { printable } from "./style.js";

/** What came of an expectation: what to say where it, or its opposite, does not hold. */
export interface Check {
  readonly pass: boolean;
  readonly message: string;
}

/** A call as strace prints it, or parsed. */
export type CallLike = string | ParsedCall;

/** Instructions of the executed path that are shown: the last ones decide. */
const SHOWN = 6;

/**
 * Asks a simulator about a call. The message says the call, what was expected (or, where it holds, that
 * it was not to), the verdict, the deciding entry and the last instructions.
 *
 * Throws SeccompSimError for a call or a word that is not known.
 */
export function checkCall(
  simulator: Simulator,
  call: CallLike,
  words: string | readonly string[],
): Check {
  const parsed = typeof call === "string" ? parseCall(call, simulator.target.arch) : call;
  const expectation = parseExpectation(words);
  const found = simulator.explain(parsed);
  const pass = expectation.matches(found.verdict, simulator.target.arch);
  let message: string | undefined;
  return {
    pass,
    // Nobody reads most of them, and the nearest entries take their time.
    get message() {
      message ??= callMessage(simulator, parsed, expectation, found, pass);
      return message;
    },
  };
}

function callMessage(
  simulator: Simulator,
  call: ParsedCall,
  expectation: Expectation,
  found: Explanation,
  pass: boolean,
): string {
  const { target, filters } = simulator;
  const { because, verdict, effect, path } = found;
  const nearest = pass ? [] : nearestTo(simulator, { call, answer: found }, expectation);
  const expected = `${pass ? "not " : ""}${expectation.text}`;
  const lines = [
    `${call.text || formatCall(call.record, call.arch)}: expected ${expected}, actual ${formatVerdict(verdict)}`,
    `  expected ${expected}`,
    `  actual   ${formatVerdict(verdict)}: ${effect}`,
    `  because  ${formatBecause(because, true)}`,
    ...nearest.map((near) => `  nearest  ${formatNearInFile(near)}`),
    `  target   ${formatTarget(target)}`,
  ];
  const filter = path && filters[path.filter];
  if (path && filter) {
    const listing = disassemble(filter.instructions);
    const pcs = path.steps.map(({ pc }) => pc);
    lines.push(`  executed ${pcs.length} instructions of ${filter.name}, at last`);
    for (const pc of pcs.slice(-SHOWN)) lines.push(`    ${listing[pc] ?? ""}`);
  }
  return lines.map(printable).join("\n");
}

/**
 * Compares two simulators over all calls and arguments. `pass` only where they are proven to decide
 * alike; else the message has a call on which they differ.
 */
export function checkSame(left: Simulator, right: Simulator): Check {
  const found = compareSimulators(left, right);
  const targets = [
    `  this     ${formatTarget(left.target)}`,
    `  other    ${formatTarget(right.target)}`,
  ];
  if (found.kind === "equal") {
    const message = "expected to decide otherwise, but they decide alike, whatever the call";
    return { pass: true, message: [message, ...targets].join("\n") };
  }
  if (found.kind === "unknown") {
    const message =
      "could not be proven to decide alike: too much to compare, or a filter calculates";
    return { pass: false, message: [message, ...targets].join("\n") };
  }
  const { text, left: one, right: other } = found.witness;
  const say = ({ verdict, because }: typeof one): string =>
    `${formatVerdict(verdict)}, because ${formatBecause(because, true)}`;
  const lines = [
    `${text}: expected to decide alike, but ${formatVerdict(one.verdict)} is not ${formatVerdict(other.verdict)}`,
    `  this     ${say(one)}`,
    `  other    ${say(other)}`,
    ...targets,
  ];
  return { pass: false, message: lines.map(printable).join("\n") };
}
