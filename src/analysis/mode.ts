import { ARCHITECTURES } from "../abi/architecture.js";
import { ALL_BITS, type Decision } from "../bpf/decision.js";
import type { Endian } from "../bpf/instruction.js";
import { SECCOMP_RET_ALLOW } from "../seccomp/action.js";
import { NR_OFFSET, RECORD_SIZE, type SeccompData } from "../seccomp/record.js";
import { alwaysAllowed, EXCEPTIONS, exceptionsOf } from "../seccomp/special.js";
import { strictNumbers, strictVerdict } from "../seccomp/strict.js";
import { decodeVerdict, STRICT_KILL, type Verdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";
import type { Answer } from "./because.js";
import type { Source } from "./source.js";

type Numbers = Pick<SeccompData, "nr" | "arch">;

/** What decides before or instead of filters: no seccomp at all, strict mode, the kernel's own calls. */
export interface Mode {
  /** The answer, unless filters have to be asked. */
  decide(data: Numbers): Answer | undefined;
  /** Equal for modes of one architecture that take the same calls away from filters, in the same way. */
  readonly fingerprint: string;
  /** Corrects the words that filters gave for a batch of records. */
  overrule(records: Uint8Array, endian: Endian, out: Uint32Array): void;
  verdictOf(ret: number): Verdict;
  /** The decision about calls of an architecture's token, where the filters' is `asked`. */
  decision(asked: Decision, arch: number): Decision;
}

/** @param filtered whether at least one filter is loaded */
export function createMode(source: Source, filtered: boolean, target: Target): Mode {
  const strict = source.kind === "strict";
  const decide = (data: Numbers): Answer | undefined => {
    const special = alwaysAllowed(data, target.kernel);
    if (special && (strict || filtered)) return allowed(`the kernel always allows ${special}`);
    if (strict) return strictAnswer(data);
    if (filtered) return undefined;
    return allowed(
      source.kind === "profile"
        ? `${source.name} switches seccomp off: no filter is loaded`
        : "no filter is loaded",
    );
  };
  const apart = exceptionsOf(target.kernel);
  return {
    decide,
    fingerprint: [strict, filtered, ...apart].join(),
    overrule(records, endian, out) {
      // Without a filter all words are ALLOW already; only x86_64 has exceptions.
      const isX86_64 = ARCHITECTURES[target.arch].audit === ARCHITECTURES.x86_64.audit;
      if (!strict && !(filtered && isX86_64 && apart.length > 0)) return;
      const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
      const little = endian === "little";
      for (let at = 0, i = 0; at + RECORD_SIZE <= records.length; at += RECORD_SIZE, i++) {
        const nr = view.getInt32(at, little);
        const answer = decide({ nr, arch: view.getUint32(at + 4, little) });
        if (answer) out[i] = answer.ret;
      }
    },
    decision(asked, arch) {
      let decision: Decision =
        strict || !filtered
          ? { kind: "leaf", ret: strict ? STRICT_KILL.ret : SECCOMP_RET_ALLOW }
          : asked;
      for (const nr of strict || filtered ? apartNumbers(arch, strict) : []) {
        const answer = decide({ nr, arch });
        if (answer === undefined || (strict && answer.ret === STRICT_KILL.ret)) continue;
        const yes: Decision = { kind: "leaf", ret: answer.ret };
        const test = { kind: "test", offset: NR_OFFSET, mask: ALL_BITS, op: "eq" } as const;
        decision = { ...test, k: nr >>> 0, yes, no: decision };
      }
      return decision;
    },
    verdictOf: (ret) =>
      strict && ret === STRICT_KILL.ret ? STRICT_KILL : decodeVerdict(ret, target.arch),
  };
}

/** Numbers that may be decided otherwise than by filters. */
function apartNumbers(arch: number, strict: boolean): readonly number[] {
  const special = EXCEPTIONS.map(({ nr }) => nr);
  return strict ? [...special, ...strictNumbers({ nr: 0, arch })] : special;
}

function allowed(detail: string): Answer {
  const because = { kind: "mode", file: undefined, detail } as const;
  return { verdict: decodeVerdict(SECCOMP_RET_ALLOW), ret: SECCOMP_RET_ALLOW, because };
}

function strictAnswer(data: Numbers): Answer {
  const verdict = strictVerdict(data);
  const detail = "strict mode allows read, write, exit and the return from a signal handler only";
  return { verdict, ret: verdict.ret, because: { kind: "mode", file: undefined, detail } };
}
