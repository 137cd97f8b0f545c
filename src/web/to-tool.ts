import { DOCKER_DEFAULT_CAPS } from "../abi/capabilities.js";
import { formatVerdict, type Verdict } from "../seccomp/verdict.js";
import type { Session } from "./session.js";
import { splitCalls } from "./session.js";
import { DEFAULT_TARGET, type PageState, type PageTarget } from "./state.js";

// The way from the page to the command line: the same question there.

/** What the command line calls the profile. */
export function profileArgument({ profile }: PageState): string {
  if (profile.kind === "text") return profile.file;
  return profile.id === "mypolicy" ? "mypolicy.json" : profile.id;
}

const TARGET_KEYS = [
  "arch",
  "kernel",
  "engine",
  "runtime",
  "libseccomp",
  "table",
  "optimize",
] as const;

/** The options that differ from their defaults; capabilities as a set and additions. */
function optionsOf(target: PageTarget): [string, string][] {
  const options: [string, string][] = [];
  for (const key of TARGET_KEYS) {
    const value = target[key];
    if (value !== undefined && value !== DEFAULT_TARGET[key]) options.push([key, value]);
  }
  const isDocker = DOCKER_DEFAULT_CAPS.every((cap) => target.caps.includes(cap));
  if (!isDocker) options.push(["caps", "none"]);
  const added = target.caps.filter((cap) => !isDocker || !DOCKER_DEFAULT_CAPS.includes(cap));
  return [...options, ...added.map((cap): [string, string] => ["cap", cap])];
}

/** The command that answers the same calls. */
export function commandLine(state: PageState): string {
  const words = [
    "npx seccomp-sim check",
    quote(profileArgument(state)),
    ...splitCalls(state.calls).map(quote),
    ...optionsOf(state.target).map(([name, value]) => `--${name} ${quote(value)}`),
  ];
  return words.join(" ");
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}

/** A suite that expects what the page says now. */
export function suiteText(state: PageState, { answers }: Session): string {
  const options = optionsOf(state.target);
  const caps = options.filter(([name]) => name === "cap").map(([, value]) => value);
  const lines = [`profile: ${yaml(profileArgument(state))}`];
  if (options.length > 0) lines.push("target:");
  for (const [name, value] of options) {
    if (name !== "cap") lines.push(`  ${name}: ${name === "optimize" ? value : yaml(value)}`);
  }
  if (caps.length > 0) lines.push(`  cap: [${caps.join(", ")}]`);
  lines.push("cases:");
  for (const answer of answers) {
    if (answer.kind !== "answer") continue;
    lines.push(`  - call: ${yaml(answer.text)}`);
    lines.push(`    expect: ${expectation(answer.explanation.verdict)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A verdict as suites write it: `errno(EPERM)`. */
function expectation(verdict: Verdict): string {
  const [, word = "", detail = ""] = /^(\w+)(.*)$/.exec(formatVerdict(verdict)) ?? [];
  return `${word.toLowerCase()}${detail}`;
}

/** A text in single quotes, which YAML takes as it is. */
function yaml(text: string): string {
  return `'${text.replace(/'/g, "''")}'`;
}
