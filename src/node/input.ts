import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync } from "node:fs";
import { SeccompSimError } from "../errors.js";
import { MAX_SOURCE_BYTES } from "../profile/size.js";

/** What `-` is called in messages. */
export const STDIN_NAME = "<stdin>";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EISDIR: "this is a directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOTDIR: "a part of the path is no directory",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  ENOSPC: "no space left on the device",
  EROFS: "the file system is read-only",
};

/** A failure of the system as one of the user's: `web.json: no such file`. */
export function systemError(path: string, cause: unknown, hint?: string): SeccompSimError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ""] ?? message.replace(/^[A-Z]+: /, "");
  return new SeccompSimError("unreadable", `${path}: ${reason}`, { cause, hint });
}

/** Reads a small file, or standard input for `-`. Stops as soon as it is too large, even on a device. */
export function readSmall(path: string, hint?: string): { bytes: Uint8Array; name: string } {
  const name = path === "-" ? STDIN_NAME : path;
  if (path.includes("\0")) throw new SeccompSimError("unreadable", "a path cannot hold a NUL");
  let fd: number | undefined;
  try {
    fd = path === "-" ? 0 : openSync(path, "r");
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw Object.assign(new Error("directory"), { code: "EISDIR" });
    if (stat.isFile() && stat.size > MAX_SOURCE_BYTES) throw tooLarge(name);
    return { bytes: readAll(fd, name), name };
  } catch (error) {
    throw error instanceof SeccompSimError ? error : systemError(name, error, hint);
  } finally {
    if (fd !== undefined && fd !== 0) closeSync(fd);
  }
}

function tooLarge(name: string): SeccompSimError {
  return new SeccompSimError("too-large", `${name} is larger than 4 MiB, too large for this`);
}

function readAll(fd: number, name: string): Uint8Array {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const size = readChunk(fd, chunk);
    if (size === 0) return Buffer.concat(chunks, total);
    chunks.push(chunk.subarray(0, size));
    total += size;
    if (total > MAX_SOURCE_BYTES) throw tooLarge(name);
  }
}

/** A pipe that was set non-blocking by its other users answers EAGAIN while it is empty. */
function readChunk(fd: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, chunk);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Bytes of any length, read to where they are wanted. */
export interface ByteReader {
  /** Fills the front of `room`, not always all of it: how many bytes, 0 at the end. */
  read(room: Uint8Array): number | Promise<number>;
  close(): void;
}

/**
 * Opens a file of any length, or standard input for `-`. A regular file never keeps us waiting, so it is
 * read on the spot, several times as fast as a stream of chunks; a pipe or a device may.
 */
export function openBytes(path: string): ByteReader {
  if (path !== "-" && isRegularFile(path)) return openFile(path);
  const chunks = readStream(path)[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    async read(room) {
      while (rest.length === 0) {
        const { value, done } = await chunks.next();
        if (done) return 0;
        rest = value;
      }
      const part = rest.subarray(0, room.length);
      room.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    close: () => void chunks.return?.(undefined),
  };
}

/** What cannot be looked at is left to be opened, which says why. */
function isRegularFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function openFile(path: string): ByteReader {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw systemError(path, error);
    }
  };
  const fd = attempt(() => openSync(path, "r"));
  return {
    read: (room) => attempt(() => readSync(fd, room)),
    close: () => closeSync(fd),
  };
}

/** Chunks of a file of any length, or of standard input for `-`. */
export async function* readStream(path: string): AsyncGenerator<Uint8Array> {
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw systemError(path === "-" ? STDIN_NAME : path, error);
  }
}
