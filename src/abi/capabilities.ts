import { SeccompSimError } from "../errors.js";
import { CAPABILITY_TABLE } from "./capabilities.gen.js";
import { suggest } from "./suggest.js";

/** All capabilities, full names; the index is the number (0 = CAP_CHOWN … 40). */
export const CAPABILITIES: readonly string[] = CAPABILITY_TABLE.trim()
  .split("\n")
  .map((name) => `CAP_${name}`);

/** What Docker leaves in a container's bounding set (moby oci/caps/defaults.go), sorted. */
export const DOCKER_DEFAULT_CAPS: readonly string[] = [
  "CAP_AUDIT_WRITE",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_MKNOD",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
];

/**
 * The full name of a capability that the user wrote with or without `CAP_`, in any case:
 * `parseCapability("sys_admin")` is "CAP_SYS_ADMIN".
 */
export function parseCapability(text: string): string {
  const upper = text.trim().toUpperCase();
  const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  if (CAPABILITIES.includes(full)) return full;
  const near = suggest(full, CAPABILITIES);
  throw new SeccompSimError("unknown-capability", `unknown capability ${JSON.stringify(text)}`, {
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  });
}
