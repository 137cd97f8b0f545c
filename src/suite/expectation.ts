import type { ArchName } from "../abi/architecture.js";
import { errnoName, errnoNames, errnoNumber, isNumberedAlike } from "../abi/errno.js";
import { suggest } from "../abi/suggest.js";
import { SeccompSimError } from "../errors.js";
import type { Verdict } from "../seccomp/verdict.js";

type VerdictAction = Verdict["action"];

/** What a test expects of a call: any of some words. */
export interface Expectation {
  /** As written, in lower case, errno names in upper case. */
  readonly text: string;
  /** @param arch the architecture whose errno names are meant; x86_64 if absent */
  matches(verdict: Verdict, arch?: ArchName): boolean;
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
 * Reads one expectation word, or a list of which any may hold; `not` before a word turns it round.
 *
 * @param negated none of the words may hold
 * @example parseExpectation("errno(EPERM)").text // "errno(EPERM)"
 */
export function parseExpectation(words: string | readonly string[], negated = false): Expectation {
  const alternatives = (typeof words === "string" ? [words] : words).map(parseWord);
  if (alternatives.length === 0) {
    throw new SeccompSimError("bad-expectation", "an expectation needs at least one word");
  }
  const text = alternatives.map((a) => a.text).join(" or ");
  const any: Expectation["matches"] = (verdict, arch) =>
    alternatives.some((a) => a.matches(verdict, arch));
  if (!negated) return { text, matches: any };
  return { text: `not ${text}`, matches: (verdict, arch) => !any(verdict, arch) };
}

function parseWord(word: string): Expectation {
  const negated = /^\s*not\s+(.*)$/is.exec(word)?.[1];
  if (negated !== undefined) {
    const { text, matches } = parsePositive(negated);
    return { text: `not ${text}`, matches: (verdict, arch) => !matches(verdict, arch) };
  }
  return parsePositive(word);
}

function parsePositive(word: string): Expectation {
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
  if (name === "errno") return errnoExpectation(detail);
  const data = parseData(detail, word);
  return {
    text: `${name}(${data})`,
    matches: (v) => actions.includes(v.action) && v.data === data,
  };
}

function actionsOf(name: string): readonly VerdictAction[] | undefined {
  if (name === "sigkill") return ["STRICT_KILL"];
  return Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
}

/** A name means the number that it has on the architecture of the call. */
function errnoExpectation(detail: string): Expectation {
  const upper = detail.toUpperCase();
  const isNumber = /^\d+$/.test(detail);
  const number = isNumber ? Number(detail) : errnoNumber(upper);
  // The kernel caps errors at MAX_ERRNO, 4095 (linux kernel/seccomp.c, `__seccomp_filter`).
  if (number === undefined || number > 4095) {
    const near = suggest(upper, errnoNames());
    throw new SeccompSimError(
      "bad-expectation",
      `"${detail}" is no errno name or number up to 4095`,
      { hint: near && `did you mean ${near}?` },
    );
  }
  // A number that is another error on some architectures stays one.
  const name = errnoName(number);
  const shown = name !== undefined && isNumberedAlike(name) ? name : number;
  return {
    text: `errno(${isNumber ? shown : upper})`,
    matches: ({ action, data }, arch) =>
      action === "ERRNO" && data === (isNumber ? number : errnoNumber(upper, arch)),
  };
}

function parseData(detail: string, word: string): number {
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(detail) ? Number(detail) : Number.NaN;
  if (number <= 0xffff) return number;
  throw new SeccompSimError("bad-expectation", `the value in "${word}" must be 0 to 65535`);
}

function unknownWord(word: string, name: string): SeccompSimError {
  const errno = name.toUpperCase();
  const near =
    errnoNumber(errno) === undefined ? suggest(name, EXPECTATION_WORDS) : `errno(${errno})`;
  return new SeccompSimError("bad-expectation", `"${word}" is no expectation`, {
    hint: near ? `did you mean ${near}?` : `one of ${EXPECTATION_WORDS.join(", ")}`,
  });
}
