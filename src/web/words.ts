import { errnoDescription, errnoName } from "../abi/errno.js";
import type { LoadedFilter } from "../analysis/decider.js";
import { describeEffect, formatVerdict, type Verdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";

/** A verdict in words: the head of the page's answer, and the sentence below it. */
export interface Words {
  readonly title: string;
  readonly sentence: string;
}

/** @param filters what is loaded: a filter may have asked the kernel to log what it decides */
export function verdictWords(
  verdict: Verdict,
  target: Target,
  filters: readonly LoadedFilter[],
): Words {
  const logged = filters.some((one) =>
    one.compiled?.policy.flags?.some(({ value }) => value === "SECCOMP_FILTER_FLAG_LOG"),
  );
  const log = logged ? "and it is logged" : "nothing is logged";
  switch (verdict.action) {
    case "ALLOW":
      return { title: "Allowed", sentence: "The call is executed; nothing is logged." };
    case "LOG":
      return { title: "Allowed and logged", sentence: "The call is logged, and executed." };
    case "ERRNO": {
      const { data, arch } = verdict;
      if (data === 0) {
        const sentence = `The call returns 0, as if it had succeeded; nothing is executed, ${log}.`;
        return { title: "Returns 0", sentence };
      }
      const name = errnoName(data, arch) ?? `errno ${data}`;
      const says = errnoDescription(data, arch);
      const how = says === undefined ? `fails with error ${data}` : `fails with “${says}”`;
      return { title: name, sentence: `The call ${how}; nothing is executed, ${log}.` };
    }
    default:
      return {
        title: TITLES[verdict.action] ?? formatVerdict(verdict),
        sentence: `${capital(describeEffect(verdict, target.kernel))}.`,
      };
  }
}

const TITLES: Readonly<Partial<Record<Verdict["action"], string>>> = {
  TRAP: "SIGSYS, which can be handled",
  TRACE: "A tracer decides",
  USER_NOTIF: "A listener decides",
  KILL_THREAD: "The thread is killed",
  KILL_PROCESS: "The process is killed",
  STRICT_KILL: "Killed by SIGKILL",
};

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
