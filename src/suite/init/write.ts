import { formatVerdict, type Verdict } from "../../seccomp/verdict.js";
import type { InitMatrix, InitTarget } from "./matrix.js";

/** A case of a first suite. */
export interface InitCase {
  readonly name: string;
  /** What stands above it and the cases that are about the same, if anything does. */
  readonly section: string | undefined;
  /** The part of the matrix that it belongs to; none is all of it. */
  readonly only: InitTarget["values"];
  /** Of the calls, where it is not the target's. */
  readonly arch: string | undefined;
  readonly calls: readonly string[];
  readonly expect: string;
}

const WIDTH = 100;

const ABOUT_PROFILES = [
  "It says what the profile does today, entry by entry: calls that an entry decides, and the nearest",
  "that it does not. Keep the cases that say what you mean, correct those that do not, and add what",
  "your programs need.",
];

export const ABOUT_FILTERS = [
  "It says what the filter does today: the calls that get each verdict whatever their arguments, and a",
  "call for each verdict of the others. Keep the cases that say what you mean, correct those that do",
  "not, and add what your programs need.",
];

/** The word that a suite has for a verdict. */
export function expectationOf(verdict: Verdict): string {
  // The kernel kills for any action that it does not know.
  if (verdict.action === "UNKNOWN") return "kill";
  const [action = "", data] = formatVerdict(verdict).split("(", 2);
  const word = action.toLowerCase().replace("user_notif", "notify");
  return data === undefined ? word : `${word}(${data}`;
}

/** The suite as YAML, with what a reader needs to know. */
export function writeSuite(
  profile: string,
  { fixed, axes }: Pick<InitMatrix, "fixed" | "axes">,
  cases: readonly InitCase[],
  schema: string,
  about: readonly string[] = ABOUT_PROFILES,
): string {
  const target = [...Object.entries(fixed), ...Object.entries(axes)].filter(
    ([, value]) => value !== undefined,
  );
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    `# A first suite for ${profile.replace(/[\r\n]/g, " ")}.`,
    ...about.map((line) => `# ${line}`),
    `profile: ${scalar(profile)}`,
  ];
  if (Object.keys(axes).length > 0) {
    lines.push(
      "# Every combination is a target: the lists open and shut each gate of the profile. `only` says which",
      "# of them a case is for.",
    );
  }
  if (target.length > 0) {
    lines.push("target:", ...target.map(([key, value]) => `  ${key}: ${flow(value)}`));
  }
  lines.push("cases:");
  let before: InitCase | undefined;
  for (const one of cases) {
    const { section } = one;
    const isNew = section === undefined || section !== before?.section;
    if (isNew && before !== undefined) lines.push("");
    if (isNew && section !== undefined) lines.push(`  # ${section}`);
    before = one;
    lines.push(`  - name: ${JSON.stringify(one.name)}`);
    const only = Object.entries(one.only).map(([key, value]) => `${key}: ${scalar(value)}`);
    if (only.length > 0) lines.push(`    only: { ${only.join(", ")} }`);
    if (one.arch !== undefined) lines.push(`    arch: ${one.arch}`);
    lines.push(...callLines(one.calls), `    expect: ${one.expect}`);
  }
  return `${lines.join("\n")}\n`;
}

function callLines(calls: readonly string[]): string[] {
  const [first, ...more] = calls;
  if (first !== undefined && more.length === 0) return [`    call: ${scalar(first)}`];
  const short = `    calls: [${calls.map(scalar).join(", ")}]`;
  if (short.length <= WIDTH) return [short];
  const lines = ["    calls: ["];
  let line = "     ";
  for (const call of calls) {
    const text = ` ${scalar(call)},`;
    if (line.length + text.length > WIDTH) {
      lines.push(line);
      line = "     ";
    }
    line += text;
  }
  return [...lines, line, "    ]"];
}

function flow(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map((one) => scalar(String(one))).join(", ")}]`
    : scalar(String(value));
}

/** Plain where YAML cannot take it for anything else. */
function scalar(text: string): string {
  return /^[A-Za-z_][A-Za-z0-9_./-]*$/.test(text) &&
    !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
