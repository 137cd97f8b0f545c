import { spawnSync } from "node:child_process";
import { decodeFilter } from "../../src/bpf/encode.js";
import type { Instruction } from "../../src/bpf/instruction.js";
import type { SeccompData } from "../../src/seccomp/record.js";
import type { Native } from "./native.js";

export const RUNTIMES = ["runc", "crun"] as const;
export type InstalledRuntime = (typeof RUNTIMES)[number];

/** Why this machine lets nobody start containers, which is not for us to mend. */
export function lacksRights(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can start these containers";
  const mounts = "mount --make-rprivate / && mount -t cgroup2 none /sys/fs/cgroup";
  const { status } = spawnSync("unshare", ["--mount", "sh", "-c", mounts]);
  return status === 0 ? undefined : "namespaces or control groups are not permitted";
}

/** Which of the runtimes is missing. */
export function lacksRuntimes(): string | undefined {
  const lacking = RUNTIMES.filter((name) => versionOf(name) === undefined);
  return lacking.length === 0 ? undefined : `there is no ${lacking.join(", no ")}`;
}

/** "1.1.5" of `runc version 1.1.5+ds1`. */
export function versionOf(runtime: InstalledRuntime): string | undefined {
  const { stdout } = spawnSync(runtime, ["--version"], { encoding: "utf8" });
  return /version v?(\d+\.\d+(?:\.\d+)?)/.exec(stdout ?? "")?.[1];
}

/** A config.json whose `linux.seccomp` is the given text. */
export function configWith(seccomp: string): string {
  const config = {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ["/probe"],
      env: [],
      cwd: "/",
      noNewPrivileges: true,
    },
    root: { path: "rootfs" },
    mounts: [{ destination: "/proc", type: "proc", source: "proc" }],
    linux: { namespaces: [{ type: "mount" }, { type: "pid" }], seccomp: 0 },
  };
  return JSON.stringify(config).replace('"seccomp":0', () => `"seccomp":${seccomp}`);
}

/** What a runtime made of a config.json. */
export type Started =
  | { readonly kind: "loaded"; readonly flags: number; readonly filter: Instruction[] }
  /** What it said instead of starting the container. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "none" | "timeout" };

/** Starts a container for each config. */
export function startContainers(
  real: Native,
  jobs: readonly { runtime: InstalledRuntime; config: string }[],
): Started[] {
  const input = jobs.map(({ runtime, config }) => {
    return `filter ${runtime} ${Buffer.byteLength(config)}\n${config}\n`;
  });
  return real.run(input.join("")).trimEnd().split("\n").map(readStarted);
}

function readStarted(line: string): Started {
  const [kind = "", flags, hex = ""] = line.split(" ");
  if (kind === "loaded") {
    const filter = decodeFilter(Buffer.from(hex, "hex"), "little");
    return { kind, flags: Number(flags), filter };
  }
  if (kind === "failed") return { kind, message: line.slice(kind.length + 1) };
  if (kind === "none" || kind === "timeout") return { kind };
  throw new Error(`the runtimes' oracle says: ${line}`);
}

/** Makes calls under a filter that a runtime has loaded; answers a line for each. */
export function makeCalls(
  real: Native,
  runtime: InstalledRuntime,
  config: string,
  calls: readonly SeccompData[],
): string[] {
  const lines = calls.map(({ nr, arch, args }) => {
    return `${arch === 0xc000003e ? 64 : 32} ${nr >>> 0} ${args.join(" ")}\n`;
  });
  const head = `calls ${runtime} ${Buffer.byteLength(config)} ${calls.length}\n`;
  return real
    .run(`${head}${config}\n${lines.join("")}`)
    .trimEnd()
    .split("\n");
}
