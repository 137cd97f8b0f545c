import type { ArchName } from "../abi/architecture.js";
import { errnoName, errnoNames, errnoNumber } from "../abi/errno.js";
import { suggest } from "../abi/suggest.js";
import { SeccompSimError } from "../errors.js";
import type { Verdict } from "../seccomp/verdict.js";

type VerdictAction = Verdict["action"];

/** What a test expects of a call: any of some words. */
export interface Expectation {
  /** As written, in lower case, errno names in upper case. */
  readonly text: string;
  matches(verdict: Verdict): boolean;
}

const KILLS: readonly VerdictAction[] = ["KILL_THREAD", "KILL_PROCESS", "STRICT_KILL", "UNKNOWN"];

/** The words and the verdicts that each stands for. */
const WORDS: Readonly<Record<string, readonly VerdictAction[]>> = {
  allow: ["ALLOW"],
  log: ["LOG"],
  errno: ["ERRNO"],
  trap: ["TRAP"],
  trace: ["TRACE"],
  notify: ["USER_NOTIF"],
  kill_thread: ["KILL_THREAD"],
  kill_process: ["KILL_PROCESS"],
  // Unknown actions kill as well (linux kernel/seccomp.c, `__seccomp_filter`'s default case).
  kill: KILLS,
  // Everything that does not execute the call as asked.
  deny: ["ERRNO", "TRAP", "TRACE", "USER_NOTIF", ...KILLS],
};

/** As this program prints verdicts, so that an answer can be pasted as an expectation. */
const ALIASES: Readonly<Record<string, string>> = { user_notif: "notify", strict_kill: "sigkill" };

export const EXPECTATION_WORDS: readonly string[] = Object.keys(WORDS);

/**
 * Reads one expectation word, or a list of which any may hold.
 *
 * @example parseExpectation("errno(EPERM)").text // "errno(EPERM)"
 */
export function parseExpectation(words: string | readonly string[], arch?: ArchName): Expectation {
  const alternatives = (typeof words === "string" ? [words] : words).map((w) => parseWord(w, arch));
  if (alternatives.length === 0) {
    throw new SeccompSimError("bad-expectation", "an expectation needs at least one word");
  }
  return {
    text: alternatives.map((a) => a.text).join(" or "),
    matches: (verdict) => alternatives.some((a) => a.matches(verdict)),
  };
}

function parseWord(word: string, arch: ArchName | undefined): Expectation {
  const match = /^\s*([A-Za-z_]+)\s*(?:\(\s*([^()\s]+)\s*\))?\s*$/.exec(word);
  const lower = match?.[1]?.toLowerCase() ?? "";
  const name = Object.hasOwn(ALIASES, lower) ? (ALIASES[lower] ?? lower) : lower;
  const actions = actionsOf(name);
  if (!match || !actions) throw unknownWord(word, name);
  const detail = match[2];
  if (detail === undefined) return { text: name, matches: (v) => actions.includes(v.action) };
  if (name !== "errno" && name !== "trap" && name !== "trace") {
    throw new SeccompSimError("bad-expectation", `${name} takes no value, yet "${word}" gives one`);
  }
  const data = name === "errno" ? parseErrno(detail, arch) : parseData(detail, word);
  const shown = name === "errno" ? (errnoName(data, arch) ?? String(data)) : String(data);
  return {
    text: `${name}(${shown})`,
    matches: (v) => actions.includes(v.action) && v.data === data,
  };
}

function actionsOf(name: string): readonly VerdictAction[] | undefined {
  if (name === "sigkill") return ["STRICT_KILL"];
  return Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
}

function parseErrno(detail: string, arch: ArchName | undefined): number {
  const upper = detail.toUpperCase();
  const number = /^\d+$/.test(detail) ? Number(detail) : errnoNumber(upper, arch);
  // The kernel caps errors at MAX_ERRNO, 4095 (linux kernel/seccomp.c, `__seccomp_filter`).
  if (number !== undefined && number <= 4095) return number;
  const near = suggest(upper, errnoNames(arch));
  throw new SeccompSimError(
    "bad-expectation",
    `"${detail}" is no errno name or number up to 4095`,
    {
      hint: near && `did you mean ${near}?`,
    },
  );
}

function parseData(detail: string, word: string): number {
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(detail) ? Number(detail) : Number.NaN;
  if (number <= 0xffff) return number;
  throw new SeccompSimError("bad-expectation", `the value in "${word}" must be 0 to 65535`);
}

function unknownWord(word: string, name: string): SeccompSimError {
  const near = suggest(name, EXPECTATION_WORDS);
  return new SeccompSimError("bad-expectation", `"${word}" is no expectation`, {
    hint: near ? `did you mean ${near}?` : `one of ${EXPECTATION_WORDS.join(", ")}`,
  });
}
