import { type Place, SeccompSimError } from "../../errors.js";

/**
 * Docker's JSON; a `linux.seccomp` object, which OCI runtimes, containerd and Podman take; the
 * `SeccompProfile` resource of the Kubernetes Security Profiles Operator.
 */
export type WrittenFormat = "docker" | "oci" | "kubernetes";
export const WRITTEN_FORMATS: readonly WrittenFormat[] = ["docker", "oci", "kubernetes"];

/** As in "the Kubernetes resource cannot say archMap". */
export const CALLED: Readonly<Record<WrittenFormat, string>> = {
  docker: "a Docker profile",
  oci: "an OCI profile",
  kubernetes: "the Kubernetes resource",
};

/** What is thrown where a profile has no words in a format. */
export function cannotSay(
  format: WrittenFormat,
  what: string,
  place: Place,
  hint?: string,
): SeccompSimError {
  return new SeccompSimError("not-in-format", `${CALLED[format]} cannot say ${what}`, {
    place,
    hint,
  });
}
