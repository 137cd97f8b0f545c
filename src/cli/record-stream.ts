import type { ArchName } from "../abi/architecture.js";
import type { Endian } from "../bpf/instruction.js";
import { SeccompSimError } from "../errors.js";
import type { ByteReader } from "../node/input.js";
import { encodeRecord, RECORD_SIZE } from "../seccomp/record.js";
import { parseRecord } from "./records.js";

/**
 * Records per batch; also bounds what is held in memory. 2 MiB: with a quarter of it a record takes a
 * fifth longer, since the system copies long pieces faster; more wins nothing.
 */
export const BATCH = 32_768;
const MAX_LINE = 1 << 20;

export interface StreamOptions {
  readonly name: string;
  readonly arch: ArchName;
  readonly endian: Endian;
}

/**
 * Batches of whole 64-byte records from raw bytes, each of them the front of `room`, where they are read
 * to. A partial record at the end is an error, after the rest.
 */
export async function* rawBatches(
  bytes: ByteReader,
  room: Uint8Array,
  { name }: StreamOptions,
): AsyncGenerator<Uint8Array> {
  let used = 0;
  let offset = 0;
  for (;;) {
    const size = await bytes.read(room.subarray(used));
    if (size === 0) break;
    used += size;
    // What has arrived is answered now: the writer may be a program that waits for us.
    const whole = used - (used % RECORD_SIZE);
    if (whole === 0) continue;
    yield room.subarray(0, whole);
    offset += whole;
    room.copyWithin(0, whole, used);
    used -= whole;
  }
  if (used > 0) {
    throw new SeccompSimError(
      "partial-record",
      `${name}: the last record, at offset ${offset}, has ${used} of ${RECORD_SIZE} bytes`,
    );
  }
}

/** Batches of records from lines of JSON. Whole lines before a bad one are answered first. */
export async function* ndjsonBatches(
  chunks: AsyncIterable<Uint8Array>,
  options: StreamOptions,
): AsyncGenerator<Uint8Array> {
  const reader = new LineReader(options);
  for await (const chunk of chunks) yield* reader.push(chunk);
  yield* reader.end();
}

class LineReader {
  private readonly batch = new Uint8Array(BATCH * RECORD_SIZE);
  private count = 0;
  private rest: Uint8Array = new Uint8Array(0);
  private line = 0;
  private offset = 0;
  private readonly text = new TextDecoder();

  constructor(private readonly options: StreamOptions) {}

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    const bytes = this.rest.length === 0 ? chunk : concat(this.rest, chunk);
    let from = 0;
    for (let to = bytes.indexOf(10); to !== -1; to = bytes.indexOf(10, from)) {
      yield* this.take(bytes.subarray(from, to), to + 1 - from, true);
      from = to + 1;
    }
    this.rest = bytes.slice(from);
    yield* this.flush();
    if (this.rest.length > MAX_LINE) {
      throw this.fail("the line is longer than 1 MiB", rawHint(this.rest));
    }
  }

  *end(): Generator<Uint8Array> {
    if (this.rest.length > 0) yield* this.take(this.rest, this.rest.length, false);
    yield* this.flush();
  }

  private *take(bytes: Uint8Array, length: number, ended: boolean): Generator<Uint8Array> {
    const line = this.text.decode(bytes).trim();
    try {
      if (line !== "") this.add(line);
    } catch (error) {
      yield* this.flush();
      if (!(error instanceof SeccompSimError)) throw error;
      const hint = rawHint(bytes) ?? error.hint;
      const partial = !ended && error.message === "not JSON" && !bytes.includes(0);
      throw this.fail(partial ? "the last record is cut off" : error.message, hint, error);
    }
    this.line++;
    this.offset += length;
    if (this.count === BATCH) yield* this.flush();
  }

  private add(line: string): void {
    const record = parseRecord(line, this.options.arch);
    encodeRecord(record, this.options.endian, this.batch, this.count * RECORD_SIZE);
    this.count++;
  }

  private *flush(): Generator<Uint8Array> {
    if (this.count > 0) yield this.batch.subarray(0, this.count * RECORD_SIZE);
    this.count = 0;
  }

  private fail(message: string, hint?: string, cause?: SeccompSimError): SeccompSimError {
    const { offset, line } = this;
    return new SeccompSimError("bad-record", `${message} (record at offset ${offset})`, {
      place: { file: this.options.name, line: line + 1, column: 1, offset },
      hint,
      cause,
    });
  }
}

/** Text has no NUL bytes; a record has some wherever it is read from. */
function rawHint(bytes: Uint8Array): string | undefined {
  return bytes.includes(0)
    ? "these are no lines of text: --input raw reads raw records"
    : undefined;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
