import { ARCHITECTURES, type ArchName } from "../../abi/architecture.js";
import { servedArchs } from "../../abi/compat.js";
import { formatCall } from "../../abi/format-call.js";
import { ALL_CALLS } from "../../abi/syscall-sets.js";
import { createMatrix, type MatrixRow } from "../../analysis/matrix.js";
import type { Simulator } from "../../analysis/simulator.js";
import { decisionTests } from "../../bpf/decision.js";
import { NR_OFFSET, type SeccompData } from "../../seccomp/record.js";
import { formatVerdict, type Verdict } from "../../seccomp/verdict.js";
import { expectationOf, type InitCase } from "./write.js";

/** Numbers without a name that are asked for, of an architecture. */
const MAX_NUMBERS = 100;

/** Cases for a filter without a profile: every verdict of every call, by the calls of each architecture. */
export function filterCases(simulator: Simulator): readonly InitCase[] {
  return servedArchs(simulator.target.arch).flatMap((arch) => casesOf(simulator, arch));
}

function casesOf(simulator: Simulator, arch: ArchName): InitCase[] {
  const native = simulator.target.arch;
  const section = `Calls of ${arch}`;
  const made = (name: string, calls: readonly string[], verdict: Verdict): InitCase => ({
    name: arch === native ? name : `${name}, on ${arch}`,
    section,
    only: {},
    arch: arch === native ? undefined : arch,
    calls,
    expect: expectationOf(verdict),
  });
  // Where a filter calculates, nothing is proven for all arguments.
  const graphs = simulator.decisions(ARCHITECTURES[arch].audit);
  const any = graphs === undefined ? "" : "(...)";
  const rows = createMatrix(simulator, [arch]);
  const numbers = groups(otherNumbers(simulator, arch), ([, verdict]) => verdict).map((some) =>
    made(
      `numbers without a name: ${formatVerdict(some[0][1])}`,
      some.map(([text]) => text),
      some[0][1],
    ),
  );
  const always = groups(
    rows.filter(({ kind }) => kind === "always"),
    verdictOf,
  );
  const [all] = always;
  if (all !== undefined && all.length === rows.length) {
    return [made("every call", [`${ALL_CALLS}${any}`], verdictOf(all[0])), ...numbers];
  }
  const whole = always.map((some) => {
    const verdict = verdictOf(some[0]);
    const what = any === "" ? "" : ", whatever the arguments";
    const calls = some.map(({ name }) => `${name}${any}`);
    return made(`${formatVerdict(verdict)}${what}`, calls, verdict);
  });
  const parted = rows
    .filter(({ kind }) => kind !== "always")
    .flatMap(({ name, parts }) =>
      parts
        .filter(({ verdict, witness }) => {
          // Where the instruction pointer decides: the calls of suites come from 0.
          const record = { ...witness, ip: 0n };
          return simulator.evaluate({ record }).verdict.ret === verdict.ret;
        })
        .map(({ verdict, call }) => made(`${name}: ${formatVerdict(verdict)}`, [call], verdict)),
    );
  return [...whole, ...parted, ...numbers];
}

function verdictOf({ parts }: MatrixRow): Verdict {
  const [part] = parts;
  if (part === undefined) throw new Error("a call without a verdict");
  return part.verdict;
}

/** The numbers next to those that the filter compares with, and one that is newer than all names. */
function otherNumbers(simulator: Simulator, arch: ArchName): [text: string, verdict: Verdict][] {
  const { audit, base } = ARCHITECTURES[arch];
  const tested = decisionTests(simulator.decisions(audit) ?? [])
    .filter(({ offset }) => offset === NR_OFFSET)
    .flatMap(({ k }) => [k - 1, k, k + 1]);
  // Those of x32, say, were looked at with x86_64's: the filter cannot tell them apart.
  const [owner] = servedArchs(simulator.target.arch).filter(
    (one) => ARCHITECTURES[one].audit === audit,
  );
  const known = new Set<string>();
  const found: [string, Verdict][] = [];
  for (const number of [base + 5000, ...(owner === arch ? tested : [])]) {
    const record: SeccompData = {
      nr: number | 0,
      arch: audit,
      ip: 0n,
      args: [0n, 0n, 0n, 0n, 0n, 0n],
    };
    const text = formatCall(record, arch).replace(/\(.*$/, "");
    if (!text.startsWith("#") || known.has(text) || known.size >= MAX_NUMBERS) continue;
    known.add(text);
    found.push([text, simulator.evaluate({ record }).verdict]);
  }
  return found;
}

/** What gets one verdict together, in the order of the first of each. */
function groups<T>(items: readonly T[], of: (item: T) => Verdict): [T, ...T[]][] {
  const found = new Map<number, [T, ...T[]]>();
  for (const item of items) {
    const { ret } = of(item);
    const group = found.get(ret);
    if (group === undefined) found.set(ret, [item]);
    else group.push(item);
  }
  return [...found.values()];
}
