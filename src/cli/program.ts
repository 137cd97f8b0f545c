import { Command } from "commander";
import { stderr, stdout } from "./output.js";

declare const SECCOMP_SIM_VERSION: string;

// Two files and no more: finding and linking one takes a good part of what reading it does.
const plain = () => import("./plain-commands.js");
const suites = () => import("./suite-commands.js");

/** How each command is made, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await plain()).checkCommand(),
  eval: async () => (await plain()).evalCommand(),
  compile: async () => (await plain()).compileCommand(),
  convert: async () => (await plain()).convertCommand(),
  disasm: async () => (await plain()).disasmCommand(),
  asm: async () => (await plain()).asmCommand(),
  verify: async () => (await plain()).verifyCommand(),
  optimize: async () => (await plain()).optimizeCommand(),
  presets: async () => (await plain()).presetsCommand(),
  targets: async () => (await plain()).targetsCommand(),
  bench: async () => (await plain()).benchCommand(),
  init: async () => (await suites()).initCommand(),
  test: async () => (await suites()).testCommand(),
  "import-tests": async () => (await suites()).importTestsCommand(),
  playground: async () => (await plain()).playgroundCommand(),
};

/** The commands, as far as `words`, which stand behind the program's name, can ask for them. */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command("seccomp-sim")
    .description("What does a seccomp profile do to a system call?")
    .version(SECCOMP_SIM_VERSION, "-V, --version", "print the version")
    .option("--no-color", "never colour the output (NO_COLOR and FORCE_COLOR work too)")
    .addHelpText(
      "after",
      `
Exit codes: 0 as expected, 1 an expectation missed, 2 bad usage or input,
3 coverage below its threshold.

Example:
  seccomp-sim check docker-default 'clone(CLONE_NEWUSER|SIGCHLD)'`,
    );
  for (const create of needed(words)) program.addCommand(await create());
  for (const command of withNested([program])) {
    command.exitOverride().showSuggestionAfterError().showHelpAfterError("(see --help)");
    command.helpOption("-h, --help", "show this help");
    command.configureOutput({
      writeOut: (text) => stdout().write(text),
      writeErr: (text) => stderr().write(text),
    });
  }
  return program.helpCommand("help [command]", "show a command's help");
}

/** One where it is certain which is meant, none for the version, else all: help and suggestions name them. */
function needed(words: readonly string[]): readonly (() => Promise<Command>)[] {
  const [first = ""] = words.filter((word) => word !== "--no-color");
  if (first === "-V" || first === "--version") return [];
  const one = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  return one === undefined ? Object.values(COMMANDS) : [one];
}

function withNested(commands: readonly Command[]): Command[] {
  return commands.flatMap((command) => [command, ...withNested(command.commands)]);
}
