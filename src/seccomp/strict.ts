import { ARCHITECTURES, type Architecture } from "../abi/architecture.js";
import { syscallNumber } from "../abi/syscalls.js";
import { SECCOMP_RET_ALLOW } from "./action.js";
import type { SeccompData } from "./record.js";
import { decodeVerdict, STRICT_KILL, type Verdict } from "./verdict.js";

const ALLOW = decodeVerdict(SECCOMP_RET_ALLOW);
const X32_BIT = 0x40000000;

/**
 * Strict mode, `prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)` (linux kernel/seccomp.c
 * `__secure_computing_strict`): read, write, exit (not exit_group) and the return from a signal handler
 * are allowed; anything else ends the thread with SIGKILL.
 */
export function strictVerdict(data: Pick<SeccompData, "nr" | "arch">): Verdict {
  return strictNumbers(data).includes(data.nr >>> 0) ? ALLOW : STRICT_KILL;
}

/** The numbers that strict mode allows to a call of this architecture. */
export function strictNumbers({ nr, arch }: Pick<SeccompData, "nr" | "arch">): readonly number[] {
  const found = Object.values(ARCHITECTURES).find(
    // x32 shares its token with x86_64, which stands first.
    (candidate: Architecture) => candidate.audit === arch >>> 0,
  );
  // An x32 call counts as compat, so the kernel compares it with i386's numbers, which lack bit 30.
  if (found === undefined || (found.name === "x86_64" && (nr & X32_BIT) !== 0)) return [];
  const number = (name: string) => syscallNumber(found.name, name);
  // `sigreturn` exists only where a 32-bit ABI had it before signals were extended.
  const back = (found.bits === 32 ? number("sigreturn") : undefined) ?? number("rt_sigreturn");
  return [number("read"), number("write"), number("exit"), back].filter((n) => n !== undefined);
}
