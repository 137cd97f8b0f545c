import { systemError } from "../node/input.js";
import { ANSI, PLAIN, type Style } from "../report/style.js";

/** Shall `stream` be coloured? https://no-color.org and https://force-color.org, the option first. */
export function styleFor(stream: NodeJS.WriteStream, wantColor: boolean): Style {
  return isColored(stream, wantColor) ? ANSI : PLAIN;
}

function isColored(stream: NodeJS.WriteStream, wantColor: boolean): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force } = process.env;
  if (!wantColor || no) return false;
  if (force) return force !== "0" && force !== "false";
  return stream.isTTY === true && process.env.TERM !== "dumb";
}

/**
 * Writes results and waits until they are written: nothing piles up where the reader is slower than we
 * are, and the bytes are the caller's again.
 */
export async function print(data: string | Uint8Array): Promise<void> {
  if (data.length === 0) return;
  // A failed write is for endOnBrokenOutput.
  await new Promise<void>((resolve) => {
    process.stdout.write(data, () => resolve());
  });
}

/** Notes, warnings and progress go to standard error, away from the results. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * A reader that has seen enough (`| head`) closes the pipe: then we end, without a word. Where results
 * cannot be written (a full disk), that is an error as any other; 1 would mean a missed expectation.
 */
export function endOnBrokenOutput(): void {
  const end = (error: NodeJS.ErrnoException, stream: NodeJS.WriteStream): void => {
    if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") process.exit();
    if (stream === process.stdout) note(`error: ${systemError("<stdout>", error).message}`);
    process.exit(2);
  };
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => end(error, stream));
  }
}
