import { defaultPlaceOf, type Policy } from "../profile/policy.js";
import { SECCOMP_RET_USER_NOTIF } from "../seccomp/action.js";
import { isAtLeast, type KernelVersion, type Target } from "../target.js";
import { refusedBy } from "./refusal.js";
import type { CheckedEntry } from "./spec.js";

// What runc demands of profiles that ask another program (runc libcontainer/seccomp/seccomp_linux.go
// `InitSeccomp`, libcontainer/specconv/spec_linux.go).

/** Whether a policy asks another program at all. */
export function mayNotify(defaultAction: number, entries: readonly CheckedEntry[]): boolean {
  return (
    defaultAction === SECCOMP_RET_USER_NOTIF ||
    entries.some(({ action }) => action === SECCOMP_RET_USER_NOTIF)
  );
}

/** Kernels (and what they brought) that raise libseccomp's API level, from level 2 on. */
const API_KERNELS: readonly KernelVersion[] = [
  { major: 3, minor: 17 }, // SECCOMP_FILTER_FLAG_TSYNC
  { major: 4, minor: 14 }, // SCMP_ACT_LOG, SCMP_ACT_KILL_PROCESS
  { major: 4, minor: 17 }, // SECCOMP_FILTER_FLAG_SPEC_ALLOW
  { major: 5, minor: 0 }, // SCMP_ACT_NOTIFY
  { major: 5, minor: 7 }, // SECCOMP_FILTER_FLAG_TSYNC_ESRCH
];

function apiLevel(kernel: KernelVersion): number {
  return 1 + API_KERNELS.filter((since) => isAtLeast(kernel, since)).length;
}

/** In runc's order: the rules first, then the default action. */
export function checkNotify(
  defaultAction: number,
  entries: readonly CheckedEntry[],
  policy: Policy,
  { kernel }: Target,
) {
  for (const { entry, action } of entries) {
    const [first] = entry.names;
    if (action !== SECCOMP_RET_USER_NOTIF || first === undefined) continue;
    if (apiLevel(kernel) < 6) {
      throw refusedBy(
        "runc",
        "notify-unsupported",
        `seccomp notify unsupported: API level: got ${apiLevel(kernel)}, want at least 6. Please try with libseccomp >= 2.5.0 and Linux >= 5.7`,
        entry.action.place,
        `the target has Linux ${kernel.major}.${kernel.minor}`,
      );
    }
    const write = entry.names.find(({ value }) => value === "write");
    if (write === undefined) continue;
    throw refusedBy(
      "runc",
      "notify-write",
      "SCMP_ACT_NOTIFY cannot be used for the write syscall",
      write.place,
      "runc itself must write while the filter is on",
    );
  }
  if (defaultAction === SECCOMP_RET_USER_NOTIF) {
    throw refusedBy(
      "runc",
      "notify-default",
      "SCMP_ACT_NOTIFY cannot be used as default action",
      defaultPlaceOf(policy),
    );
  }
}

/** runc finds no one to give the listener to only when the filter is on, whether a name is known or not. */
export function checkListener(
  entries: readonly CheckedEntry[],
  { listenerPath }: Policy,
  { runtime }: Target,
): void {
  if (runtime !== "runc" || listenerPath?.value) return;
  for (const { entry, action } of entries) {
    if (action !== SECCOMP_RET_USER_NOTIF || entry.names.length === 0) continue;
    throw refusedBy(
      "runc",
      "notify-listener",
      "listenerPath is not set",
      entry.action.place,
      "the profile's listenerPath is the socket of the program that answers",
    );
  }
}
