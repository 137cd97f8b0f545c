import { ARCHITECTURES } from "../abi/architecture.js";
import { isAtLeast, type KernelVersion } from "../target.js";
import type { SeccompData } from "./record.js";

/**
 * Calls that the kernel makes on behalf of its own probes; no filter and no mode is asked about them
 * (linux kernel/seccomp.c `seccomp_uprobe_exception`): uretprobe from 6.14 on, uprobe from 6.18 on.
 */
export const EXCEPTIONS: readonly { nr: number; name: string; since: KernelVersion }[] = [
  { nr: 335, name: "uretprobe", since: { major: 6, minor: 14 } },
  { nr: 336, name: "uprobe", since: { major: 6, minor: 18 } },
];

/** The name of the call if this kernel allows it whatever the filters say, else `undefined`. */
export function alwaysAllowed(
  data: Pick<SeccompData, "nr" | "arch">,
  kernel: KernelVersion,
): string | undefined {
  if (data.arch >>> 0 !== ARCHITECTURES.x86_64.audit) return undefined;
  return EXCEPTIONS.find(({ nr, since }) => nr === data.nr && isAtLeast(kernel, since))?.name;
}

/** The names of such calls that this kernel has; they exist on x86_64 only. */
export function exceptionsOf(kernel: KernelVersion): readonly string[] {
  return EXCEPTIONS.filter(({ since }) => isAtLeast(kernel, since)).map(({ name }) => name);
}
