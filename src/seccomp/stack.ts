import { SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS } from "./action.js";

export interface StackResult {
  /** The word that the kernel acts on, unsigned. */
  readonly ret: number;
  /** Which of the results decided; `undefined` when all allow, or when there is no filter. */
  readonly match: number | undefined;
}

/**
 * What several filters decide together (linux kernel/seccomp.c `seccomp_run_filters`): every filter
 * runs, the newest first, and a result replaces the one before only if its action, compared as a
 * *signed* number, is smaller. So the newest wins among equals, and ALLOW's data is always dropped.
 * Filter mode without any filter kills the process.
 *
 * @param results return words, newest filter first
 */
export function combine(results: readonly number[]): StackResult {
  if (results.length === 0) return { ret: SECCOMP_RET_KILL_PROCESS, match: undefined };
  let ret = SECCOMP_RET_ALLOW;
  let match: number | undefined;
  results.forEach((word, index) => {
    if ((word & SECCOMP_RET_ACTION_FULL) < (ret & SECCOMP_RET_ACTION_FULL)) {
      ret = word >>> 0;
      match = index;
    }
  });
  return { ret, match };
}
