import { spawnSync } from "node:child_process";

/** Builds what the tests of the command line and of the package run, if it is not fresh. */
export default function setup(): void {
  const { status } = spawnSync(process.execPath, ["scripts/build.mjs", "--if-stale"], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error("the build failed; its messages stand above");
}
