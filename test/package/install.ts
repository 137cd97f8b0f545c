import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryFolder } from "../cli/run.js";

/** A project that has the packed tarball installed, beside its dependencies as npm would lay them out. */
export function installPackage(): { folder: string; files: string[] } {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  const folder = temporaryFolder();
  const packed = execFileSync(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const [{ filename, files }] = JSON.parse(packed);
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", modules]);
  execFileSync("mv", [join(modules, "package"), join(modules, "seccomp-sim")]);
  for (const name of Object.keys(manifest.dependencies)) {
    symlinkSync(resolve("node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  return { folder, files: files.map((file: { path: string }) => file.path) };
}
