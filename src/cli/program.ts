import { Command } from "commander";
import { asmCommand } from "./asm.js";
import { benchCommand } from "./bench.js";
import { checkCommand } from "./check.js";
import { compileCommand } from "./compile.js";
import { convertCommand } from "./convert.js";
import { disasmCommand } from "./disasm.js";
import { evalCommand } from "./eval.js";
import { importTestsCommand } from "./import-tests.js";
import { initCommand } from "./init.js";
import { optimizeCommand } from "./optimize.js";
import { playgroundCommand } from "./playground.js";
import { presetsCommand } from "./presets.js";
import { targetsCommand } from "./targets.js";
import { testCommand } from "./test.js";
import { verifyCommand } from "./verify.js";

declare const SECCOMP_SIM_VERSION: string;

/** The table of commands. */
export function createProgram(): Command {
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
  const commands = [
    checkCommand(),
    evalCommand(),
    compileCommand(),
    convertCommand(),
    disasmCommand(),
    asmCommand(),
    verifyCommand(),
    optimizeCommand(),
    presetsCommand(),
    targetsCommand(),
    benchCommand(),
    initCommand(),
    testCommand(),
    importTestsCommand(),
    playgroundCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of withNested([program])) {
    command.exitOverride().showSuggestionAfterError().showHelpAfterError("(see --help)");
    command.helpOption("-h, --help", "show this help");
  }
  return program.helpCommand("help [command]", "show a command's help");
}

function withNested(commands: readonly Command[]): Command[] {
  return commands.flatMap((command) => [command, ...withNested(command.commands)]);
}
