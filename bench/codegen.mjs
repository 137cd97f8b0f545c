// Docker's default as filters better than libseccomp's: how long they are and what they execute per call.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { CLI } from "./modules.mjs";

const TARGET = ["--runtime", "libseccomp", "--libseccomp", "2.5.5"];
const KINDS = {
  optimal: ["--codegen", "optimal"],
  balanced: ["--codegen", "balanced"],
  weighted: ["--weights", "real"],
};

/**
 * Programs of `seccomp-sim compile`, by kind, as entries of `throughput.mjs`'s filters; none where the
 * command does not know the option.
 */
export function generatedFilters(directory, checksums) {
  return Object.entries(KINDS).flatMap(([name, options]) => {
    const file = join(directory, `${name}.bpf`);
    const args = ["compile", "docker-default", ...TARGET, ...options, "-o", file];
    const { status } = spawnSync(process.execPath, [CLI, ...args], { stdio: "ignore" });
    return status === 0 ? [{ name, file, checksums }] : [];
  });
}
