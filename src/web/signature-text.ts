import type { ArchName } from "../abi/architecture.js";
import { syscallSignature } from "../abi/signature.js";

/** A call as its manual page would write it: `openat(int dfd, const char *filename, int flags, umode_t mode)`. */
export function signatureText(name: string, arch?: ArchName): string {
  const args = syscallSignature(name, arch);
  if (args === undefined) return `${name}(…)`;
  return `${name}(${args.map(argumentText).join(", ") || "void"})`;
}

export function argumentText({ name, type }: { name: string; type: string }): string {
  return type.endsWith("*") ? `${type}${name}` : `${type} ${name}`;
}
