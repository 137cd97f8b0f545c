import type { ArchName } from "../abi/architecture.js";
import type { Lack, UnmetComparison } from "../analysis/lacks.js";
import type { NearEntry } from "../analysis/nearest.js";
import { formatPlace } from "../errors.js";
import { executes, formatVerdict, type Verdict } from "../seccomp/verdict.js";
import { formatBecause } from "./because.js";
import { argumentName, type Callee, flagNames, valueText } from "./condition.js";

/** `line 812: would allow with CAP_SYS_ADMIN`; says so where that alone does not decide. */
export function formatNear(near: NearEntry): string {
  return `line ${near.place.line}: ${adviceOf(near)}`;
}

/** The same with the whole place: `docker-default:812:5: would allow with CAP_SYS_ADMIN`. */
export function formatNearInFile(near: NearEntry): string {
  return `${formatPlace(near.place)}: ${adviceOf(near)}`;
}

function adviceOf(near: NearEntry): string {
  const { lacks, verdict, outcome } = near;
  const needs = lacks.map((lack) => formatLack(lack, near)).join(" and ");
  const [first] = lacks;
  if (first?.kind === "overridden") {
    return `matches and says ${formatVerdict(verdict)}, but ${needs} decides`;
  }
  const helps = verdict.ret === outcome.ret;
  if (helps) return `would ${verb(verdict)} ${needs}`;
  return `would match ${needs}, but the call would get ${formatVerdict(outcome)}`;
}

function verb(verdict: Verdict): string {
  if (verdict.action === "ALLOW") return "allow";
  if (executes(verdict)) return "allow and log";
  return `answer ${formatVerdict(verdict)}`;
}

/** What is lacking, after "would allow". */
export function formatLack(lack: Lack, { call, supplied }: NearEntry): string {
  switch (lack.kind) {
    case "cap":
      return `with ${lack.cap}`;
    case "excludedCap":
      return `without ${lack.cap}`;
    case "arch":
      return `on ${supplied.target.arch}`;
    case "excludedArch":
      return `on another architecture than ${lack.arch}`;
    case "kernel":
      return `on Linux ${lack.minKernel.major}.${lack.minKernel.minor} or later`;
    case "excludedKernel":
      return `before Linux ${lack.minKernel.major}.${lack.minKernel.minor}`;
    case "libseccomp":
      return `with libseccomp ${lack.since}, which knows the name`;
    case "argument":
      return `if ${lack.anyOf.map((one) => formatUnmet(one, call)).join(", or if ")}`;
    case "overridden":
      return formatBecause(lack.because);
  }
}

const SIGNS = { NE: "≠", LT: "<", LE: "≤", EQ: "=", GE: "≥", GT: ">" } as const;

/** `arg 0 (family) were ≠ AF_ALG`, with what it is. */
function formatUnmet(one: UnmetComparison, callee: { name: string; arch: ArchName }): string {
  const { argument, op, value, valueTwo, actual } = one;
  const at = { argument, half: "whole" } as const;
  const text = (number: bigint): string => valueText(number, at, callee satisfies Callee);
  const name = argumentName(argument, callee);
  const subject = name === `arg${argument}` ? `arg ${argument}` : `arg ${argument} (${name})`;
  if (op !== "MASKED_EQ") {
    return `${subject} ${SIGNS[op]} ${text(value)}${op === "NE" ? "" : ` (it is ${text(actual)})`}`;
  }
  const given = text(actual & value);
  const flags = flagNames(value & actual, at, callee);
  const is = flags === undefined ? `it is ${given}` : `it has ${flags.join("|")}`;
  return `${subject} & 0x${value.toString(16)} = ${text(valueTwo & value)} (${is})`;
}

/** The same for programs. */
export function nearJson(near: NearEntry): Record<string, unknown> {
  const { file, line, column } = near.place;
  return { file, line, column, entry: near.entry, text: adviceOf(near) };
}
