import { SeccompSimError } from "../errors.js";
import { IP_OFFSET, RECORD_SIZE, recordCount } from "./record.js";

/** Bytes of one record's header: nr and arch. */
export const HEADER_SIZE = IP_OFFSET;
/** Bytes of what follows it: ip and six arguments. */
export const ROW_SIZE = RECORD_SIZE - HEADER_SIZE;

/**
 * Records taken apart: most calls are decided by number and architecture alone, and a column of those
 * takes an eighth of the memory traffic. Fields stay in the machine's byte order.
 *
 * ```
 * headers  | nr 0 | arch 0 | nr 1 | arch 1 | …        8 bytes per record
 * rows     | ip 0 | args[0] … args[5] 0 | ip 1 | …    56 bytes per record
 * ```
 */
export interface Columns {
  readonly headers: Uint8Array;
  readonly rows: Uint8Array;
}

/** How many records the columns hold. Throws `truncated-record` if they do not fit each other. */
export function countColumns({ headers, rows }: Columns): number {
  const count = headers.length / HEADER_SIZE;
  if (!Number.isInteger(count) || rows.length !== count * ROW_SIZE) {
    throw new SeccompSimError(
      "truncated-record",
      `columns take ${HEADER_SIZE} and ${ROW_SIZE} bytes per record, but hold ${headers.length} and ${rows.length} bytes`,
    );
  }
  return count;
}

/** Takes records apart, into `into` if given, which must have the room. */
export function toColumns(records: Uint8Array, into?: Columns): Columns {
  const count = recordCount(records);
  const columns = into ?? {
    headers: new Uint8Array(count * HEADER_SIZE),
    rows: new Uint8Array(count * ROW_SIZE),
  };
  for (let i = 0; i < count; i++) {
    const at = i * RECORD_SIZE;
    columns.headers.set(records.subarray(at, at + HEADER_SIZE), i * HEADER_SIZE);
    columns.rows.set(records.subarray(at + HEADER_SIZE, at + RECORD_SIZE), i * ROW_SIZE);
  }
  return columns;
}

/** Puts records together again, into `into` if given. */
export function fromColumns(columns: Columns, into?: Uint8Array): Uint8Array {
  const count = countColumns(columns);
  const records = into ?? new Uint8Array(count * RECORD_SIZE);
  for (let i = 0; i < count; i++) {
    const { headers, rows } = columns;
    const at = i * RECORD_SIZE;
    records.set(headers.subarray(i * HEADER_SIZE, (i + 1) * HEADER_SIZE), at);
    records.set(rows.subarray(i * ROW_SIZE, (i + 1) * ROW_SIZE), at + HEADER_SIZE);
  }
  return records;
}
