import type { ArchName } from "../abi/architecture.js";
import { argumentGroups } from "../abi/call-arguments.js";
import { isEnumeration } from "../abi/constant-uses.js";
import { constantsOf } from "../abi/constants.js";
import { type Argument, syscallSignature } from "../abi/signature.js";
import { syscallNames, syscallNumber } from "../abi/syscalls.js";

/** What can be written where the cursor stands in the call line. */
export type CallHelp =
  | { readonly kind: "syscall"; readonly from: number; readonly names: readonly string[] }
  | {
      readonly kind: "argument";
      readonly call: string;
      readonly index: number;
      readonly args: readonly Argument[];
      /** Where the argument's text begins and ends. */
      readonly from: number;
      readonly to: number;
      readonly text: string;
      readonly constants: readonly { readonly name: string; readonly flag: boolean }[];
    };

const MOST_NAMES = 40;

/** Reads the call at the cursor, as far as it is written. */
export function callHelp(text: string, cursor: number, arch: ArchName): CallHelp | undefined {
  const before = text.slice(0, cursor);
  let start = 0;
  let open: number | undefined;
  const commas: number[] = [];
  let depth = 0;
  for (const match of before.matchAll(/"(?:\\.|[^"\\])*"?|[;\n()[\]{},]/g)) {
    const [token] = match;
    const at = match.index + 1;
    if (token === ";" || token === "\n") {
      start = at;
      open = undefined;
    } else if (token === "(" && open === undefined) {
      open = at;
      commas.length = 0;
      depth = 0;
    } else if (/^[[{(]/.test(token)) depth++;
    else if (depth > 0 && /^[\]})]/.test(token)) depth--;
    else if (token === ")") open = -1;
    else if (token === "," && depth === 0) commas.push(at);
  }
  if (open === -1) return undefined;
  if (open === undefined) return namesFor(before, start, arch);
  const call = before.slice(start, open - 1).trim();
  const args = syscallSignature(call, arch);
  const index = commas.length;
  const groups = argumentGroups(call, index, arch)?.groups;
  if (!args?.[index]) return undefined;
  const lead =
    (commas.at(-1) ?? open) + (/^\s*/.exec(text.slice(commas.at(-1) ?? open))?.[0].length ?? 0);
  const written = /^[^,()";\n]*/.exec(text.slice(lead))?.[0].trimEnd() ?? "";
  const constants = groups
    ? constantsOf(groups, arch).map(({ name, group, value }) => ({
        name,
        flag: !isEnumeration(group) && value !== 0n,
      }))
    : [];
  return {
    kind: "argument",
    call,
    index,
    args,
    from: lead,
    to: lead + written.length,
    text: written,
    constants,
  };
}

function namesFor(before: string, start: number, arch: ArchName): CallHelp | undefined {
  const word = /[a-z_]\w*$/i.exec(before.slice(start))?.[0] ?? "";
  if (before.slice(start).trim() !== word) return undefined;
  const here = syscallNames().filter((name) => syscallNumber(arch, name) !== undefined);
  const first = here.filter((name) => name.startsWith(word));
  const within = word.length < 2 ? [] : here.filter((name) => name.indexOf(word) > 0);
  const names = [...first, ...within].slice(0, MOST_NAMES);
  return { kind: "syscall", from: before.length - word.length, names };
}

/** The names in an argument such as `O_RDONLY|O_CLOEXEC`. */
export function namesIn(text: string): readonly string[] {
  return text
    .split("|")
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== "0");
}

/** The argument with a flag added or taken away, or with another alternative in place of the one chosen. */
export function withConstant(
  text: string,
  { name, flag }: { readonly name: string; readonly flag: boolean },
  all: readonly { readonly name: string; readonly flag: boolean }[],
): string {
  const names = namesIn(text).filter((one) => /^\w+$/.test(one));
  if (names.includes(name)) return names.filter((one) => one !== name).join("|") || "0";
  if (flag) return [...names.filter((one) => !/^\d/.test(one)), name].join("|");
  const flags = names.filter((one) => all.some((other) => other.name === one && other.flag));
  return [name, ...flags].join("|");
}
