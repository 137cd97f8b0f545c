import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { loadProfile } from "../analysis/source.js";
import { detectEndian } from "../bpf/encode.js";
import { formatFilter } from "../bpf/filter-text.js";
import { SeccompSimError } from "../errors.js";
import { readArgument } from "../node/profile-argument.js";
import { presetText } from "../profile/presets/index.js";
import { parseTarget } from "../profile/target-options.js";
import { writeLink } from "../web/link.js";
import { isSampleId } from "../web/samples.js";
import { DEFAULT_STATE, DEFAULT_TARGET, type ProfileInput } from "../web/state.js";
import { note, print } from "./output.js";
import { servePage } from "./page-server.js";

/** As the build puts it: this file is in a folder beside the page's. */
const PAGE = new URL("../web/index.html", import.meta.url);

/** Browsers read no longer header than this, and links of such length are no use anyway. */
const LONGEST_FRAGMENT = 200_000;

interface PlaygroundOptions {
  readonly arch?: string;
  readonly port: number;
  readonly open: boolean;
}

export function playgroundCommand(): Command {
  return new Command("playground")
    .summary("try a profile in the browser")
    .description(
      "Serves the page on localhost and opens it, with PROFILE if given. Nothing leaves your machine. Ctrl-C ends it.",
    )
    .argument("[PROFILE]", "file, preset, or - for standard input")
    .option("-a, --arch <NAME>", "native architecture (default: x86_64)")
    .option("--port <PORT>", "instead of a free one", parsePort, 0)
    .option("--no-open", "only print the address")
    .addHelpText(
      "after",
      `
Examples:
  seccomp-sim playground
  seccomp-sim playground my.json --no-open --port 8080`,
    )
    .action(playground);
}

async function playground(
  profile: string | undefined,
  { arch, port, open }: PlaygroundOptions,
): Promise<void> {
  const target = parseTarget(arch === undefined ? {} : { arch });
  const state = {
    ...DEFAULT_STATE,
    ...(profile === undefined ? {} : { profile: profileInput(profile, target) }),
    target: { ...DEFAULT_TARGET, arch: target.arch },
  };
  const given = profile !== undefined || arch !== undefined;
  const fragment = given ? (await writeLink(state)).slice(1) : undefined;
  if ((fragment?.length ?? 0) > LONGEST_FRAGMENT) {
    throw new SeccompSimError("too-large", `${profile} is too large for an address`, {
      hint: "start without it, and drop the file on the page",
    });
  }
  const { server, address } = await servePage(readPage(), fragment, port);
  await print(`${address}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      server.close();
      server.closeAllConnections();
    });
  }
  note("Ctrl-C ends it");
  if (open) await openInBrowser(address);
}

/** What the page begins with. What is wrong with a profile, the page shows best. */
function profileInput(argument: string, target: ReturnType<typeof parseTarget>): ProfileInput {
  const read = readArgument(argument);
  if (read.kind === "preset") {
    const { name } = read;
    if (isSampleId(name)) return { kind: "sample", id: name };
    return { kind: "text", text: presetText(name, target), file: name };
  }
  const { name: file, bytes } = read;
  if (detectEndian(bytes) === undefined && !bytes.includes(0)) {
    return { kind: "text", text: new TextDecoder().decode(bytes), file };
  }
  const source = loadProfile(bytes, { file, type: "raw", arch: target.arch });
  if (source.kind !== "filter") throw new Error("raw filters are filters");
  return { kind: "text", text: formatFilter(source.instructions, "asm"), file };
}

function readPage(): string {
  try {
    return readFileSync(PAGE, "utf8");
  } catch (cause) {
    throw new SeccompSimError("no-page", "the page is missing beside the command", {
      cause,
      hint: "npm run build makes dist/web/index.html",
    });
  }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port > 0 && port < 65536) return port;
  throw new InvalidArgumentError("It must be a number from 1 to 65535.");
}

/** Where no browser can be opened, the address is there to be copied. */
async function openInBrowser(address: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const [command, ...args]: readonly string[] =
    process.platform === "darwin"
      ? ["open", address]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", '""', address]
        : ["xdg-open", address];
  const opener = spawn(command as string, args, { stdio: "ignore", detached: true });
  const failed = (): void => note("no browser could be opened; open the address yourself");
  opener.on("error", failed);
  opener.on("exit", (code) => {
    if (code !== 0 && code !== null) failed();
  });
  opener.unref();
}
