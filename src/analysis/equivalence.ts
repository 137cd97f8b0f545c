import { ARCHITECTURES } from "../abi/architecture.js";
import { formatCall } from "../abi/format-call.js";
import { archByAudit } from "../abi/names.js";
import { compareDecisions, type Region } from "../bpf/compare.js";
import type { Leaf } from "../bpf/decision.js";
import { stackedDecision } from "../bpf/stacked.js";
import { type Budget, onlyWord } from "../bpf/word-set.js";
import { SeccompSimError } from "../errors.js";
import { ARCH_OFFSET, recordOfWords, type SeccompData } from "../seccomp/record.js";
import { decodeVerdict, formatVerdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";
import type { Answer } from "./because.js";
import type { Simulator } from "./simulator.js";

/** Do two simulators decide alike, whatever the call? */
export type Equivalence =
  /** For every record; proven, not sampled. */
  | { readonly kind: "equal" }
  | { readonly kind: "different"; readonly witness: Witness }
  /** Too much to compare, or filters that calculate. */
  | { readonly kind: "unknown" };

/** A call that two simulators answer differently. */
export interface Witness {
  readonly record: SeccompData;
  /** As strace would write it, with the architecture where it is not the target's. */
  readonly text: string;
  readonly left: Answer;
  readonly right: Answer;
}

/** Steps of a comparison; a million takes some tens of milliseconds. */
const BUDGET = 20_000_000;

/** Two words with which the kernel does the same. */
function sameVerdict(left: Leaf, right: Leaf): boolean {
  const text = ({ ret }: Leaf): string => formatVerdict(decodeVerdict(ret));
  return left.ret === right.ret || text(left) === text(right);
}

/**
 * Compares what two simulators decide, over all calls and arguments. A witness is a call of the
 * target's own architecture, where there is one.
 *
 * Throws SeccompSimError `byte-order` where their records are laid out differently.
 *
 * @param budget steps that may be made, see `compareDecisions`
 */
export function compareSimulators(
  left: Simulator,
  right: Simulator,
  budget: Budget = { left: BUDGET },
): Equivalence {
  if (left.endian !== right.endian) {
    throw new SeccompSimError(
      "byte-order",
      `${left.target.arch} and ${right.target.arch} differ in byte order: no record is one of both`,
    );
  }
  const options = { same: sameVerdict, budget };
  const native = ARCHITECTURES[left.target.arch].audit;
  let witness: ReadonlyMap<number, number> | undefined;
  for (const { token, region } of parts(native, left.filters.length + right.filters.length > 1)) {
    const [a, b] = [left, right].map((one) => stackedDecision(one.decisions(token) ?? []));
    const calculates = left.decisions(token) === undefined || right.decisions(token) === undefined;
    if (a === undefined || b === undefined || calculates) return { kind: "unknown" };
    const found = compareDecisions(a, b, region, options);
    if (found.kind === "unknown") return found;
    if (found.kind === "different") witness = found.words;
    if (witness !== undefined) break;
  }
  if (witness === undefined) return { kind: "equal" };
  const record = recordOfWords(witness, left.endian);
  const [one, other] = [left.evaluate({ record }), right.evaluate({ record })];
  // The kernel may answer such a call by itself; others that differ are not looked for.
  if (formatVerdict(one.verdict) === formatVerdict(other.verdict)) return { kind: "unknown" };
  const text = witnessText(record, left.target);
  return { kind: "different", witness: { record, text, left: one, right: other } };
}

/** The target's own calls first, then all others: filters look at the token by themselves. */
function parts(native: number, filtered: boolean): { token: number; region: Region }[] {
  const only = (token: number) => {
    return { token, region: new Map([[ARCH_OFFSET, onlyWord(token)]]) as Region };
  };
  const tokens = new Set(Object.values(ARCHITECTURES).map(({ audit }) => audit));
  const others = filtered ? [] : [...tokens].filter((token) => token !== native).map(only);
  return [only(native), ...others, { token: 0, region: new Map() }];
}

function witnessText(record: SeccompData, target: Target): string {
  const arch = archByAudit(record.arch, record.nr);
  if (arch === undefined) return `#${record.nr | 0} on architecture 0x${record.arch.toString(16)}`;
  const call = formatCall({ ...record, nr: record.nr | 0 }, arch.name);
  return arch.name === target.arch ? call : `${call} on ${arch.name}`;
}
