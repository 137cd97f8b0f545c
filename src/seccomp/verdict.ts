import type { ArchName } from "../abi/architecture.js";
import { errnoName, hasOwnErrnos } from "../abi/errno.js";
import { isAtLeast, type KernelVersion } from "../target.js";
import { type ActionName, actionName, MAX_ERRNO, SECCOMP_RET_DATA } from "./action.js";

/** What happens to a call. `STRICT_KILL` is mode 1's answer, for which no filter word exists. */
export interface Verdict {
  readonly action: ActionName | "UNKNOWN" | "STRICT_KILL";
  /** The low half of the word; an errno as the kernel cuts it, at most 4095. */
  readonly data: number;
  /** The word itself, unsigned. */
  readonly ret: number;
  /** Whose errno `data` is, where that architecture has numbers of its own. */
  readonly arch?: ArchName;
}

/** Strict mode's refusal: the thread ends with SIGKILL. */
export const STRICT_KILL: Verdict = { action: "STRICT_KILL", data: 0, ret: 0 };

/**
 * Reads a return word: `decodeVerdict(0x00050001)` is `ERRNO` with data 1.
 *
 * @param arch of the kernel, whose names an errno has
 */
export function decodeVerdict(ret: number, arch: ArchName = "x86_64"): Verdict {
  const word = ret >>> 0;
  const action = actionName(word) ?? "UNKNOWN";
  const data = word & SECCOMP_RET_DATA;
  // linux kernel/seccomp.c `__seccomp_filter`: "Set low-order bits as an errno, capped at MAX_ERRNO."
  if (action !== "ERRNO") return { action, data, ret: word };
  const own = hasOwnErrnos(arch) ? { arch } : {};
  return { action, data: Math.min(data, MAX_ERRNO), ret: word, ...own };
}

/** `ALLOW`, `ERRNO(EPERM)`, `TRAP(5)`, `UNKNOWN(0x12340000)`; strict mode's refusal is `SIGKILL`. */
export function formatVerdict(verdict: Verdict): string {
  const { action, data, ret, arch } = verdict;
  switch (action) {
    case "ERRNO":
      return `ERRNO(${errnoName(data, arch) ?? data})`;
    case "TRAP":
    case "TRACE":
      return data === 0 ? action : `${action}(${data})`;
    case "UNKNOWN":
      return `UNKNOWN(0x${ret.toString(16).padStart(8, "0")})`;
    case "STRICT_KILL":
      return "SIGKILL";
    case "KILL_PROCESS":
    case "KILL_THREAD":
    case "USER_NOTIF":
    case "LOG":
    case "ALLOW":
      return action;
  }
}

/** Whether the call is carried out as asked, logged or not. */
export function executes(verdict: Verdict): boolean {
  return verdict.action === "ALLOW" || verdict.action === "LOG";
}

/** What the verdict does to the call, in words (linux kernel/seccomp.c `__seccomp_filter`). */
export function describeEffect(verdict: Verdict, kernel: KernelVersion): string {
  const { action, data, arch } = verdict;
  switch (action) {
    case "ALLOW":
      return "the call is executed";
    case "LOG":
      return "the call is logged and executed";
    case "ERRNO": {
      if (data === 0) return "the call is not executed, yet returns 0, as if it had succeeded";
      const name = errnoName(data, arch);
      return `the call is not executed and fails with ${name ?? `errno ${data}`}${name ? ` (errno ${data})` : ""}`;
    }
    case "TRAP":
      return `the call is not executed; the thread gets SIGSYS (si_errno ${data}), which kills the process unless handled`;
    case "TRACE":
      return `a tracer that asked for seccomp stops decides (message ${data}); without one the call fails with ENOSYS`;
    case "USER_NOTIF":
      return "the filter's listener decides; without one the call fails with ENOSYS";
    case "KILL_THREAD":
      return "the thread ends as if by SIGSYS, and the process with it if it was the last";
    case "KILL_PROCESS":
      return isAtLeast(kernel, { major: 4, minor: 14 })
        ? "the process is killed with SIGSYS"
        : "an action unknown before Linux 4.14: the thread ends as if by SIGSYS";
    case "UNKNOWN":
      return isAtLeast(kernel, { major: 5, minor: 11 })
        ? "an action unknown to the kernel: the process is killed with SIGSYS"
        : "an action unknown to the kernel: the thread ends as if by SIGSYS";
    case "STRICT_KILL":
      return "the thread is killed with SIGKILL";
  }
}
