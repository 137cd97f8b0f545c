// Puts the real output of its commands into README.md: `node scripts/readme.mjs [--check]`.
//
// Every line `$ seccomp-sim …` (or `$ npx seccomp-sim …`) in a ```console block is run, and what follows
// it is replaced by what the command prints, standard error after standard output.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** The commands in `text`'s console blocks. */
export function commandsOf(text) {
  return [...text.matchAll(/^\$ (?:npx )?seccomp-sim (.*)$/gm)].map((match) => match[1]);
}

/** `text` with the output of every command as it is now. */
export function render(text) {
  return text.replace(/^```console\n([\s\S]*?)^```$/gm, (_, block) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    return `\`\`\`console\n${commands.map((line) => `${line}\n${output(line.slice(2))}`).join("")}\`\`\``;
  });
}

function output(command) {
  const quoted = command.replaceAll(/(?:npx )?seccomp-sim /g, 'node "$CLI" ');
  const { stdout } = spawnSync("sh", ["-c", `exec 2>&1; ${quoted}`], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: process.env.PATH, CLI: resolve(root, "dist/cli.js") },
  });
  return stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = resolve(root, "README.md");
  const before = readFileSync(file, "utf8");
  const after = render(before);
  if (after === before) process.exit(0);
  if (process.argv.includes("--check")) {
    console.error("README.md does not show what the commands print; run node scripts/readme.mjs");
    process.exitCode = 1;
  } else {
    writeFileSync(file, after);
  }
}
