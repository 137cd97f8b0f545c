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
  // A failed write is for endOnBroken.
  await new Promise<void>((resolve) => {
    stdout().write(data, () => resolve());
  });
}

/** Characters of a text in parts that are written at once. */
const CHUNK = 1 << 18;

/** A text in parts as fewer and larger ones. */
export function* chunked(parts: Iterable<string>): Generator<string, void, undefined> {
  let some: string[] = [];
  let length = 0;
  for (const part of parts) {
    some.push(part);
    length += part.length;
    if (length < CHUNK) continue;
    yield some.join("");
    some = [];
    length = 0;
  }
  yield some.join("");
}

/** Notes, warnings and progress go to standard error, away from the results. */
export function note(text: string): void {
  stderr().write(`${text}\n`);
}

/** Standard output, for whoever writes to it. */
export function stdout(): NodeJS.WriteStream {
  return watched(process.stdout);
}

/** Standard error, for whoever writes to it. */
export function stderr(): NodeJS.WriteStream {
  return watched(process.stderr);
}

/**
 * A reader that has seen enough (`| head`) closes the pipe: then we end, without a word. Where results
 * cannot be written (a full disk), that is an error as any other; 1 would mean a missed expectation.
 */
function watched(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  // From the first use on: to make a stream takes Node longer than many a command.
  if (stream.listeners("error").includes(endOnBroken)) return stream;
  return stream.on("error", endOnBroken);
}

function endOnBroken(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") process.exit();
  if (this === process.stdout) note(`error: ${systemError("<stdout>", error).message}`);
  process.exit(2);
}
