import type { KernelVersion } from "../target.js";

/** What a filter returns: an action in the high half, its data in the low (linux uapi/linux/seccomp.h). */
export const SECCOMP_RET_KILL_PROCESS = 0x80000000;
export const SECCOMP_RET_KILL_THREAD = 0x00000000;
export const SECCOMP_RET_TRAP = 0x00030000;
export const SECCOMP_RET_ERRNO = 0x00050000;
export const SECCOMP_RET_USER_NOTIF = 0x7fc00000;
export const SECCOMP_RET_TRACE = 0x7ff00000;
export const SECCOMP_RET_LOG = 0x7ffc0000;
export const SECCOMP_RET_ALLOW = 0x7fff0000;

export const SECCOMP_RET_ACTION_FULL = 0xffff0000;
export const SECCOMP_RET_DATA = 0x0000ffff;

/** The largest errno the kernel returns; `SECCOMP_RET_ERRNO` data above it is cut to it. */
export const MAX_ERRNO = 4095;

export type ActionName =
  | "KILL_PROCESS"
  | "KILL_THREAD"
  | "TRAP"
  | "ERRNO"
  | "USER_NOTIF"
  | "TRACE"
  | "LOG"
  | "ALLOW";

/** Actions from strongest to weakest: in this order they win in a stack of filters. */
export const ACTIONS: Readonly<Record<ActionName, number>> = {
  KILL_PROCESS: SECCOMP_RET_KILL_PROCESS,
  KILL_THREAD: SECCOMP_RET_KILL_THREAD,
  TRAP: SECCOMP_RET_TRAP,
  ERRNO: SECCOMP_RET_ERRNO,
  USER_NOTIF: SECCOMP_RET_USER_NOTIF,
  TRACE: SECCOMP_RET_TRACE,
  LOG: SECCOMP_RET_LOG,
  ALLOW: SECCOMP_RET_ALLOW,
};

const NAMES: ReadonlyMap<number, ActionName> = new Map(
  (Object.keys(ACTIONS) as ActionName[]).map((name) => [ACTIONS[name], name]),
);

/** The kernels that first know an action; the others are as old as filters. */
export const ACTION_SINCE: Readonly<Partial<Record<ActionName, KernelVersion>>> = {
  KILL_PROCESS: { major: 4, minor: 14 },
  LOG: { major: 4, minor: 14 },
  USER_NOTIF: { major: 5, minor: 0 },
};

/** The action of a return word, or `undefined` for one that the kernel does not know. */
export function actionName(ret: number): ActionName | undefined {
  return NAMES.get((ret & SECCOMP_RET_ACTION_FULL) >>> 0);
}
